import { microsoft, nativeDomain, type OnnxAttribute, type OnnxNode } from './onnx.ts'

/**
 * What products of matrices are computed in. `float32` is the runtime's own. The others are the native library's (`yuksu native`): operands are
 * rounded to bfloat16, or written as sums of two or three numbers of bfloat16, which takes three or six products and keeps 16 or all 24 bits; sums are
 * of float32 always. (XLA calls them BF16_BF16_F32, …_X3 and …_X6; PyTorch's float32 precisions `medium`, `high` and `highest` are alike.)
 */
export type ProductPrecision = 'float32' | 'bfloat16' | 'bfloat16x3' | 'bfloat16x6'

/** How many numbers of bfloat16 stand for one of float32. */
const parts: Readonly<Record<Exclude<ProductPrecision, 'float32'>, number>> = {
  bfloat16: 1,
  bfloat16x3: 2,
  bfloat16x6: 3,
}

/** How many numbers of bfloat16 stand for one of float32 in this precision; none where it is float32 itself. */
export function bfloat16Parts(precision: ProductPrecision): number | undefined {
  return precision === 'float32' ? undefined : parts[precision]
}

export function isNativePrecision(name: string): name is keyof typeof parts {
  return name in parts
}

/**
 * The nodes with their products of float32 computed in another precision, those in branches too. What lies in the `fixed` inputs is the same in every
 * run: where a number of bfloat16 stands for each of theirs, which is half their size, they are kept as they are multiplied. Several would be as large as they
 * are or larger.
 */
export function withPrecision(
  nodes: readonly OnnxNode[],
  precision: ProductPrecision,
  fixed: ReadonlySet<string>,
): OnnxNode[] {
  if (precision === 'float32') return [...nodes]
  const kept = parts[precision] === 1 ? fixed : none
  return nodes.flatMap((node) => {
    const lower = lowerings[`${node.domain ?? ''}:${node.type}`]
    if (lower === undefined) return [withinBranches(node, precision, fixed)]
    return lower(node, parts[precision], kept)
  })
}

const none: ReadonlySet<string> = new Set()

function withinBranches(node: OnnxNode, precision: ProductPrecision, fixed: ReadonlySet<string>): OnnxNode {
  if (node.attributes === undefined) return node
  const attributes = Object.entries(node.attributes).map(([name, value]): [string, OnnxAttribute] => {
    if (typeof value !== 'object' || !('graph' in value)) return [name, value]
    return [name, { graph: { ...value.graph, nodes: withPrecision(value.graph.nodes, precision, fixed) } }]
  })
  return { ...node, attributes: Object.fromEntries(attributes) }
}

type ProductLowering = (node: OnnxNode, parts: number, fixed: ReadonlySet<string>) => OnnxNode[]

const lowerings: Readonly<Record<string, ProductLowering>> = {
  ':MatMul': (...given) => [product(...given)],
  [`${microsoft}:FusedMatMul`]: (...given) => [product(...given)],
  ':Gemm'(node, count, fixed) {
    const [bias] = node.inputs.slice(2)
    if (bias === undefined) return [product(node, count, fixed)]
    const { name, outputs } = node
    const sums = `${name}_product`
    return [
      product({ ...node, name: sums, outputs: [sums] }, count, fixed),
      { type: 'Add', name, inputs: [sums, bias], outputs },
    ]
  },
}

function product(
  { name, inputs, outputs, attributes = {} }: OnnxNode,
  count: number,
  fixed: ReadonlySet<string>,
): OnnxNode {
  const { transA = 0, transB = 0, alpha = { float: 1 } } = attributes
  return {
    type: 'Product',
    domain: nativeDomain,
    name,
    inputs: inputs.slice(0, 2),
    outputs,
    attributes: { transA, transB, alpha, parts: count, fixed: Number(fixed.has(inputs[1]!)) },
  }
}
