import { describe, expect, it } from 'vitest'
import type { RopeScaling } from './rotary-scaling.ts'
import { rotaryFrequencies, rotaryTables } from './rotary.ts'

const plain = rotaryFrequencies({ width: 64, theta: 10_000 })

describe('rotary frequencies', () => {
  it('fall in a geometric series from 1 towards 1 / theta', () => {
    expect(plain[0]).toBe(1)
    for (let index = 1; index < plain.length; index++) {
      expect(plain[index]! / plain[index - 1]!).toBeCloseTo(10_000 ** (-2 / 64), 12)
    }
  })

  it('are all slowed down by linear scaling', () => {
    const scaled = rotaryFrequencies({
      width: 64,
      theta: 10_000,
      scaling: { rope_type: 'linear', factor: 4 },
    })
    scaled.forEach((value, index) => expect(value).toBeCloseTo(plain[index]! / 4, 14))
  })

  it('keep short waves and slow long ones down as in Llama 3.1, without a jump between', () => {
    const scaling: RopeScaling = {
      rope_type: 'llama3',
      factor: 8,
      low_freq_factor: 1,
      high_freq_factor: 4,
      original_max_position_embeddings: 8192,
    }
    const scaled = rotaryFrequencies({ width: 128, theta: 500_000, scaling })
    const base = rotaryFrequencies({ width: 128, theta: 500_000 })
    const ratios = Array.from(scaled, (value, index) => value / base[index]!)
    expect(ratios[0]).toBe(1)
    expect(ratios.at(-1)).toBeCloseTo(1 / 8, 12)
    for (let index = 1; index < ratios.length; index++)
      expect(ratios[index]).toBeLessThanOrEqual(ratios[index - 1]!)
    // Waves of a quarter of the old context and shorter are kept, those longer than all of it fully stretched.
    const waves = Array.from(base, (frequency, index) => ({ length: (2 * Math.PI) / frequency, index }))
    for (const { index } of waves.filter(({ length }) => length < 8192 / 4)) expect(ratios[index]).toBe(1)
    for (const { index } of waves.filter(({ length }) => length > 8192))
      expect(ratios[index]).toBeCloseTo(1 / 8, 12)
  })

  it('need an even width', () => {
    expect(() => rotaryFrequencies({ width: 5, theta: 10_000 })).toThrow(/even width, given 5/)
  })
})

it('rotary tables hold the cosine and sine of position times frequency', () => {
  const { cosines, sines } = rotaryTables(9, { width: 8, theta: 100 })
  const frequencies = rotaryFrequencies({ width: 8, theta: 100 })
  expect([cosines.shape, sines.shape]).toEqual([
    [9, 4],
    [9, 4],
  ])
  const values = [cosines, sines].map(({ origin }) => (origin.kind === 'constant' ? origin.data : []))
  for (let position = 0; position < 9; position++) {
    frequencies.forEach((frequency, index) => {
      expect(values[0]![position * 4 + index]).toBeCloseTo(Math.cos(position * frequency), 6)
      expect(values[1]![position * 4 + index]).toBeCloseTo(Math.sin(position * frequency), 6)
    })
  }
})
