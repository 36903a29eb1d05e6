/**
 * Masks are added to the scores of attention: 0 where a query sees a key, `hidden` where it does not. Two of them may be
 * added to each other; what either hides stays hidden.
 */
import { floats, integers, type HostTensor } from '../engine/session.ts'
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
  return stretchMask({ batch, length, attended }, { from: () => 0, to: (_, query) => query + 1 })
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
  return stretchMask(
    { batch: prefixes.length, length, ...(attended && { attended }) },
    { from: () => 0, to: (row, query) => Math.max(query + 1, Math.min(prefixes[row]!, length)) },
  )
}

/**
 * `[1, 1, length, past + length]`: a token sees itself and the `window − 1` places before it (Mistral; Jiang et al., 2023).
 * `past` counts the keys at hand, so a cache that forgets what no window reaches any more needs no other mask.
 */
export function slidingWindowMask(length: number, window: number, past = 0): HostTensor {
  return stretchMask({ batch: 1, length, past }, windowStretch(window, past))
}

/** `[batch, 1, length, past + length]`: the same where padding is hidden; `attended` is `[batch, past + length]`. */
export function slidingWindowPaddingMask(
  attended: ArrayLike<number>,
  batch: number,
  length: number,
  window: number,
  past = 0,
): HostTensor {
  return stretchMask({ batch, length, past, attended }, windowStretch(window, past))
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

/** Which keys a query may see: those from `from` to before `to`, counted from the first of the past. */
interface Stretch {
  readonly from: (row: number, query: number) => number
  readonly to: (row: number, query: number) => number
}

function windowStretch(window: number, past: number): Stretch {
  if (!(window >= 1))
    throw new YuksuError('mask', `a window holds at least the token itself, 1; given ${window}`)
  return {
    from: (_, query) => Math.max(past + query + 1 - window, 0),
    to: (_, query) => past + query + 1,
  }
}

/** `[batch, 1, length, past + length]`: a query sees the attended keys of its stretch, and always itself. */
function stretchMask(
  sizes: {
    readonly batch: number
    readonly length: number
    readonly past?: number
    readonly attended?: ArrayLike<number>
  },
  stretch: Stretch,
): HostTensor {
  const { batch, length, past = 0, attended } = sizes
  const keys = past + length
  const data = new Float32Array(batch * length * keys).fill(hidden)
  for (let row = 0; row < batch; row++) {
    for (let query = 0; query < length; query++) {
      const start = (row * length + query) * keys
      const [from, to] = [stretch.from(row, query), stretch.to(row, query)]
      if (attended === undefined) data.fill(0, start + from, start + to)
      else for (let key = from; key < to; key++) if (attended[row * keys + key]) data[start + key] = 0
      // A padded query sees itself: a row of nothing but hidden scores would be an average over padding.
      data[start + past + query] = 0
    }
  }
  return floats(data, [batch, 1, length, keys])
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
