import { describe, expect, it } from 'vitest'
import { HostMemory } from '../memory.ts'

interface Place {
  readonly seedLow: number
  readonly seedHigh: number
  readonly step: number
  readonly part: number
  readonly site: number
}

const origin: Place = { seedLow: 1234, seedHigh: 99, step: 7, part: 2, site: 3 }

function mask(length: number, rate: number, place: Place): Float32Array {
  const [array] = new HostMemory().allocate([length])
  const { data, pointer, paddedLength, kernels } = array!
  const { seedLow, seedHigh, step, part, site } = place
  const threshold = Math.round(rate * 65_536)
  kernels.dropoutMask(pointer, paddedLength, threshold, 1 / (1 - rate), seedLow, seedHigh, step, part, site)
  return data
}

/** Philox4x32 (Salmon et al., 2011): four counter words and two key words to four random words. */
function philox(counter: readonly number[], key: readonly number[], rounds: number): number[] {
  let [c0, c1, c2, c3] = counter.map((word) => BigInt(word >>> 0)) as [bigint, bigint, bigint, bigint]
  let [k0, k1] = key.map((word) => BigInt(word >>> 0)) as [bigint, bigint]
  for (let round = 0; round < rounds; round++) {
    const left = 0xd2511f53n * c0
    const right = 0xcd9e8d57n * c2
    ;[c0, c1, c2, c3] = [
      (right >> 32n) ^ c1 ^ k0,
      right & 0xffff_ffffn,
      (left >> 32n) ^ c3 ^ k1,
      left & 0xffff_ffffn,
    ]
    k0 = (k0 + 0x9e3779b9n) & 0xffff_ffffn
    k1 = (k1 + 0xbb67ae85n) & 0xffff_ffffn
  }
  return [c0, c1, c2, c3].map(Number)
}

/** Which of 32 · blocks elements the definition keeps: 16 bits each, word by word of four counters at a time. */
function plainMask(blocks: number, rate: number, place: Place): boolean[] {
  const threshold = Math.round(rate * 65_536)
  const kept: boolean[] = []
  for (let block = 0; block < blocks; block++) {
    const words = [0, 1, 2, 3].map((lane) =>
      philox(
        [block * 4 + lane, (place.part << 16) ^ place.site, place.step, 0],
        [place.seedLow, place.seedHigh],
        7,
      ),
    )
    for (let word = 0; word < 4; word++) {
      for (const lane of words) {
        kept.push((lane[word]! & 0xffff) >= threshold, lane[word]! >>> 16 >= threshold)
      }
    }
  }
  return kept
}

/** The correlation of which elements two masks drop; about 1/√length where they have nothing to do with each other. */
function correlation(a: Float32Array, b: Float32Array, rate: number): number {
  let together = 0
  a.forEach((value, index) => (together += (Number(value === 0) - rate) * (Number(b[index] === 0) - rate)))
  return together / (a.length * rate * (1 - rate))
}

const length = 200_000

describe('dropoutMask', () => {
  it('uses a generator that agrees with the published vectors of Philox4x32', () => {
    const zeros = [0, 0, 0, 0]
    expect(philox(zeros, [0, 0], 7)).toEqual([0x5f6fb709, 0x0d893f64, 0x4f121f81, 0x4f730a48])
    expect(philox(zeros, [0, 0], 10)).toEqual([0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8])
  })

  it('is that generator’s bits, two elements a word', () => {
    for (const [rate, place] of [
      [0.1, origin],
      [0.5, { ...origin, seedHigh: -5, step: 100_000 }],
      [0.9, { seedLow: 0, seedHigh: 0, step: 0, part: 0, site: 0 }],
      [0.3, { seedLow: -1, seedHigh: 2 ** 31 - 1, step: 2 ** 31 - 1, part: 65_535, site: 65_535 }],
    ] as const) {
      const kept = [...mask(32 * 40, rate, place)].map((value) => value !== 0)
      expect(kept).toEqual(plainMask(40, rate, place))
    }
  })

  it.each([0.1, 0.25, 0.5, 0.9])('drops at the rate %s, and keeps 1 / (1 − rate) exactly', (rate) => {
    const values = mask(length, rate, origin)
    const dropped = values.filter((value) => value === 0).length
    // Five standard deviations of a binomial distribution.
    expect(Math.abs(dropped - rate * length)).toBeLessThan(5 * Math.sqrt(length * rate * (1 - rate)))
    expect(new Set(values)).toEqual(new Set([0, Math.fround(1 / (1 - rate))]))
  })

  it('keeps everything at rate 0', () => {
    // Enough elements that some have all 16 bits zero.
    expect(mask(length, 0, origin).every((value) => value === 1)).toBe(true)
  })

  it('is the same for the same place and any length, and another for any other place', () => {
    const first = mask(length, 0.1, origin)
    const same = mask(length, 0.1, origin)
    expect(same.every((value, index) => value === first[index])).toBe(true)
    const shorter = mask(1_000, 0.1, origin)
    expect(shorter.every((value, index) => value === first[index])).toBe(true)
    const bound = 5 / Math.sqrt(length)
    for (const name of ['seedLow', 'seedHigh', 'step', 'part', 'site'] as const) {
      for (const other of [origin[name] + 1, origin[name] - 1, origin[name] + 4096]) {
        const second = mask(length, 0.1, { ...origin, [name]: other })
        expect(Math.abs(correlation(first, second, 0.1))).toBeLessThan(bound)
      }
    }
    // Step and site swapped are two places too.
    const swapped = mask(length, 0.1, { ...origin, step: origin.site, site: origin.step })
    expect(Math.abs(correlation(first, swapped, 0.1))).toBeLessThan(bound)
  })

  it('has no correlation of an element with a later one', () => {
    const values = mask(length, 0.1, origin)
    for (const distance of [1, 2, 4, 8, 16, 32, 64, 128, 768]) {
      const later = values.slice(distance)
      const bound = 5 / Math.sqrt(later.length)
      expect(Math.abs(correlation(later, values.slice(0, later.length), 0.1))).toBeLessThan(bound)
    }
  })
})
