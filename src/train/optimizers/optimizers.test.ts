import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { adafactor } from './adafactor.ts'
import { adamw8Bit } from './adamw-8-bit.ts'
import { adamw } from './adamw.ts'
import { lion } from './lion.ts'
import { lookahead } from './lookahead.ts'
import { clippingFactor, type OptimizedParameter, type Optimizer } from './optimizer.ts'
import { radam } from './radam.ts'
import { sgd } from './sgd.ts'
import { largestRelativeDifference, parameterOf } from './testing.ts'

interface Expected {
  readonly shapes: number[][]
  readonly start: number[][]
  /** By step, then by parameter. */
  readonly gradients: number[][][]
  readonly weights: Readonly<Record<string, number[][][]>>
}

const expected = JSON.parse(
  readFileSync(join(import.meta.dirname, 'fixtures/optimizers.json'), 'utf8'),
) as Expected

const moments = { beta1: 0.9, beta2: 0.95, epsilon: 1e-6, weightDecay: 0.1 }

const cases: [string, Optimizer, number][] = [
  ['adamw-8bit', adamw8Bit(moments), 0.02],
  ['sgd', sgd({ momentum: 0.9, weightDecay: 0 }), 0.05],
  ['sgd-nesterov', sgd({ momentum: 0.8, nesterov: true, weightDecay: 0 }), 0.05],
  ['radam', radam(moments), 0.02],
  ['lion', lion({ beta1: 0.9, beta2: 0.99, weightDecay: 0.1 }), 0.01],
  ['ranger', lookahead(radam(moments), { every: 6, share: 0.5 }), 0.02],
  ['adafactor', adafactor({ weightDecay: 0.1 }), 0.02],
  ['adafactor-scaled', adafactor({ weightDecay: 0.1, scaleByParameter: true }), 0.02],
]

describe.each(cases)('%s', (name, optimizer, learningRate) => {
  it.each([1, 0.25])('is as the reference after every step, with gradients to be scaled by %d', (factor) => {
    const parameters = expected.shapes.map((shape, index) =>
      parameterOf(optimizer, shape, expected.start[index]!),
    )
    expected.gradients.forEach((gradients, index) => {
      gradients.forEach((values, place) =>
        parameters[place]!.gradient.data.set(values.map((value) => value / factor)),
      )
      optimizer.update(parameters, { step: index + 1, learningRate, gradientFactor: factor })
      parameters.forEach(({ weights }, place) =>
        expect(largestRelativeDifference(weights.data, expected.weights[name]![index]![place]!)).toBeLessThan(
          2e-6,
        ),
      )
    })
  })

  it('takes a smaller rate and no decay where a parameter says so', () => {
    const [shape, start] = [expected.shapes[0]!, expected.start[0]!]
    const move = (rate: number, changes: Partial<OptimizedParameter>) => {
      const parameter = parameterOf(optimizer, shape, start, changes)
      parameter.gradient.data.set(expected.gradients[0]![0]!)
      optimizer.update([parameter], { step: 1, learningRate: rate, gradientFactor: 1 })
      return [...parameter.weights.data]
    }
    expect(move(learningRate, { rateFactor: 0.5 })).toEqual(move(learningRate / 2, {}))
    expect(move(learningRate, { rateFactor: 0 })).toEqual([...Float32Array.from(start)])
    const still = parameterOf(optimizer, shape, start, { decays: false })
    optimizer.update([still], { step: 1, learningRate, gradientFactor: 1 })
    expect([...still.weights.data]).toEqual([...Float32Array.from(start)])
  })
})

describe('adafactor', () => {
  it('takes a parameter of more axes as many matrices', () => {
    const optimizer = adafactor({ weightDecay: 0 })
    const [rows, columns] = expected.shapes[0]!
    const size = rows! * columns!
    const single = parameterOf(optimizer, [rows!, columns!], expected.start[0]!)
    const several = parameterOf(optimizer, [3, rows!, columns!], new Float32Array(3 * size))
    for (let copy = 0; copy < 3; copy++) several.weights.data.set(expected.start[0]!, copy * size)
    for (const parameter of [single, several]) {
      expected.gradients.slice(0, 4).forEach(([values], index) => {
        for (let at = 0; at < parameter.gradient.data.length; at += size)
          parameter.gradient.data.set(values!, at)
        optimizer.update([parameter], { step: index + 1, learningRate: 0.02, gradientFactor: 1 })
      })
    }
    for (let copy = 0; copy < 3; copy++) {
      const part = several.weights.data.subarray(copy * size, (copy + 1) * size)
      expect(largestRelativeDifference(part, [...single.weights.data])).toBeLessThan(1e-6)
    }
  })

  it('keeps far less than the weights', () => {
    const kept = Object.values(adafactor({ weightDecay: 0 }).state([500, 400])).reduce((a, b) => a + b)
    expect(kept).toBeLessThan(2_000)
  })
})

describe('every optimizer', () => {
  it.each([
    ['adamw', adamw({ ...moments, weightDecay: 0 }), 0.1],
    ['adamw-8bit', adamw8Bit({ ...moments, weightDecay: 0, minimumSize: 0 }), 0.1],
    ['radam', radam({ ...moments, weightDecay: 0 }), 0.1],
    ['lion', lion({ beta1: 0.9, beta2: 0.99, weightDecay: 0 }), 0.02],
    ['sgd', sgd({ momentum: 0.9, weightDecay: 0 }), 0.02],
    ['adafactor', adafactor({ weightDecay: 0 }), 0.1],
    ['lookahead', lookahead(adamw({ ...moments, weightDecay: 0 }), { every: 5, share: 0.5 }), 0.1],
  ] as const)('%s finds the bottom of a bowl', (_, optimizer, rate) => {
    const goal = Float32Array.from({ length: 35 }, (__, index) => Math.sin(index))
    const parameter = parameterOf(optimizer, [5, 7], new Float32Array(35))
    const steps = 300
    for (let step = 1; step <= steps; step++) {
      parameter.weights.data.forEach((weight, index) => {
        parameter.gradient.data[index] = weight - goal[index]!
      })
      const learningRate = rate * (1 - step / (steps + 1))
      optimizer.update([parameter], { step, learningRate, gradientFactor: clippingFactor(1, 1) })
    }
    expect(largestRelativeDifference(parameter.weights.data, [...goal])).toBeLessThan(0.02)
  })
})
