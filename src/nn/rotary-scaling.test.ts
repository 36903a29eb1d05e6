import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { rotary } from '../engine/ops/rotary.ts'
import { input } from '../engine/tensor.ts'
import { partialRotaryWidth, rotaryFrequencies, rotaryTables } from './rotary.ts'
import { ropeFrequencies, type RopeScaling } from './rotary-scaling.ts'
import { run } from './testing.ts'

interface Fixture {
  readonly frequencies: readonly {
    readonly scaling: RopeScaling
    readonly base: { readonly theta: number; readonly maxPositions: number; readonly length: number | null }
    readonly headWidth: number
    readonly share: number
    readonly frequencies: readonly number[]
    readonly attentionFactor: number
  }[]
  readonly positions: readonly number[]
  readonly rotations: readonly {
    readonly name: string
    readonly turned: number
    readonly interleaved: boolean
    readonly values: readonly number[]
  }[]
}

const fixture = JSON.parse(
  readFileSync(new URL('fixtures/positions.json', import.meta.url), 'utf8'),
) as Fixture

describe('rope_scaling', () => {
  it.each(fixture.frequencies)('is what transformers makes of $scaling, $base, $share', (given) => {
    const { length, ...base } = given.base
    const width = partialRotaryWidth(given.headWidth, given.share)
    const found = ropeFrequencies({ ...base, width, ...(length !== null && { length }) }, given.scaling)
    expect(found.frequencies.length).toBe(given.frequencies.length)
    found.frequencies.forEach((value, index) => {
      // The reference raises the base to a power in f32.
      expect(Math.abs(value / given.frequencies[index]! - 1)).toBeLessThan(2e-6)
    })
    expect(found.attentionFactor).toBeCloseTo(given.attentionFactor, 12)
  })

  const base = { width: 64, theta: 10_000 }
  const yarn: RopeScaling = { rope_type: 'yarn', factor: 8, original_max_position_embeddings: 512 }
  const longRope: RopeScaling = {
    rope_type: 'longrope',
    short_factor: [1, 2, 3],
    long_factor: [4, 5, 6],
    original_max_position_embeddings: 16,
  }

  it('leaves every frequency alone for dynamic scaling within the context of the training', () => {
    const scaling: RopeScaling = { rope_type: 'dynamic', factor: 4 }
    const plain = rotaryFrequencies(base)
    for (const length of [undefined, 1, 1024]) {
      expect(ropeFrequencies({ ...base, maxPositions: 1024, length }, scaling).frequencies).toEqual(plain)
    }
    const longer = ropeFrequencies({ ...base, maxPositions: 1024, length: 1025 }, scaling).frequencies
    expect(longer[0]).toBe(1)
    expect(longer[31]).toBeLessThan(plain[31]!)
  })

  it('keeps short waves and stretches long ones by the factor under yarn', () => {
    const plain = rotaryFrequencies(base)
    const { frequencies, attentionFactor } = ropeFrequencies(base, yarn)
    const ratios = Array.from(frequencies, (value, index) => value / plain[index]!)
    expect(ratios[0]).toBe(1)
    expect(ratios.at(-1)).toBeCloseTo(1 / 8, 12)
    for (let index = 1; index < ratios.length; index++)
      expect(ratios[index]).toBeLessThanOrEqual(ratios[index - 1]!)
    expect(attentionFactor).toBeCloseTo(0.1 * Math.log(8) + 1, 12)
  })

  it('says which size is missing and which kinds there are', () => {
    expect(() => ropeFrequencies(base, { rope_type: 'dynamic', factor: 2 })).toThrow(
      /dynamic rotary scaling needs the model's max_position_embeddings/,
    )
    expect(() => ropeFrequencies(base, { rope_type: 'yarn', factor: 2 })).toThrow(/yarn.*max_position/)
    expect(() => ropeFrequencies(base, { rope_type: 'proportional' } as unknown as RopeScaling)).toThrow(
      /rope_type 'proportional' is not known/,
    )
    expect(() => ropeFrequencies({ ...base, maxPositions: 64 }, longRope)).toThrow(/3 factors.*32 pairs/)
    expect(() => ropeFrequencies({ ...base, width: 6 }, longRope)).toThrow(/longrope.*max_position/)
    expect(() => ropeFrequencies({ width: 7, theta: 100 }, yarn)).toThrow(/even width, given 7/)
  })

  it('puts the attention factor into the tables', () => {
    const scaled = rotaryTables(4, { ...base, scaling: yarn })
    const first = scaled.cosines.origin.kind === 'constant' ? scaled.cosines.origin.data[0] : undefined
    expect(first).toBeCloseTo(0.1 * Math.log(8) + 1, 6)
  })
})

describe('rotary embeddings', () => {
  const shape = [2, 2, 3, 8]
  const given = fixture.rotations.find(({ name }) => name === 'x')!.values

  it.each(fixture.rotations.filter(({ name }) => name !== 'x'))(
    'turn $turned of 8 numbers of a head as $name does',
    async ({ turned, interleaved, values }) => {
      const { cosines, sines } = rotaryTables(8, { width: turned, theta: 10_000 })
      const x = input('x', shape)
      const positions = input('positions', [2, 3], 'int64')
      const { y } = await run(
        { y: rotary(x, positions, cosines, sines, { interleaved }) },
        {
          x: { data: Float32Array.from(given), shape },
          positions: { data: fixture.positions, shape: [2, 3] },
        },
      )
      ;[...y!.data].forEach((value, index) =>
        expect(Math.abs(Number(value) - values[index]!)).toBeLessThan(1e-6),
      )
    },
  )
})
