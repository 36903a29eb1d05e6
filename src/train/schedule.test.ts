import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { learningRate, type Schedule } from './schedule.ts'

const cases = JSON.parse(readFileSync(join(import.meta.dirname, 'fixtures/schedules.json'), 'utf8')) as (Omit<
  Schedule,
  'peak'
> & { factors: number[] })[]

describe.each(cases)('$kind over $totalSteps steps, $warmupSteps of warm-up', ({ factors, ...shape }) => {
  const schedule: Schedule = { ...shape, peak: 3e-4 }
  const { warmupSteps, totalSteps } = shape

  it('follows transformers after the warm-up', () => {
    for (let step = warmupSteps + 1; step <= totalSteps; step++) {
      expect(learningRate(schedule, step) / 3e-4).toBeCloseTo(factors[step - 1]!, 12)
    }
  })

  it('rises evenly during it, from above zero to the peak at the step after', () => {
    for (let step = 1; step <= warmupSteps; step++) {
      const rate = learningRate(schedule, step)
      expect(rate / 3e-4).toBeCloseTo(step / (warmupSteps + 1), 12)
      // Transformers is a share of one step behind: its own first step is wasted on a rate of zero.
      expect(rate / 3e-4 - factors[step - 1]!).toBeGreaterThan(0)
      expect(rate / 3e-4 - factors[step - 1]!).toBeLessThanOrEqual(1 / (warmupSteps + 1) + 1e-12)
    }
  })
})

it('does not rise again beyond the last step', () => {
  for (const kind of ['linear', 'cosine'] as const) {
    expect(learningRate({ kind, peak: 1, warmupSteps: 2, totalSteps: 9 }, 15)).toBeCloseTo(0, 12)
  }
})
