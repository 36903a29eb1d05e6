import { recordOne, type Tensor } from '../tensor.ts'
import { multiply } from './multiply.ts'
import { scale } from './scale.ts'

/** y = xᶜ for a number c known when the program is traced; dx = dy · c · xᶜ⁻¹, which is 0 everywhere for c = 0. */
export function power(x: Tensor, exponent: number): Tensor {
  if (exponent === 1) return x
  return recordOne({
    name: 'power',
    inputs: [x],
    output: { shape: x.shape, dtype: x.dtype },
    lower(lowering, [input], outputs) {
      lowering.emit('Pow', [input!, lowering.float(exponent)], { outputs })
    },
    gradient: ({ gradients: [dy] }) => [
      // 0 · x⁻¹ would be no number at x = 0.
      exponent === 0 ? scale(dy!, 0) : multiply(dy!, scale(power(x, exponent - 1), exponent)),
    ],
  })
}
