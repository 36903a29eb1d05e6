/**
 * Attention of LongT5's encoder (Guo et al., 2022), as in transformers' `LongT5`: a text is cut into blocks of `radius + 1` tokens, and the tokens of
 * a block look at those of three blocks that lie no farther than `radius`. Transient-global attention looks besides at sums over
 * `globalBlockSize` tokens each of the whole text; the tokens behind the last whole one of a row are added to it.
 */
import { blockCount, product, type Dimension } from '../../engine/dimension.ts'
import { add } from '../../engine/ops/add.ts'
import { blockNumbers } from '../../engine/ops/block-numbers.ts'
import { greater, greaterOrEqual, less, lessOrEqual } from '../../engine/ops/comparisons.ts'
import { concatenate } from '../../engine/ops/concatenate.ts'
import { expand } from '../../engine/ops/expand.ts'
import { matmul } from '../../engine/ops/matmul.ts'
import { maximum } from '../../engine/ops/maximum.ts'
import { multiply } from '../../engine/ops/multiply.ts'
import { neighbourBlocks } from '../../engine/ops/neighbour-blocks.ts'
import { reshape } from '../../engine/ops/reshape.ts'
import { joinBlocks, splitBlocks } from '../../engine/ops/split-blocks.ts'
import { subtract } from '../../engine/ops/subtract.ts'
import { sum } from '../../engine/ops/sum.ts'
import { transpose } from '../../engine/ops/transpose.ts'
import { where } from '../../engine/ops/where.ts'
import { constant, scalar, type Tensor } from '../../engine/tensor.ts'
import { embedding } from '../../nn/embedding.ts'
import { splitHeads } from '../../nn/heads.ts'
import type { KeyValue } from '../../nn/key-value-cache.ts'
import { linear } from '../../nn/linear.ts'
import { rmsNorm } from '../../nn/normalization.ts'
import { distanceBuckets, relativePositionBias } from '../../nn/relative-position.ts'
import type { Scope } from '../../nn/scope.ts'
import type { EncoderInputs } from '../family.ts'
import { hidden } from '../masks.ts'
import { attend } from './attention.ts'
import type { LocalAttention, T5Configuration } from './configuration.ts'
import { encoderAttentionName } from './parameters.ts'

/** What all layers of an encoder share, made once; and what each does with its own block of attention, `[batch, length, width]` to the same. */
export function localAttention(
  encoder: Scope,
  { mask }: EncoderInputs,
  configuration: T5Configuration & { readonly local: LocalAttention },
): (block: Scope, x: Tensor) => Tensor {
  const { heads, local } = configuration
  const size = local.radius + 1
  const [batch, , , length] = mask.shape
  /** 1 where there is a token, `[batch, length, 1]`. */
  const present = reshape(greater(mask, scalar(hidden / 2)), [batch!, length!, 1])
  const first = encoder.at('block', 0, 'layer', 0, encoderAttentionName(configuration))
  const near = nearby(first, present, size, configuration)
  const attendTo = (block: Scope, x: Tensor, keyValue: KeyValue, added: AddedScores) =>
    joinBlocks(attend(block, splitBlocks(x, size), keyValue, added, configuration), x.shape)
  if (local.globalBlockSize === undefined) {
    const added = { mask: encoder.boundary(near.mask), bias: encoder.boundary(near.bias) }
    return (block, x) => {
      const part = (name: string) => splitHeads(neighbourBlocks(linear(block.at(name), x), size), heads)
      return attendTo(block, x, { key: part('k'), value: part('v') }, added)
    }
  }
  const far = everywhere(first, present, size, { ...configuration, globalBlockSize: local.globalBlockSize })
  const members = encoder.boundary(far.members)
  const bias = encoder.boundary(concatenate([add(near.bias, near.mask), far.bias], 3))
  return (block, x) => {
    const sums = matmul(members, x, { transposeA: true })
    const totals = rmsNorm(block.at('global_input_layer_norm'), sums, configuration.normEpsilon)
    const part = (name: string) => {
      const windows = neighbourBlocks(linear(block.at(name), x), size)
      const besides = perBlock(linear(block.at(name), totals), length!, size)
      return splitHeads(concatenate([windows, besides], 1), heads)
    }
    return attendTo(block, x, { key: part('k'), value: part('v') }, { bias })
  }
}

interface AddedScores {
  readonly mask?: Tensor
  readonly bias: Tensor
}

/**
 * What is added to the scores of a block's tokens and those of its three blocks: the bias of each distance, `[1, heads, size, 3 · size]`, and what hides
 * those too far away or not there, `[batch · blocks, 1, size, 3 · size]`.
 */
function nearby(first: Scope, present: Tensor, size: number, configuration: T5Configuration) {
  const keys = 3 * size
  const distances = Float32Array.from(
    { length: size * keys },
    (_, index) => size + Math.floor(index / keys) - (index % keys),
  )
  const within = distances.map((distance) => (Math.abs(distance) < size ? 0 : hidden))
  const windows = neighbourBlocks(present, size)
  const mask = where(
    reshape(windows, [windows.shape[0]!, 1, 1, keys]),
    constant(within, [1, 1, size, keys]),
    scalar(hidden),
  )
  const buckets = distanceBuckets(constant(distances, [size, keys]), bucketing(configuration))
  return { mask, bias: relativePositionBias(first.at('relative_attention_bias'), buckets) }
}

/**
 * The sums over a whole text, each of `globalBlockSize` tokens: which tokens are in it, `[batch, length, sums]`, and what is added to its scores with the
 * tokens of a block, `[batch · blocks, heads, size, sums]`.
 */
function everywhere(
  first: Scope,
  present: Tensor,
  size: number,
  configuration: T5Configuration & { readonly globalBlockSize: number },
) {
  const [batch, length] = present.shape
  const step = scalar(configuration.globalBlockSize)
  const places = reshape(blockNumbers(present, 1, 1), [1, length!, 1])
  const numbers = blockNumbers(present, 1, configuration.globalBlockSize)
  const count = numbers.shape[0]!
  const index = reshape(numbers, [1, 1, count])
  const start = multiply(index, step)
  const end = add(start, step)
  const tokens = sum(present, [1], true)
  /** Those that are whole in this row, `[batch, 1, sums]`, and the last of them, to which the tokens behind it are added. */
  const whole = lessOrEqual(end, tokens)
  const last = multiply(whole, less(tokens, add(end, step)))
  const inside = multiply(greaterOrEqual(places, start), maximum(less(places, end), last))
  const members = multiply(multiply(present, whole), inside)
  /** The number of the sum that a token is in, `[batch, length, 1]`. */
  const own = sum(multiply(members, index), [2], true)
  const distances = splitBlocks(subtract(own, index), size)
  const table = first.at('global_relative_attention_bias')
  const bias = transpose(embedding(table, distanceBuckets(distances, bucketing(configuration))), [0, 3, 1, 2])
  const shown = perBlock(where(whole, scalar(0), scalar(hidden)), length!, size)
  const mask = reshape(shown, [product([batch!, blockCount(length!, size)]), 1, 1, count])
  return { members, bias: add(bias, mask) }
}

/** The same for every block of a row's tokens, `[batch, …]` → `[batch · blocks, …]`. */
function perBlock(x: Tensor, length: Dimension, size: number): Tensor {
  const [batch, ...rest] = x.shape
  const blocks = blockCount(length, size)
  const repeated = expand(reshape(x, [batch!, 1, ...rest]), [batch!, blocks, ...rest])
  return reshape(repeated, [product([batch!, blocks]), ...rest])
}

function bucketing({ relativeBuckets: buckets, relativeMaxDistance: maxDistance }: T5Configuration) {
  return { bidirectional: true, buckets, maxDistance }
}
