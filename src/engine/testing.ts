import { gradients } from './gradient.ts'
import { compile } from './lowering.ts'
import { floats, integers, Session, type HostTensor } from './session.ts'
import { input, type Tensor } from './tensor.ts'
import { multiply } from './ops/multiply.ts'
import { sum } from './ops/sum.ts'

/** Values for a test: an array of numbers in f64 with its shape. */
export interface Values {
  readonly shape: readonly number[]
  readonly data: Float64Array
  /** Whole numbers, fed as int64 and not differentiated. */
  readonly integer?: boolean
  /** Not differentiated, as a mask. */
  readonly fixed?: boolean
}

/** A small deterministic generator (mulberry32): tests repeat exactly. */
export function randomSource(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

export function randomValues(random: () => number, shape: readonly number[], scale = 1, offset = 0): Values {
  const size = shape.reduce((total, dimension) => total * dimension, 1)
  const data = Float64Array.from({ length: size }, () => Math.fround((random() * 2 - 1) * scale + offset))
  return { shape, data }
}

export function randomIntegers(random: () => number, shape: readonly number[], below: number): Values {
  const size = shape.reduce((total, dimension) => total * dimension, 1)
  return {
    shape,
    data: Float64Array.from({ length: size }, () => Math.floor(random() * below)),
    integer: true,
  }
}

function hostTensor(values: Values): HostTensor {
  return values.integer
    ? integers(values.data, values.shape)
    : floats(Float32Array.from(values.data), values.shape)
}

function symbols(inputs: readonly Values[]): Tensor[] {
  return inputs.map((values, index) =>
    input(
      `input${index}`,
      values.shape,
      values.integer ? 'int64' : 'float32',
      !values.integer && !values.fixed,
    ),
  )
}

function feedsOf(inputs: readonly Values[]): Record<string, HostTensor> {
  return Object.fromEntries(inputs.map((values, index) => [`input${index}`, hostTensor(values)]))
}

/** Runs a program once and returns its outputs. */
export async function runOnce(
  outputs: Readonly<Record<string, Tensor>>,
  feeds: Readonly<Record<string, HostTensor>>,
): Promise<Record<string, HostTensor>> {
  const session = await Session.create(compile(outputs))
  try {
    return await session.run(feeds)
  } finally {
    await session.release()
  }
}

/** Runs an operation once and returns its output. */
export async function evaluate(
  operation: (...inputs: Tensor[]) => Tensor,
  inputs: readonly Values[],
): Promise<HostTensor> {
  return (await runOnce({ output: operation(...symbols(inputs)) }, feedsOf(inputs))).output!
}

function largestDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let largest = 0
  for (let index = 0; index < expected.length; index++) {
    const difference = Math.abs(actual[index]! - expected[index]!) / Math.max(1, Math.abs(expected[index]!))
    // NaN compares false with everything: it must not pass for a small difference.
    if (!(difference <= largest)) largest = difference
  }
  return actual.length === expected.length ? largest : Number.NaN
}

/**
 * Checks an operation against a plain reference in f64: its values, and its gradients against central differences of
 * the reference. Returns the largest relative differences of both.
 */
export async function checkOperation(
  operation: (...inputs: Tensor[]) => Tensor,
  reference: (...inputs: Float64Array[]) => ArrayLike<number>,
  inputs: readonly Values[],
): Promise<{ value: number; gradient: number }> {
  const tensors = symbols(inputs)
  const output = operation(...tensors)
  const weights = randomValues(randomSource(99), output.shape as number[])
  const weighted = multiply(output, input('weights', output.shape))
  const loss = sum(
    weighted,
    weighted.shape.map((_, axis) => axis),
  )
  const targets = tensors.filter((tensor) => tensor.requiresGradient)
  const names = targets.map((_, index) => `gradient${index}`)
  const symbolic = loss.requiresGradient ? gradients(loss, targets) : []
  const program = compile({
    output,
    ...Object.fromEntries(symbolic.map((tensor, index) => [names[index]!, tensor])),
  })
  const session = await Session.create(program)
  const results = await session.run({ ...feedsOf(inputs), weights: hostTensor(weights) })
  await session.release()

  const expected = reference(...inputs.map((values) => values.data))
  const value = largestDifference(results.output!.data as Float32Array, expected)
  let gradient = 0
  let target = 0
  const lossOf = (): number => {
    const values = reference(...inputs.map((item) => item.data))
    return weights.data.reduce((total, weight, index) => total + weight * values[index]!, 0)
  }
  for (const values of inputs) {
    if (values.integer || values.fixed || symbolic.length === 0) continue
    const numeric = values.data.map((original, index) => {
      const step = 1e-5
      values.data[index] = original + step
      const above = lossOf()
      values.data[index] = original - step
      const below = lossOf()
      values.data[index] = original
      return (above - below) / (2 * step)
    })
    const difference = largestDifference(results[names[target++]!]!.data as Float32Array, numeric)
    if (!(difference <= gradient)) gradient = difference
  }
  return { value, gradient }
}
