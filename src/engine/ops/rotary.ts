import { shapeError } from '../call-site.ts'
import { formatShape } from '../dimension.ts'
import { recordOne, type Tensor } from '../tensor.ts'
import { microsoft } from '../onnx.ts'
import { scale } from './scale.ts'

export interface RotaryLayout {
  /** Neighbours (x₂ᵢ, x₂ᵢ₊₁) are the pairs, as in GPT-J and RoFormer, instead of (xᵢ, xᵢ₊w/₂), as in Llama and GPT-NeoX. */
  readonly interleaved?: boolean
}

/**
 * Rotary position embedding (Su et al., 2021): each pair is turned by the angle of its position. `x` is
 * `[batch, heads, length, width]`, `positions` `[batch, length]`, `cosines` and `sines` `[positions, turned / 2]`, where
 * `turned` is how much of each head is turned; what lies behind it stays as it is (partial rotary, GPT-NeoX and Phi).
 * A turn by (cos, sin) is transposed by (cos, −sin), which gives its gradient.
 */
export function rotary(
  x: Tensor,
  positions: Tensor,
  cosines: Tensor,
  sines: Tensor,
  layout: RotaryLayout = {},
): Tensor {
  const [batch, heads, length, width] = x.shape
  if (x.shape.length !== 4 || positions.shape[0] !== batch || positions.shape[1] !== length) {
    throw shapeError(
      `rotary: positions of ${formatShape(positions.shape)} do not fit ${formatShape(x.shape)}; expected [batch, length]`,
    )
  }
  const turned = 2 * (cosines.shape[1] as number)
  if (!(turned <= (width as number)) || formatShape(cosines.shape) !== formatShape(sines.shape)) {
    throw shapeError(
      `rotary: cosines of ${formatShape(cosines.shape)} and sines of ${formatShape(sines.shape)} do not fit heads of width ${width}; expected [positions, turned / 2] with turned ≤ ${width}`,
    )
  }
  const partial = turned === width ? undefined : { num_heads: heads as number, rotary_embedding_dim: turned }
  return recordOne({
    name: 'rotary',
    inputs: [x, positions, cosines, sines],
    output: { shape: x.shape, dtype: 'float32' },
    lower(lowering, inputs, outputs) {
      const attributes = { interleaved: layout.interleaved ? 1 : 0, ...partial }
      lowering.emit('RotaryEmbedding', inputs, { outputs, domain: microsoft, attributes })
    },
    gradient: ({ gradients: [dy] }) => [rotary(dy!, positions, cosines, scale(sines, -1), layout)],
  })
}
