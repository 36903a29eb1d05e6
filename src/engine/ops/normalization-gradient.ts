import type { Lowering } from '../lowering.ts'
import { tileFormat } from '../native-products.ts'
import { nativeDomain } from '../onnx.ts'
import { record, type Tensor } from '../tensor.ts'

/** What was normalized over its last axis, and by what: x̂ = (x − mean) · inverse, y = x̂ · weight. */
export interface NormalizationOperands {
  readonly dy: Tensor
  readonly x: Tensor
  /** `[width]`. */
  readonly weight: Tensor
  /** `[…, 1]`; without it rows were not centred. */
  readonly mean?: Tensor
  /** `[…, 1]`. */
  readonly inverse: Tensor
  /** Whether the weight, or the bias, is learned: of frozen ones nothing is computed. */
  readonly learns: boolean
}

/**
 * What flows back through a normalization, with g = dy · weight: dx = inverse · (g − mean(g) − x̂ · mean(g · x̂)), where mean(g) is left out of
 * rows that were not centred; dweight = Σ dy · x̂, and of centred ones dbias = Σ dy. One operation, so that the native library can take
 * one pass over memory for it.
 *
 * @returns dx in the shape of x, and where `learns` dweight `[width]`, and of centred rows dbias `[width]`.
 */
export function normalizationGradient({
  dy,
  x,
  weight,
  mean,
  inverse,
  learns,
}: NormalizationOperands): Tensor[] {
  const width = x.shape.at(-1) as number
  const rank = x.shape.length
  const centred = mean !== undefined
  const sum = { shape: [width], dtype: 'float32' as const }
  const sums = learns ? [sum, ...(centred ? [sum] : [])] : []
  return record({
    name: centred ? 'layerNormalizationGradient' : 'rmsNormalizationGradient',
    inputs: [dy, x, weight, inverse, ...(centred ? [mean] : [])],
    outputs: [{ shape: x.shape, dtype: 'float32' }, ...sums],
    lower(lowering, [flow, input, gain, inverseName, meanName], outputs) {
      if (tileFormat(lowering.precision) !== undefined) {
        const operands = [flow!, input!, gain!, ...(meanName === undefined ? [] : [meanName]), inverseName!]
        const type = centred ? 'LayerNormalizationGradient' : 'RmsNormalizationGradient'
        // It makes the sums beside the rest; where nobody wants them they have names all the same.
        const all = Array.from(
          { length: centred ? 3 : 2 },
          (_, index) => outputs[index] ?? lowering.fresh('unused'),
        )
        lowering.emit(type, operands, { outputs: all, domain: nativeDomain })
        return
      }
      const { multiply, subtract, sumRows } = arithmetic(lowering, rank)
      const normalized = multiply(meanName === undefined ? input! : subtract(input!, meanName), inverseName!)
      const flowing = multiply(flow!, normalized)
      // Row means of g and of g · x̂ as products with the weight as a column: no pass over memory of their own.
      const column = lowering.emit('Reshape', [gain!, lowering.integers([width, 1])])
      const rowMean = (name: string) =>
        multiply(lowering.emit('MatMul', [name, column]), lowering.float(1 / width))
      const gradient = multiply(flow!, gain!)
      const centredGradient = centred ? subtract(gradient, rowMean(flow!)) : gradient
      multiply(
        subtract(centredGradient, multiply(normalized, rowMean(flowing))),
        inverseName!,
        outputs.slice(0, 1),
      )
      if (!learns) return
      sumRows(flowing, outputs.slice(1, 2))
      if (centred) sumRows(flow!, outputs.slice(2))
    },
  })
}

function arithmetic(lowering: Lowering, rank: number) {
  const rows = Array.from({ length: rank - 1 }, (_, axis) => axis)
  return {
    multiply: (a: string, b: string, outputs?: readonly string[]) =>
      lowering.emit('Mul', [a, b], outputs && { outputs }),
    subtract: (a: string, b: string) => lowering.emit('Sub', [a, b]),
    sumRows(name: string, outputs: readonly string[]) {
      // ONNX takes no axes for all axes.
      if (rank === 1) lowering.emit('Identity', [name], { outputs })
      else
        lowering.emit('ReduceSum', [name, lowering.integers(rows)], { outputs, attributes: { keepdims: 0 } })
    },
  }
}
