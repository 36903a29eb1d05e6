import { shapeError } from '../call-site.ts'
import { formatShape, product, sameShape, type Dimension } from '../dimension.ts'
import { recordOne, type Tensor } from '../tensor.ts'
import { matmul } from './matmul.ts'
import { multiply } from './multiply.ts'
import { reshape } from './reshape.ts'
import { sumTo } from './sum.ts'

/**
 * y = x · Wᵀ + b for x of `[…, in]`, a weight of `[out, in]` (the layout of published checkpoints) and a bias of `[out]`.
 * dx = dy · W, dW = dyᵀ · x, db = Σ dy over all rows.
 */
export function linear(x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  const width = x.shape.at(-1)
  const [out, inner] = weight.shape
  if (weight.shape.length !== 2 || width !== inner || (bias !== undefined && bias.shape[0] !== out)) {
    throw shapeError(
      `linear: an input of ${formatShape(x.shape)} does not fit a weight of ${formatShape(weight.shape)}` +
        (bias === undefined ? '' : ` with a bias of ${formatShape(bias.shape)}`),
    )
  }
  const rows = product(x.shape.slice(0, -1))
  const shape = [...x.shape.slice(0, -1), out!]
  return recordOne({
    name: 'linear',
    inputs: bias === undefined ? [x, weight] : [x, weight, bias],
    output: { shape, dtype: 'float32' },
    products: [[rows, out!, width!]],
    lower(lowering, [input, ...rest], outputs) {
      const flat = x.shape.length === 2
      const operand = flat
        ? input!
        : lowering.emit('Reshape', [input!, lowering.reshapeTarget(x.shape, [rows, width!])])
      const y = lowering.emit('Gemm', [operand, ...rest], {
        ...(flat && { outputs }),
        attributes: { transB: 1 },
      })
      if (!flat) lowering.emit('Reshape', [y, lowering.reshapeTarget([rows, out!], shape)], { outputs })
    },
    gradient({ gradients: [dy] }) {
      const flatInput = reshape(x, [rows, width!])
      const scaled = scaledRows(dy!, rows, out!)
      // dy = s ⊙ g for a number s a row: what is narrower takes the numbers, since (s ⊙ g) · W = s ⊙ (g · W) and
      // (s ⊙ g)ᵀ · x = gᵀ · (s ⊙ x). Over a vocabulary that spares a pass through memory as large as the logits.
      const moved = scaled !== undefined && isNarrower(width!, out!)
      const flatGradient = moved ? scaled.rows : reshape(dy!, [rows, out!])
      const scale = (tensor: Tensor) => (moved ? multiply(tensor, scaled.factors) : tensor)
      return [
        x.requiresGradient ? reshape(scale(matmul(flatGradient, weight)), x.shape) : undefined,
        weight.requiresGradient ? matmul(flatGradient, scale(flatInput), { transposeA: true }) : undefined,
        bias?.requiresGradient ? sumTo(reshape(dy!, [rows, out!]), bias.shape) : undefined,
      ]
    },
  })
}

function isNarrower(width: Dimension, out: Dimension): boolean {
  return typeof width === 'number' && typeof out === 'number' && width < out
}

/** The two factors of a tensor that was made as rows `[rows, out]` times a column `[rows, 1]`, whatever it was reshaped to. */
function scaledRows(
  tensor: Tensor,
  rows: Dimension,
  out: Dimension,
): { rows: Tensor; factors: Tensor } | undefined {
  let found = tensor
  while (found.origin.kind === 'node' && found.origin.node.name === 'reshape')
    found = found.origin.node.inputs[0]!
  if (found.origin.kind !== 'node' || found.origin.node.name !== 'multiply') return undefined
  const [left, right] = found.origin.node.inputs
  const fits = sameShape(left!.shape, [rows, out]) && sameShape(right!.shape, [rows, 1])
  return fits ? { rows: left!, factors: right! } : undefined
}
