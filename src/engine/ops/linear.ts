import { formatShape, product } from '../dimension.ts'
import { recordOne, type Tensor } from '../tensor.ts'
import { YuksuError } from '../../errors.ts'
import { matmul } from './matmul.ts'
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
    throw new YuksuError(
      'shape',
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
      const flatGradient = reshape(dy!, [rows, out!])
      return [
        x.requiresGradient ? matmul(dy!, weight) : undefined,
        weight.requiresGradient
          ? matmul(flatGradient, reshape(x, [rows, width!]), { transposeA: true })
          : undefined,
        bias?.requiresGradient ? sumTo(flatGradient, bias.shape) : undefined,
      ]
    },
  })
}
