/**
 * Relative position bias (Raffel et al., 2020, T5): the distance from a query to a key falls into a bucket, and each head
 * adds a learned number for the bucket to the score. Half of the buckets of a direction are for distances 0, 1, 2, …, the
 * others for ranges that grow in a geometric series up to `maxDistance`; whatever is farther shares the last.
 */
import { reshape } from '../engine/ops/reshape.ts'
import { transpose } from '../engine/ops/transpose.ts'
import { integers, type HostTensor } from '../engine/session.ts'
import type { Tensor } from '../engine/tensor.ts'
import { YuksuError } from '../errors.ts'
import { embedding } from './embedding.ts'
import type { Scope } from './scope.ts'

export interface RelativePositionOptions {
  /** Whether keys after the query have buckets of their own, half of all; in a decoder they share that of distance 0. */
  readonly bidirectional: boolean
  /** `relative_attention_num_buckets`, 32 by default. */
  readonly buckets?: number
  /** `relative_attention_max_distance`, 128 by default. */
  readonly maxDistance?: number
}

/** The bucket of a key at `distance` = key − query. */
export function relativePositionBucket(distance: number, options: RelativePositionOptions): number {
  const { bidirectional, buckets = 32, maxDistance = 128 } = options
  const side = bidirectional ? Math.floor(buckets / 2) : buckets
  const first = bidirectional && distance > 0 ? side : 0
  const far = bidirectional ? Math.abs(distance) : Math.max(-distance, 0)
  const exact = Math.floor(side / 2)
  if (exact < 1 || maxDistance <= exact) {
    throw new YuksuError(
      'relative-position',
      `${buckets} buckets do not reach a distance of ${maxDistance}: a direction needs at least 2, half of them nearer than that`,
    )
  }
  if (far < exact) return first + far
  const grown = (Math.log(far / exact) / Math.log(maxDistance / exact)) * (side - exact)
  return first + Math.min(exact + Math.floor(grown), side - 1)
}

/** Bucket of every query and key, `[length, past + length]`, for queries that come after `past` cached keys. */
export function relativePositionBuckets(
  length: number,
  options: RelativePositionOptions & { readonly past?: number },
): HostTensor {
  const { past = 0 } = options
  const keys = past + length
  // Every distance once, from −(keys − 1) on.
  const known = Array.from({ length: keys + length - 1 }, (_, index) =>
    relativePositionBucket(index - (keys - 1), options),
  )
  const data = new Int32Array(length * keys)
  for (let query = 0; query < length; query++) {
    const start = keys - 1 - (past + query)
    for (let key = 0; key < keys; key++) data[query * keys + key] = known[start + key]!
  }
  return integers(data, [length, keys])
}

/**
 * `[1, heads, length, keys]`, to be added to the scores: the numbers that the scope's table `[buckets, heads]` has for the
 * buckets `[length, keys]`. Its gradient sums over all pairs of one bucket.
 */
export function relativePositionBias(scope: Scope, buckets: Tensor): Tensor {
  const [length, keys] = buckets.shape
  const bias = transpose(embedding(scope, buckets), [2, 0, 1])
  return reshape(bias, [1, bias.shape[0]!, length!, keys!])
}
