import { describe, expect, it } from 'vitest'
import { floats, integers } from '../engine/session.ts'
import { runOnce } from '../engine/testing.ts'
import { input } from '../engine/tensor.ts'
import { keyPositions } from './key-positions.ts'

describe('positions of keys', () => {
  it.each([
    [1, 5],
    [3, 5],
    [4, 4],
  ])('go on from those of the past, 0 at padding before it: %i tokens, %i keys', async (length, keys) => {
    // Rows with no padding, with one place of it, and with all but the last.
    const padding = [0, 1, keys - 1]
    const position = (row: number, key: number) => Math.max(0, key - padding[row]!)
    const positions = padding.flatMap((_, row) =>
      Array.from({ length }, (_, index) => position(row, keys - length + index)),
    )
    const { found } = await runOnce(
      {
        found: keyPositions(
          input('positions', ['rows', 'length'], 'int64'),
          input('mask', ['rows', 1, 'length', 'past+length']),
        ),
      },
      {
        positions: integers(positions, [3, length]),
        mask: floats(new Float32Array(3 * length * keys), [3, 1, length, keys]),
      },
    )
    expect(found!.shape).toEqual([3, keys])
    expect([...found!.data].map(Number)).toEqual(
      padding.flatMap((_, row) => Array.from({ length: keys }, (_, key) => position(row, key))),
    )
  })
})
