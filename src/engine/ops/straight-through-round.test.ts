import { describe, expect, it } from 'vitest'
import { gradients } from '../gradient.ts'
import { evaluate, randomSource, randomValues } from '../testing.ts'
import { multiply } from './multiply.ts'
import { straightThroughRound } from './straight-through-round.ts'
import { sum } from './sum.ts'

describe('straightThroughRound', () => {
  it('rounds half to the even number', async () => {
    const x = { shape: [9], data: Float64Array.of(-2.5, -1.5, -0.4, 0.5, 0.6, 1.5, 2.5, 3.49, 1e20) }
    const y = await evaluate((x) => straightThroughRound(x!), [x])
    expect([...(y.data as Float32Array)]).toEqual([-2, -2, -0, 0, 1, 2, 2, 3, Math.fround(1e20)])
  })

  it('passes the gradient on unchanged', async () => {
    const random = randomSource(43)
    const [x, weights] = [randomValues(random, [2, 3], 5), randomValues(random, [2, 3])]
    const slope = await evaluate(
      (x, w) => gradients(sum(multiply(straightThroughRound(x!), w!), [0, 1]), [x!])[0]!,
      [x, weights],
    )
    expect([...(slope.data as Float32Array)]).toEqual([...weights.data])
  })
})
