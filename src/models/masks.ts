import { floats, integers, type HostTensor } from '../engine/session.ts'

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
  const data = new Float32Array(batch * length * length)
  for (let row = 0; row < batch; row++) {
    for (let query = 0; query < length; query++) {
      for (let key = 0; key < length; key++) {
        // A padded query sees itself: a row of nothing but hidden scores would be an average over padding.
        const visible = key === query || (key < query && attended[row * length + key])
        data[(row * length + query) * length + key] = visible ? 0 : hidden
      }
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
