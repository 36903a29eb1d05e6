/**
 * Relative position bias (Raffel et al., 2020, T5): the distance from a query to a key falls into a bucket, and each head
 * adds a learned number for the bucket to the score. Half of the buckets of a direction are for distances 0, 1, 2, …, the
 * others for ranges that grow in a geometric series up to `maxDistance`; whatever is farther shares the last.
 */
import { add } from '../engine/ops/add.ts'
import { clip } from '../engine/ops/clip.ts'
import { keyDistances } from '../engine/ops/key-distances.ts'
import { reshape } from '../engine/ops/reshape.ts'
import { takeRows } from '../engine/ops/take-rows.ts'
import { toIntegers } from '../engine/ops/to-integers.ts'
import { transpose } from '../engine/ops/transpose.ts'
import { constant, scalar, type Tensor } from '../engine/tensor.ts'
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

/**
 * The bucket of every query and key, int64 `[length, keys]`. Of `scores`, `[…, length, keys]`, such as a mask, only the sizes are read: the
 * last query stands beside the last key, whatever comes before it from a cache.
 */
export function relativePositionBuckets(scores: Tensor, options: RelativePositionOptions): Tensor {
  return distanceBuckets(keyDistances(scores), options)
}

/** The bucket of every distance, of any shape, from a key to a query behind it: what `keyDistances` counts. */
export function distanceBuckets(distances: Tensor, options: RelativePositionOptions): Tensor {
  const { maxDistance = 128 } = options
  // Whatever is farther than that shares the bucket of that distance.
  const known = BigInt64Array.from({ length: 2 * maxDistance + 1 }, (_, index) =>
    BigInt(relativePositionBucket(maxDistance - index, options)),
  )
  const place = add(clip(distances, -maxDistance, maxDistance), scalar(maxDistance))
  return takeRows(constant(known, [known.length]), toIntegers(place))
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
