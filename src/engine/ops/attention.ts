import { formatShape, type Shape } from '../dimension.ts'
import { constant, record, type Tensor } from '../tensor.ts'
import { microsoft } from '../onnx.ts'
import { YuksuError } from '../../errors.ts'
import { concatenate } from './concatenate.ts'
import { expand } from './expand.ts'
import { matmul } from './matmul.ts'
import { multiply } from './multiply.ts'
import { sum } from './sum.ts'

/**
 * Scaled dot-product attention (Vaswani et al., 2017): O = P·V with P = softmax(scale · Q·Kᵀ + mask).
 *
 * `query` is `[batch, heads, length, width]`, `key` and `value` `[batch, heads, keys, width]`; `mask` is added to the
 * scores and broadcasts to `[batch, heads, length, keys]`.
 *
 * Gradient: dV = Pᵀ·dO; dS = P ∘ (dO·Vᵀ − D) with D = Σ dO∘O, where the subtraction costs nothing when done by one
 * more column, [dO, D]·[V, −1]ᵀ; dQ = scale · dS·K, dK = scale · dSᵀ·Q.
 */
export function attention(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  options: { scale: number; mask?: Tensor },
): Tensor {
  const { scale, mask } = options
  const shape: Shape = [...query.shape.slice(0, -1), value.shape.at(-1)!]
  if (query.shape.at(-1) !== key.shape.at(-1) || key.shape.at(-2) !== value.shape.at(-2)) {
    throw new YuksuError(
      'shape',
      `attention: query ${formatShape(query.shape)}, key ${formatShape(key.shape)} and value ${formatShape(value.shape)} do not fit`,
    )
  }
  const scores: Shape = [...query.shape.slice(0, -1), key.shape.at(-2)!]
  return record({
    name: 'attention',
    inputs: mask === undefined ? [query, key, value] : [query, key, value, mask],
    outputs: [
      { shape, dtype: 'float32' },
      { shape: scores, dtype: 'float32' },
    ],
    lower(lowering, [q, k, v, m], [output, probabilities]) {
      const attributes = { transB: 1, alpha: { float: scale } }
      const product = lowering.emit('FusedMatMul', [q!, k!], { domain: microsoft, attributes })
      const masked = m === undefined ? product : lowering.emit('Add', [product, m])
      lowering.emit('Softmax', [masked], { outputs: [probabilities!], attributes: { axis: -1 } })
      lowering.emit('MatMul', [probabilities!, v!], { outputs: [output!] })
    },
    gradient({ gradients: [dy], outputs: [y, p] }) {
      const correction = sum(multiply(dy!, y!), [-1], true)
      const minusOne = expand(constant(new Float32Array([-1]), [1]), [...value.shape.slice(0, -1), 1])
      const dp = matmul(concatenate([dy!, correction], -1), concatenate([value, minusOne], -1), {
        transposeB: true,
      })
      const ds = multiply(p!, dp)
      return [
        matmul(ds, key, { scale }),
        matmul(ds, query, { transposeA: true, scale }),
        matmul(p!, dy!, { transposeA: true }),
      ]
    },
  })[0]!
}
