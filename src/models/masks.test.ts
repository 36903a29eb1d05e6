import { describe, expect, it } from 'vitest'
import type { HostTensor } from '../engine/session.ts'
import { causalMask, causalPaddingMask, hidden, paddedPositions, paddingMask, positions } from './masks.ts'

/** The last axis as strings: `.` seen, `x` hidden. */
function drawn({ data, shape }: HostTensor): string[] {
  const width = shape.at(-1)!
  const marks = [...data].map((value) => ({ [0]: '.', [hidden]: 'x' })[Number(value)] ?? '?').join('')
  return marks.match(new RegExp(`.{${width}}`, 'g'))!
}

const attended = [1, 1, 0, 0, 1, 1]

describe('masks', () => {
  it('let a token see itself, what came before it and all of the past', () => {
    expect(drawn(causalMask(3))).toEqual(['.xx', '..x', '...'])
    const longer = causalMask(2, 3)
    expect(longer.shape).toEqual([1, 1, 2, 5])
    expect(drawn(longer)).toEqual(['....x', '.....'])
  })

  it('hide padding of sources', () => {
    const mask = paddingMask(attended, 2, 3)
    expect(mask.shape).toEqual([2, 1, 1, 3])
    expect(drawn(mask)).toEqual(['..x', 'x..'])
  })

  it('hide both, and leave a padded query something to look at', () => {
    const mask = causalPaddingMask(attended, 2, 3)
    expect(mask.shape).toEqual([2, 1, 3, 3])
    expect(drawn(mask)).toEqual(['.xx', '..x', '...', '.xx', 'x.x', 'x..'])
  })

  it('stay finite in f32 when two of them are added', () => {
    expect(Number.isFinite(Math.fround(hidden + hidden))).toBe(true)
    expect(Math.exp(hidden)).toBe(0)
  })
})

describe('positions', () => {
  it('count from zero or from where the past ends', () => {
    expect(positions(3)).toMatchObject({ dtype: 'int64', shape: [3], data: BigInt64Array.of(0n, 1n, 2n) })
    expect(positions(2, 5).data).toEqual(BigInt64Array.of(5n, 6n))
  })

  it('count only tokens of a padded row', () => {
    const places = paddedPositions(attended, 2, 3)
    expect(places.shape).toEqual([2, 3])
    expect(places.data).toEqual(BigInt64Array.of(0n, 1n, 0n, 0n, 0n, 1n))
  })
})
