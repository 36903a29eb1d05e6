import { expect } from 'vitest'
import { elementCount } from '../../engine/dimension.ts'
import { HostMemory } from '../../engine/memory.ts'
import { randomSource } from '../../engine/testing.ts'
import { dynamicMagnitudes, signedValues } from './dynamic-code.ts'
import type { OptimizedParameter, Optimizer } from './optimizer.ts'

/** A parameter as training sets it up. */
export function parameterOf(
  optimizer: Optimizer,
  shape: readonly number[],
  start: ArrayLike<number>,
  changes: Partial<OptimizedParameter> = {},
): OptimizedParameter {
  const length = elementCount(shape)
  const sizes = Object.entries(optimizer.state(shape))
  const [weights, gradient, ...kept] = new HostMemory().allocate([
    length,
    length,
    ...sizes.map(([, size]) => size),
  ])
  weights!.data.set(start)
  return {
    name: `parameter of ${shape.join()}`,
    shape,
    weights: weights!,
    gradient: gradient!,
    state: Object.fromEntries(sizes.map(([name], index) => [name, kept[index]!])),
    decays: true,
    rateFactor: 1,
    ...changes,
  }
}

/** The largest difference relative to what is expected, where that is above 1. */
export function largestRelativeDifference(actual: Float32Array, wanted: readonly number[]): number {
  expect(actual).toHaveLength(wanted.length)
  return Math.max(
    ...wanted.map((value, index) => Math.abs(actual[index]! - value) / Math.max(1, Math.abs(value))),
  )
}

/** Elements of eight-bit state that share a scale. */
export const blockSize = 256

/** The bytes of an array of the state. */
export function stateBytes({ state }: OptimizedParameter, name: string): Uint8Array {
  const { data } = state[name]!
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
}

/** What eight-bit state stands for. */
export function codedMoment(parameter: OptimizedParameter, name: 'mean' | 'square'): Float64Array {
  const values = name === 'mean' ? signedValues(dynamicMagnitudes(1)) : dynamicMagnitudes(2)
  const scales = parameter.state[`${name}Scales`]!.data
  return Float64Array.from(
    stateBytes(parameter, name).subarray(0, parameter.weights.data.length),
    (byte, index) => values[byte]! * scales[Math.floor(index / blockSize)]!,
  )
}

/** Takes one step of an optimizer for each of the gradients. */
export function takeSteps(
  optimizer: Optimizer,
  parameter: OptimizedParameter,
  gradients: readonly ArrayLike<number>[],
  learningRate = 0.01,
): void {
  gradients.forEach((gradient, index) => {
    parameter.gradient.data.set(gradient)
    optimizer.update([parameter], { step: index + 1, learningRate, gradientFactor: 1 })
  })
}

/** Normal numbers by Box and Muller. */
export function normal(length: number, seed: number, deviation = 1): Float32Array {
  const random = randomSource(seed)
  return Float32Array.from(
    { length },
    () => deviation * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()),
  )
}
