/**
 * Masks are added to the scores of attention: 0 where a query sees a key, `hidden` where it does not. Two of them may be
 * added to each other; what either hides stays hidden.
 */
import { keyDistances } from '../engine/ops/key-distances.ts'
import { less } from '../engine/ops/comparisons.ts'
import { where } from '../engine/ops/where.ts'
import { floats, integers, type HostTensor } from '../engine/session.ts'
import { scalar, type Tensor } from '../engine/tensor.ts'
import { YuksuError } from '../errors.ts'

/** Far below any score, and still finite when two of them are added. */
export const hidden = -1e9

/** `[1, 1, length, past + length]`: a token sees itself, what came before it and all of the past. */
export function causalMask(length: number, past = 0): HostTensor {
  const keys = past + length
  const data = new Float32Array(length * keys)
  for (let row = 0; row < length; row++) data.fill(hidden, row * keys + past + row + 1, (row + 1) * keys)
  return floats(data, [1, 1, length, keys])
}

/** `[batch, 1, 1, length]`: nobody sees padding. `attended` is `[batch, length]`, not zero where there is a token. */
export function paddingMask(attended: ArrayLike<number>, batch: number, length: number): HostTensor {
  return floats(
    Float32Array.from({ length: batch * length }, (_, index) => (attended[index] ? 0 : hidden)),
    [batch, 1, 1, length],
  )
}

/** `[batch, 1, length, length]`: both at once, for a decoder whose rows are padded. */
export function causalPaddingMask(attended: ArrayLike<number>, batch: number, length: number): HostTensor {
  return stretchMask({ batch, length, attended }, (_, query) => query + 1)
}

/**
 * `[rows, 1, length, length]`: a token sees the first `prefixes[row]` places of its row, in both directions, and what came
 * before it (Dong et al., 2019; Raffel et al., 2020). `attended`, `[rows, length]`, hides padding besides.
 */
export function prefixMask(
  prefixes: ArrayLike<number>,
  length: number,
  attended?: ArrayLike<number>,
): HostTensor {
  return stretchMask({ batch: prefixes.length, length, ...(attended && { attended }) }, (row, query) =>
    Math.max(query + 1, Math.min(prefixes[row]!, length)),
  )
}

/**
 * What a mask `[…, length, past + length]` leaves of a window: a token sees itself and the `window − 1` places before it (Mistral; Jiang et
 * al., 2023), as far as the mask lets it. Computed in the program from the places alone, so that it holds for whatever the mask is of: a cache
 * before the tokens, rows padded on either side, texts packed into a row.
 */
export function slidingWindow(mask: Tensor, window: number): Tensor {
  if (!(window >= 1))
    throw new YuksuError('mask', `a window holds at least the token itself, 1; given ${window}`)
  return where(less(keyDistances(mask), scalar(window)), mask, scalar(hidden))
}

/**
 * `[batch, 1, length, length]`: a token sees those of its own segment, when `causal` only those up to itself. `segments`
 * is `[batch, length]`: which of the texts packed into a row a token belongs to; padding is given an id of its own.
 */
export function segmentMask(
  segments: ArrayLike<number>,
  batch: number,
  length: number,
  options: { readonly causal: boolean },
): HostTensor {
  const data = new Float32Array(batch * length * length).fill(hidden)
  for (let row = 0; row < batch; row++) {
    const first = row * length
    for (let query = 0; query < length; query++) {
      const own = segments[first + query]
      const start = (first + query) * length
      const end = options.causal ? query + 1 : length
      for (let key = 0; key < end; key++) if (segments[first + key] === own) data[start + key] = 0
    }
  }
  return floats(data, [batch, 1, length, length])
}

/** `[batch, 1, length, length]`: a query sees the attended keys before place `end(row, query)`, and always itself. */
function stretchMask(
  sizes: {
    readonly batch: number
    readonly length: number
    readonly attended?: ArrayLike<number>
  },
  end: (row: number, query: number) => number,
): HostTensor {
  const { batch, length, attended } = sizes
  const data = new Float32Array(batch * length * length).fill(hidden)
  for (let row = 0; row < batch; row++) {
    for (let query = 0; query < length; query++) {
      const start = (row * length + query) * length
      const to = end(row, query)
      if (attended === undefined) data.fill(0, start, start + to)
      else for (let key = 0; key < to; key++) if (attended[row * length + key]) data[start + key] = 0
      // A padded query sees itself: a row of nothing but hidden scores would be an average over padding.
      data[start + query] = 0
    }
  }
  return floats(data, [batch, 1, length, length])
}

/** `0, 1, …, length − 1` as `[length]`. */
export function positions(length: number, from = 0): HostTensor {
  return integers(
    Array.from({ length }, (_, index) => from + index),
    [length],
  )
}

/** The position of each token among the tokens of its row, `[batch, length]`; 0 at padding. */
export function paddedPositions(attended: ArrayLike<number>, batch: number, length: number): HostTensor {
  const values = new Array<number>(batch * length).fill(0)
  for (let row = 0; row < batch; row++) {
    let position = 0
    for (let index = row * length; index < (row + 1) * length; index++)
      if (attended[index]) values[index] = position++
  }
  return integers(values, [batch, length])
}

/** The position of each token in its segment, `[batch, length]`, for rows whose segments are not interleaved. */
export function segmentPositions(segments: ArrayLike<number>, batch: number, length: number): HostTensor {
  const values = new Int32Array(batch * length)
  for (let row = 0; row < batch; row++) {
    for (let index = row * length + 1; index < (row + 1) * length; index++)
      if (segments[index] === segments[index - 1]) values[index] = values[index - 1]! + 1
  }
  return integers(values, [batch, length])
}
