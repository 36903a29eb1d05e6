import { shapeError } from '../call-site.ts'
import { broadcastShapes, formatShape, product, sameShape, type Dimension, type Shape } from '../dimension.ts'
import { constant, record, scalar, type Tensor } from '../tensor.ts'
import { microsoft } from '../onnx.ts'
import { YuksuError } from '../../errors.ts'
import { concatenate } from './concatenate.ts'
import { expand } from './expand.ts'
import { matmul } from './matmul.ts'
import { multiply } from './multiply.ts'
import { reshape } from './reshape.ts'
import { subtract } from './subtract.ts'
import { sum, sumTo } from './sum.ts'

export interface AttentionOptions {
  /** What the products of queries and keys are multiplied by. */
  readonly scale: number
  /** Added to the scores; broadcasts to `[batch, heads, length, keys]`. Nothing flows back to it. */
  readonly mask?: Tensor
  /** Added to the scores like a mask, and given its gradient: what T5 learns for each distance (Raffel et al., 2020). */
  readonly bias?: Tensor
  /** What each query's shares of the keys are multiplied by, `[batch, heads, length, keys]`: a dropout mask. Nothing flows back to it. */
  readonly keep?: Tensor
  /** Keeps the scores within ± this number before mask and bias: cap · tanh(scores / cap) (Gemma 2, 2024). */
  readonly softCap?: number
}

/**
 * Scaled dot-product attention (Vaswani et al., 2017): O = P·V with P = softmax(scale · Q·Kᵀ + bias + mask).
 *
 * `query` is `[batch, heads, length, width]`, `key` and `value` `[batch, heads, keys, width]`. Where these have fewer heads,
 * each serves a group of neighbouring query heads (Ainslie et al., 2023): the queries of a group are taken as rows of one
 * matrix, `[batch, key heads, group · length, width]`, so that no key and no value is repeated in memory.
 *
 * Gradient: dV = Pᵀ·dO; dS = P ∘ (dO·Vᵀ − D) with D = Σ dO∘O, where the subtraction costs nothing when done by one
 * more column, [dO, D]·[V, −1]ᵀ; dbias = Σ dS over what it was broadcast along; dQ = scale · dS·K, dK = scale · dSᵀ·Q, in
 * which a soft cap multiplies dS by 1 − tanh². A dropout mask M makes O = (P ∘ M)·V, dV = (P ∘ M)ᵀ·dO and dS = P ∘ (M ∘ (dO·Vᵀ) − D).
 */
export function attention(query: Tensor, key: Tensor, value: Tensor, options: AttentionOptions): Tensor {
  const { scale, mask, bias, keep, softCap } = options
  const shape: Shape = [...query.shape.slice(0, -1), value.shape.at(-1)!]
  if (query.shape.at(-1) !== key.shape.at(-1) || key.shape.at(-2) !== value.shape.at(-2)) {
    throw shapeError(
      `attention: query ${formatShape(query.shape)}, key ${formatShape(key.shape)} and value ${formatShape(value.shape)} do not fit`,
    )
  }
  if (softCap !== undefined && !(softCap > 0))
    throw new YuksuError('setting', `attention: the soft cap must be above 0, given ${softCap}`)
  const scores: Shape = [...query.shape.slice(0, -1), key.shape.at(-2)!]
  if (bias !== undefined && !sameShape(broadcastShapes(bias.shape, scores) ?? [], scores)) {
    throw shapeError(
      `attention: a bias of ${formatShape(bias.shape)} cannot be added to scores of ${formatShape(scores)}`,
    )
  }
  if (keep !== undefined && !sameShape(keep.shape, scores)) {
    throw shapeError(
      `attention: a dropout mask of ${formatShape(keep.shape)} does not fit scores of ${formatShape(scores)}`,
    )
  }
  const group = groupSize(query, key, value)
  /** The shape in which the query heads of a group are rows of one matrix. */
  const grouped = (of: Shape): Shape =>
    group === 1 ? of : [of[0]!, key.shape[1]!, product([group, of[2]!]), of[3]!]
  const added = [mask, bias].filter((tensor) => tensor !== undefined)
  const outputs = [shape, scores, ...(softCap === undefined ? [] : [scores])]
  return record({
    name: 'attention',
    inputs: [query, key, value, ...added, ...(keep === undefined ? [] : [keep])],
    outputs: outputs.map((of) => ({ shape: of, dtype: 'float32' })),
    products: [
      [...scores, query.shape.at(-1)!],
      [...scores, value.shape.at(-1)!],
    ],
    lower(lowering, [q, k, v, ...rest], [output, probabilities, bounded]) {
      let additions = rest.slice(0, added.length)
      const reshaped = (data: string, from: Shape, to: Shape, names?: readonly string[]) =>
        lowering.emit('Reshape', [data, lowering.reshapeTarget(from, to)], {
          ...(names && { outputs: names }),
        })
      const rows = (data: string, of: Shape) => (group === 1 ? data : reshaped(data, of, grouped(of)))
      const heads = (data: string) => (group === 1 ? data : reshaped(data, grouped(scores), scores))
      const attributes = { transB: 1, alpha: { float: scale / (softCap ?? 1) } }
      const products = lowering.emit('FusedMatMul', [rows(q!, query.shape), k!], {
        domain: microsoft,
        attributes,
      })
      let sums = heads(products)
      if (softCap !== undefined) {
        const tanh = lowering.emit('Tanh', [sums], { outputs: [bounded!] })
        sums = lowering.emit('Mul', [tanh, lowering.float(softCap)])
      }
      // What is added is often smaller than the scores: it is summed first.
      if (additions.length === 2) additions = [lowering.emit('Add', additions)]
      if (additions.length === 1) sums = lowering.emit('Add', [sums, additions[0]!])
      lowering.emit('Softmax', [sums], { outputs: [probabilities!], attributes: { axis: -1 } })
      const shares =
        keep === undefined ? probabilities! : lowering.emit('Mul', [probabilities!, rest.at(-1)!])
      if (group === 1) lowering.emit('MatMul', [shares, v!], { outputs: [output!] })
      else {
        const mixed = lowering.emit('MatMul', [rows(shares, scores), v!])
        reshaped(mixed, grouped(shape), shape, [output!])
      }
    },
    gradient({ gradients: [dy], outputs: [y, p, bounded] }) {
      const rows = (tensor: Tensor) => reshape(tensor, grouped(tensor.shape))
      const [dyRows, pRows, queryRows] = [rows(dy!), rows(p!), rows(query)]
      const correction = sum(multiply(dyRows, rows(y!)), [-1], true)
      const minusOne = expand(constant(new Float32Array([-1]), [1]), [...value.shape.slice(0, -1), 1])
      const keepRows = keep && rows(keep)
      const dp =
        keepRows === undefined
          ? matmul(concatenate([dyRows, correction], -1), concatenate([value, minusOne], -1), {
              transposeB: true,
            })
          : subtract(multiply(matmul(dyRows, value, { transposeB: true }), keepRows), correction)
      const ds = multiply(pRows, dp)
      const slope = bounded && subtract(scalar(1), multiply(rows(bounded), rows(bounded)))
      const dProducts = slope === undefined ? ds : multiply(ds, slope)
      return [
        reshape(matmul(dProducts, key, { scale }), query.shape),
        matmul(dProducts, queryRows, { transposeA: true, scale }),
        matmul(keepRows === undefined ? pRows : multiply(pRows, keepRows), dyRows, { transposeA: true }),
        ...(mask === undefined ? [] : [undefined]),
        ...(bias === undefined ? [] : [sumTo(reshape(ds, scores), bias.shape)]),
        ...(keep === undefined ? [] : [undefined]),
      ]
    },
  })[0]!
}

/** How many query heads share one key and value head. */
function groupSize(query: Tensor, key: Tensor, value: Tensor): number {
  const [heads, shared, valued]: (Dimension | undefined)[] = [query, key, value].map(({ shape }) => shape[1])
  if (query.shape.length !== 4 || heads === shared) return 1
  const group = (heads as number) / (shared as number)
  if (Number.isInteger(group) && shared === valued && key.shape.length === 4) return group
  throw shapeError(
    `attention: ${heads} heads of queries cannot share ${shared} of keys and ${valued} of values evenly`,
  )
}
