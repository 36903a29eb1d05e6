import { describe, expect, it } from 'vitest'
import { splitHeldBack } from './held-back.ts'
import { recipeSchema } from './schema.ts'

const recipe = (heldBack?: number, seed = 1) =>
  recipeSchema.parse({
    seed,
    output: 'out',
    data: { train: 'a.jsonl', validation: 'b.jsonl' },
    train: { maxSteps: 1 },
    ...(heldBack !== undefined && { minimumRisk: { maxSteps: 1, heldBack } }),
  })

const rows = (count: number) =>
  Array.from({ length: count }, (_, row) => ({ source: Int32Array.of(row), target: Int32Array.of(row) }))

describe('rows held back from training', () => {
  it('gives each row to one of the two stages, near the share that was asked for', () => {
    const examples = rows(4000)
    const { trained, judged } = splitHeldBack(examples, recipe(0.3))
    expect(new Set([...trained, ...judged])).toEqual(new Set(examples))
    expect(trained.length + judged.length).toBe(4000)
    // Four standard deviations of a binomial distribution.
    expect(Math.abs(judged.length - 1200)).toBeLessThan(4 * Math.sqrt(4000 * 0.3 * 0.7))
  })

  it('keeps their order, and divides them in the same way again, by the seed', () => {
    const examples = rows(400)
    const first = splitHeldBack(examples, recipe(0.5))
    const order = first.judged.map(({ source }) => source[0]!)
    expect(order).toEqual(order.toSorted((a, b) => a - b))
    expect(splitHeldBack(rows(400), recipe(0.5))).toEqual(first)
    expect(splitHeldBack(examples, recipe(0.5, 2)).judged).not.toEqual(first.judged)
  })

  it('gives both stages all rows where none are held back', () => {
    const examples = rows(5)
    for (const whole of [recipe(), recipe(0)])
      expect(splitHeldBack(examples, whole)).toEqual({ trained: examples, judged: examples })
  })

  it('refuses to leave a stage without rows', () => {
    expect(() => splitHeldBack(rows(1), recipe(0.5))).toThrow(/minimumRisk\.heldBack 0\.5/)
  })
})
