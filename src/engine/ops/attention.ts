import { shapeError } from '../call-site.ts'
import { broadcastShapes, formatShape, sameShape, type Dimension, type Shape } from '../dimension.ts'
import { tileFormat } from '../native-products.ts'
import { microsoft, nativeDomain } from '../onnx.ts'
import { record, type Tensor } from '../tensor.ts'
import { YuksuError } from '../../errors.ts'
import { attentionGradient, emitNoMask, groupReshapes } from './attention-gradient.ts'
import { sumTo } from './sum.ts'

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
 * The native library computes it without its scores in memory where there is a mask at most (Dao et al., 2022, FlashAttention).
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
  const added = [mask, bias].filter((tensor) => tensor !== undefined)
  // The third are the scales of the rows, for the native library alone, which keeps no shares.
  const outputs = [shape, scores, [...scores.slice(0, -1), 2], ...(softCap === undefined ? [] : [scores])]
  const plain = bias === undefined && keep === undefined && softCap === undefined
  const fused = plain && query.shape.length === 4 && (mask === undefined || mask.shape.length === 4)
  return record({
    name: 'attention',
    inputs: [query, key, value, ...added, ...(keep === undefined ? [] : [keep])],
    outputs: outputs.map((of) => ({ shape: of, dtype: 'float32' })),
    products: [
      [...scores, query.shape.at(-1)!],
      [...scores, value.shape.at(-1)!],
    ],
    lower(lowering, [q, k, v, ...rest], [output, probabilities, rowScales, bounded]) {
      const format = tileFormat(lowering.precision)
      if (fused && format !== undefined) {
        lowering.emit('Attention', [q!, k!, v!, rest[0] ?? emitNoMask(lowering)], {
          outputs: [output!, rowScales!],
          domain: nativeDomain,
          attributes: { scale: { float: scale }, format },
        })
        return
      }
      let additions = rest.slice(0, added.length)
      const { rows, heads } = groupReshapes(lowering, group)
      const attributes = { transB: 1, alpha: { float: scale / (softCap ?? 1) } }
      const products = lowering.emit('FusedMatMul', [rows(q!, query.shape), k!], {
        domain: microsoft,
        attributes,
      })
      let sums = heads(products, scores)
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
        heads(mixed, shape, [output!])
      }
    },
    gradient({ gradients: [dy], outputs: [y, p, rowScales, bounded] }) {
      const [dQuery, dKey, dValue, ds] = attentionGradient(
        { dy: dy!, y: y!, p: p!, rowScales: rowScales!, bounded },
        { query, key, value, mask, keep, scale, group, fused },
      )
      return [
        dQuery,
        dKey,
        dValue,
        ...(mask === undefined ? [] : [undefined]),
        ...(bias === undefined ? [] : [sumTo(ds!, bias.shape)]),
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
