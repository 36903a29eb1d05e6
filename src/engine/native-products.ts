import { microsoft, nativeDomain, type OnnxAttribute, type OnnxNode } from './onnx.ts'
import type { ProductPrecision } from './product-precisions.ts'

type NativePrecision = Exclude<ProductPrecision, 'float32'>

/** What stands for numbers of float32, as the library numbers it (`TileFormat`). */
const formats: Readonly<Record<NativePrecision, number>> = {
  bfloat16: 1,
  bfloat16x3: 2,
  bfloat16x6: 3,
  int8x6: 4,
}

/** What the library's operators take for this precision; none where it is float32 itself. */
export function tileFormat(precision: ProductPrecision): number | undefined {
  return precision === 'float32' ? undefined : formats[precision]
}

export function isNativePrecision(name: string): name is NativePrecision {
  return name in formats
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
  const kept = precision === 'bfloat16' ? fixed : none
  return nodes.flatMap((node) => {
    const lower = lowerings[`${node.domain ?? ''}:${node.type}`]
    if (lower === undefined) return [withinBranches(node, precision, fixed)]
    return lower(node, formats[precision], kept)
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

type ProductLowering = (node: OnnxNode, format: number, fixed: ReadonlySet<string>) => OnnxNode[]

const lowerings: Readonly<Record<string, ProductLowering>> = {
  ':MatMul': (...given) => [product(...given)],
  [`${microsoft}:FusedMatMul`]: (...given) => [product(...given)],
  ':Gemm': (...given) => [product(...given)],
}

/** A `Gemm`'s bias is added where sums are written. */
function product(
  { name, inputs, outputs, attributes = {} }: OnnxNode,
  format: number,
  fixed: ReadonlySet<string>,
): OnnxNode {
  const { transA = 0, transB = 0, alpha = { float: 1 } } = attributes
  return {
    type: inputs.length > 2 ? 'BiasedProduct' : 'Product',
    domain: nativeDomain,
    name,
    inputs,
    outputs,
    attributes: { transA, transB, alpha, format, fixed: Number(fixed.has(inputs[1]!)) },
  }
}
