import { YuksuError } from '../errors.ts'
import type { Model } from '../models/model.ts'
import type { TokenRow } from './decoder-model.ts'

/** Rows of unequal lengths as one grid, with what of it is no padding. */
export function pad(
  rows: readonly TokenRow[],
  side: 'left' | 'right',
): { ids: Int32Array; attended: Uint8Array; length: number } {
  const length = Math.max(...rows.map((row) => row.length))
  const ids = new Int32Array(rows.length * length)
  const attended = new Uint8Array(rows.length * length)
  rows.forEach((row, index) => {
    const start = index * length + (side === 'left' ? length - row.length : 0)
    ids.set(row, start)
    attended.fill(1, start, start + row.length)
  })
  return { ids, attended, length }
}

/** Throws where a row is longer than the model reads or holds what is no token of it: the runtime would fail obscurely. */
export function checkTokens(rows: readonly TokenRow[], model: Model): void {
  const { vocabularySize, maxPositions } = model.configuration
  for (const row of rows) {
    if (row.length > maxPositions) {
      throw new YuksuError(
        'context-length-exceeded',
        `${row.length} tokens were given, the model reads at most ${maxPositions}; shorten the text`,
      )
    }
    for (let index = 0; index < row.length; index++) {
      const id = row[index]!
      if (!(id >= 0 && id < vocabularySize)) {
        throw new YuksuError('token-id', `${id} is not a token id; the vocabulary has ${vocabularySize}`)
      }
    }
  }
}
