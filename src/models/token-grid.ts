import { integers, type HostTensor } from '../engine/session.ts'
import { YuksuError } from '../errors.ts'
import type { Model } from './model.ts'

/** Numbers of rows of one length, one after the other. */
export interface Grid {
  readonly data: number[]
  readonly batch: number
  readonly length: number
}

/** Throws YuksuError where rows are not of one length, or there are none. */
export function gridOf(rows: readonly (readonly number[])[], name: string): Grid {
  const length = rows[0]?.length ?? 0
  if (length === 0 || rows.some((row) => row.length !== length)) {
    throw new YuksuError(
      'input-shape',
      `${name}: expected rows of one length, not empty; pad them and give an attentionMask`,
    )
  }
  return { data: rows.flat(), batch: rows.length, length }
}

/** Rows as an int64 tensor. Throws YuksuError for an id that is none: it would only surface as an obscure failure of the runtime. */
export function idGrid(
  rows: readonly (readonly number[])[],
  name: string,
  { count, kind }: { readonly count: number; readonly kind: string },
): Grid & { readonly tensor: HostTensor } {
  const grid = gridOf(rows, name)
  const wrong = grid.data.find((id) => !Number.isInteger(id) || id < 0 || id >= count)
  if (wrong !== undefined)
    throw new YuksuError('token-id', `${name}: ${wrong} is not a ${kind}; there are ${count}`)
  return { ...grid, tensor: integers(grid.data, [grid.batch, grid.length]) }
}

/** Rows of token ids that a model can read. Throws YuksuError for an id outside the vocabulary, or more of them than it reads. */
export function tokenGrid(
  rows: readonly (readonly number[])[],
  name: string,
  { configuration: { vocabularySize, maxPositions } }: Model,
): Grid & { readonly tensor: HostTensor } {
  const grid = idGrid(rows, name, { count: vocabularySize, kind: 'token id' })
  if (grid.length > maxPositions) {
    throw new YuksuError(
      'context-length-exceeded',
      `${name}: ${grid.length} tokens were given, the model reads at most ${maxPositions}`,
    )
  }
  return grid
}

/** Which of the tokens are no padding: all, where nothing is said. Throws YuksuError for a mask of another shape. */
export function attendedOf(
  mask: readonly (readonly number[])[] | undefined,
  tokens: Grid,
): readonly number[] {
  if (mask === undefined) return tokens.data.map(() => 1)
  const { data } = gridOf(mask, 'attentionMask')
  if (data.length !== tokens.data.length)
    throw new YuksuError('input-shape', 'attentionMask: expected the shape of inputIds')
  return data
}
