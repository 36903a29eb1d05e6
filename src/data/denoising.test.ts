import { describe, expect, it } from 'vitest'
import { randomStream } from '../random.ts'
import { addNoise, hideForInfilling, infillingLength } from './denoising.ts'

const mask = 4
const options = { maskToken: mask, maskRatio: 0.3, meanSpanLength: 3, separators: new Set<number>(), kept: 1 }
const tokens = Int32Array.from({ length: 200 }, (_, index) => (index === 199 ? 2 : 10 + index))

describe('addNoise', () => {
  it('hides the share it is told to, one mask a span, and keeps what is left in order', () => {
    let hidden = 0
    let masks = 0
    for (let stream = 0; stream < 200; stream++) {
      const noisy = [...addNoise(tokens, options, randomStream(1, stream))]
      const rest = noisy.filter((token) => token !== mask)
      expect(rest).toEqual([...rest].sort((a, b) => (a === 2 ? 1 : b === 2 ? -1 : a - b)))
      expect(noisy.at(-1)).toBe(2)
      hidden += tokens.length - rest.length
      masks += noisy.length - rest.length
    }
    expect(hidden / 200 / 199).toBeCloseTo(0.3, 2)
    // Spans of length 0 are masks too, so a mask hides a little less than the mean.
    expect(hidden / masks).toBeGreaterThan(2)
    expect(hidden / masks).toBeLessThan(3.3)
  })

  it('shuffles turns whole', () => {
    const separators = new Set([9])
    const turns = Int32Array.of(11, 12, 9, 21, 9, 31, 32, 33, 9, 41, 2)
    const orders = new Set<string>()
    for (let stream = 0; stream < 50; stream++) {
      const noisy = [...addNoise(turns, { ...options, maskRatio: 0, separators }, randomStream(2, stream))]
      expect([...noisy].sort()).toEqual([...turns].sort())
      expect(noisy.join()).toMatch(/11,12,9/)
      expect(noisy.join()).toMatch(/31,32,33,9/)
      orders.add(noisy.join())
    }
    expect(orders.size).toBeGreaterThan(10)
  })

  it('is a function of its random numbers', () => {
    expect(addNoise(tokens, options, randomStream(3, 5))).toEqual(
      addNoise(tokens, options, randomStream(3, 5)),
    )
  })

  it('leaves a text of its kept tokens alone', () => {
    expect([...addNoise(Int32Array.of(2), options, randomStream(1, 1))]).toEqual([2])
  })
})

describe('hideForInfilling', () => {
  it('takes a text apart so that both halves give it back, span by span', () => {
    for (let stream = 0; stream < 100; stream++) {
      const { source, target } = hideForInfilling(tokens, options, randomStream(1, stream))
      const spans: number[][] = []
      for (const token of target.subarray(0, -1)) {
        if (token === mask) spans.push([])
        else spans.at(-1)!.push(token)
      }
      const restored = [...source].flatMap((token) => (token === mask ? spans.shift()! : [token]))
      expect(spans).toEqual([])
      expect(restored).toEqual([...tokens])
      expect([source.at(-1), target.at(-1)]).toEqual([2, 2])
    }
  })

  it('hides the share it is told to, and no span of nothing', () => {
    let hidden = 0
    let planned = 0
    let written = 0
    for (let stream = 0; stream < 200; stream++) {
      const { source, target } = hideForInfilling(tokens, options, randomStream(2, stream))
      const masks = source.filter((token) => token === mask).length
      hidden += tokens.length - (source.length - masks)
      // Spans may touch, so a mask can follow a mask; but none comes last, nor twice without a token between in the target.
      expect([...target].join()).not.toMatch(new RegExp(`(^|,)${mask},(${mask},|2$)`))
      planned += infillingLength(tokens.length, options)
      written += target.length
    }
    expect(hidden / 200 / 199).toBeCloseTo(0.3, 2)
    expect(written / planned).toBeGreaterThan(0.9)
    expect(written / planned).toBeLessThan(1.1)
  })

  it('hides nothing of a text of its kept tokens', () => {
    const { source, target } = hideForInfilling(Int32Array.of(2), options, randomStream(1, 1))
    expect([[...source], [...target]]).toEqual([[2], [2]])
  })
})
