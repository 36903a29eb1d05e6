import { describe, expect, it } from 'vitest'
import { elementCount } from '../engine/dimension.ts'
import { nativeHindrance } from '../engine/native-testing.ts'
import { profileModel, stepGraph } from './inspect-step.ts'
import { tinyBart, tinyLlama } from './testing.ts'

const hindrance = await nativeHindrance()

const sizes = { batch: 3, source: 7, target: 5 }

describe('the graph of a training step', () => {
  it('multiplies each row of a batch once with every matrix, and queries with keys', () => {
    const model = tinyLlama()
    const { heads, headWidth, layers, tieEmbeddings } = model.configuration as unknown as {
      heads: number
      headWidth: number
      layers: number
      tieEmbeddings: boolean
    }
    const matrices = model.specifications.filter(
      ({ name, shape }) => shape.length === 2 && (tieEmbeddings || !name.includes('embed_tokens')),
    )
    const weights = matrices.reduce((total, { shape }) => total + elementCount(shape), 0)
    const attention = layers * heads * sizes.target ** 2 * headWidth * 2
    const { operations } = stepGraph(model, sizes)
    const forward = operations.filter(({ backward }) => !backward)
    const counted = forward.reduce((total, row) => total + row.multiplications, 0)
    expect(counted).toBe(sizes.batch * (sizes.target * weights + attention))
  })

  it('takes no memory for the weights', () => {
    const model = tinyBart()
    Object.defineProperty(model, 'parameters', {
      get: () => {
        throw new Error('the weights were asked for')
      },
    })
    expect(stepGraph(model, sizes).totals.operations).toBeGreaterThan(100)
  })

  it('refuses rows that the model cannot read', () => {
    expect(() => stepGraph(tinyLlama(), { ...sizes, target: 100_000 })).toThrow(/100000 tokens/)
  })
})

describe('the profile of a training step', () => {
  it.each([
    ['decoder', tinyLlama, 'float32'],
    ['encoder–decoder', tinyBart, 'float32'],
    ...(hindrance === undefined ? [['decoder, products in bfloat16,', tinyLlama, 'bfloat16'] as const] : []),
  ] as const)(
    'tells every millisecond of a %s once by operation and once by line',
    async (_kind, make, products) => {
      const profile = await profileModel(make(), sizes, 3, products)
      const total = (entries: typeof profile.byLine) =>
        entries.reduce((sum, { milliseconds }) => sum + milliseconds, 0)
      expect(total(profile.byOperation)).toBeCloseTo(profile.program, 6)
      expect(total(profile.byLine)).toBeCloseTo(profile.program, 6)
      expect(profile.program).toBeGreaterThan(0)
      expect(profile.program + profile.runtime).toBeLessThan(profile.step)
      expect(profile.byOperation.map(({ name }) => name)).toContain('matmul, backward')
    },
  )
})
