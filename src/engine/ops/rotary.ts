import { formatShape } from '../dimension.ts'
import { recordOne, type Tensor } from '../tensor.ts'
import { microsoft } from '../onnx.ts'
import { YuksuError } from '../../errors.ts'
import { scale } from './scale.ts'

/**
 * Rotary position embedding (Su et al., 2021) in the half-split layout: each pair (xᵢ, xᵢ₊w/₂) is turned by the angle
 * of its position. `x` is `[batch, heads, length, width]`, `positions` `[batch, length]`, `cosines` and `sines`
 * `[positions, width / 2]`. A rotation is undone by the opposite one, which is its gradient.
 */
export function rotary(x: Tensor, positions: Tensor, cosines: Tensor, sines: Tensor): Tensor {
  const [batch, , length] = x.shape
  if (x.shape.length !== 4 || positions.shape[0] !== batch || positions.shape[1] !== length) {
    throw new YuksuError(
      'shape',
      `rotary: positions of ${formatShape(positions.shape)} do not fit ${formatShape(x.shape)}; expected [batch, length]`,
    )
  }
  return recordOne({
    name: 'rotary',
    inputs: [x, positions, cosines, sines],
    output: { shape: x.shape, dtype: 'float32' },
    lower(lowering, inputs, outputs) {
      lowering.emit('RotaryEmbedding', inputs, { outputs, domain: microsoft, attributes: { interleaved: 0 } })
    },
    gradient: ({ gradients: [dy] }) => [rotary(dy!, positions, cosines, scale(sines, -1))],
  })
}
