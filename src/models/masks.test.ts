import { describe, expect, it } from 'vitest'
import type { HostTensor } from '../engine/session.ts'
import { input } from '../engine/tensor.ts'
import { randomSource, runOnce } from '../engine/testing.ts'
import {
  causalMask,
  causalPaddingMask,
  hidden,
  paddedPositions,
  paddingMask,
  positions,
  prefixMask,
  segmentMask,
  segmentPositions,
  slidingWindow,
} from './masks.ts'

/** The last axis as strings: `.` seen, `x` hidden. */
function drawn({ data, shape }: HostTensor): string[] {
  const width = shape.at(-1)!
  const marks = [...data].map((value) => ({ [0]: '.', [hidden]: 'x' })[Number(value)] ?? '?').join('')
  return marks.match(new RegExp(`.{${width}}`, 'g'))!
}

/** A mask with no more of it than a window shows, as a program makes it. */
async function windowed(mask: HostTensor, window: number): Promise<HostTensor> {
  const symbol = input('mask', ['batch', 1, 'length', 'past+length'])
  return (await runOnce({ windowed: slidingWindow(symbol, window) }, { mask })).windowed!
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

  it('let the first tokens see each other and the others what came before', () => {
    const mask = prefixMask([2, 0], 3)
    expect(mask.shape).toEqual([2, 1, 3, 3])
    expect(drawn(mask)).toEqual(['..x', '..x', '...', '.xx', '..x', '...'])
    expect(drawn(prefixMask([9], 2))).toEqual(['..', '..'])
    expect(drawn(prefixMask([2, 2], 3, attended))).toEqual(['..x', '..x', '...', '..x', 'x.x', 'x..'])
  })

  it('let a token see no farther back than the window', async () => {
    expect(drawn(await windowed(causalMask(4), 2))).toEqual(['.xxx', '..xx', 'x..x', 'xx..'])
    expect(drawn(await windowed(causalMask(2, 3), 3))).toEqual(['x...x', 'xx...'])
    expect(drawn(await windowed(causalMask(5, 2), 7))).toEqual(drawn(causalMask(5, 2)))
    expect(() => slidingWindow(input('mask', [1, 1, 2, 2]), 0)).toThrow(
      /at least the token itself, 1; given 0/,
    )
  })

  it('keep texts that share a row apart', () => {
    const segments = [1, 1, 2, 0, 3, 3, 3, 3]
    const mask = segmentMask(segments, 2, 4, { causal: false })
    expect(mask.shape).toEqual([2, 1, 4, 4])
    expect(drawn(mask)).toEqual(['..xx', '..xx', 'xx.x', 'xxx.', '....', '....', '....', '....'])
    expect(drawn(segmentMask(segments, 2, 4, { causal: true })).slice(0, 5)).toEqual([
      '.xxx',
      '..xx',
      'xx.x',
      'xxx.',
      '.xxx',
    ])
  })

  describe('of random rows are what the predicate says', () => {
    const random = randomSource(41)
    const below = (count: number) => Math.floor(random() * count)
    const cases = Array.from({ length: 40 }, () => {
      const [batch, length, past] = [1 + below(3), 1 + below(7), below(5)]
      const list = (count: number, limit: number) => Array.from({ length: count }, () => below(limit))
      return {
        batch,
        length,
        past,
        window: 1 + below(6),
        attended: list(batch * length, 2),
        prefixes: list(batch, length + 2),
        segments: list(batch * length, 3),
      }
    })
    type Case = (typeof cases)[number]

    /** Element by element; queries are counted from the first of the past, as keys are. */
    function naive(
      { batch, length }: Case,
      past: number,
      sees: (row: number, query: number, key: number) => boolean,
    ): string[] {
      return Array.from({ length: batch * length }, (_, index) =>
        Array.from({ length: past + length }, (_, key) =>
          sees(Math.floor(index / length), past + (index % length), key) ? '.' : 'x',
        ).join(''),
      )
    }

    it.each(cases)('$batch × $length after $past, window $window', async (given) => {
      const { batch, length, past, window, attended, prefixes, segments } = given
      const own = (row: number, key: number, keys: number) => attended[row * keys + key] === 1
      const within = (query: number, key: number) => key <= query && query - key < window
      expect(drawn(await windowed(causalMask(length, past), window))).toEqual(
        naive({ ...given, batch: 1 }, past, (_, query, key) => within(query, key)),
      )
      const padded = causalPaddingMask(attended, batch, length)
      expect(drawn(await windowed(padded, window))).toEqual(
        naive(given, 0, (row, query, key) => key === query || (within(query, key) && own(row, key, length))),
      )
      const packed = segmentMask(segments, batch, length, { causal: true })
      expect(drawn(await windowed(packed, window))).toEqual(
        naive(
          given,
          0,
          (row, query, key) =>
            within(query, key) && segments[row * length + query] === segments[row * length + key],
        ),
      )
      expect(drawn(causalPaddingMask(attended, batch, length))).toEqual(
        naive(given, 0, (row, query, key) => key === query || (key < query && own(row, key, length))),
      )
      const inPrefix = (row: number, query: number, key: number) => key <= query || key < prefixes[row]!
      expect(drawn(prefixMask(prefixes, length))).toEqual(naive(given, 0, inPrefix))
      expect(drawn(prefixMask(prefixes, length, attended))).toEqual(
        naive(
          given,
          0,
          (row, query, key) => key === query || (inPrefix(row, query, key) && own(row, key, length)),
        ),
      )
      const together = (row: number, query: number, key: number) =>
        segments[row * length + query] === segments[row * length + key]
      expect(drawn(segmentMask(segments, batch, length, { causal: false }))).toEqual(
        naive(given, 0, together),
      )
      expect(drawn(segmentMask(segments, batch, length, { causal: true }))).toEqual(
        naive(given, 0, (row, query, key) => key <= query && together(row, query, key)),
      )
    })
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

  it('start again with every text that shares a row', () => {
    const places = segmentPositions([1, 1, 2, 2, 2, 0, 5, 5], 2, 4)
    expect(places.shape).toEqual([2, 4])
    expect([...places.data].map(Number)).toEqual([0, 1, 0, 1, 0, 0, 0, 1])
  })
})
