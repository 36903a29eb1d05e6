import { mkdtemp, rm } from 'node:fs/promises'
import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkpointFolder, readCheckpoint, writeCheckpoint, type TrainingState } from '../checkpoint.ts'
import { sequenceToSequence } from '../objectives/sequence-to-sequence.ts'
import { randomExamples, stepOptions, tinyBart } from '../testing.ts'
import { TrainingStep } from '../training-step.ts'
import { adamw8Bit } from './adamw-8-bit.ts'
import { adamw } from './adamw.ts'
import type { OptimizedParameter, Optimizer } from './optimizer.ts'
import { blockSize, codedMoment, normal, parameterOf, stateBytes, takeSteps } from './testing.ts'

const moments = { beta1: 0.9, beta2: 0.95, epsilon: 1e-6, weightDecay: 0.1 }
const plain = { ...moments, weightDecay: 0 }

interface Reference {
  readonly start: string
  readonly steps: readonly Record<
    'gradient' | 'weights' | 'mean' | 'square' | 'meanScales' | 'squareScales',
    string
  >[]
}

const reference = JSON.parse(
  readFileSync(join(import.meta.dirname, 'fixtures/adamw-8-bit.json'), 'utf8'),
) as Reference

const decoded = (text: string) => Uint8Array.from(Buffer.from(text, 'base64'))
const floats = (text: string) => new Float32Array(decoded(text).buffer)

describe('beside bitsandbytes', () => {
  const optimizer = adamw8Bit({ ...moments, minimumSize: 0 })
  const start = floats(reference.start)
  const set = (parameter: OptimizedParameter, step: Reference['steps'][number]) => {
    parameter.weights.data.set(floats(step.weights))
    // Its signed codes are in the order of their values, with zero as 127.
    stateBytes(parameter, 'mean').set(decoded(step.mean).map((code) => code - 127))
    stateBytes(parameter, 'square').set(decoded(step.square))
    for (const name of ['meanScales', 'squareScales'] as const)
      parameter.state[name]!.data.set(floats(step[name]))
  }

  it.each([1, 0.25])(
    'takes each step from where it was as it does, gradients to be scaled by %d',
    (factor) => {
      const parameter = parameterOf(optimizer, [start.length], start)
      let otherwise = 0
      reference.steps.forEach((step, index) => {
        if (index > 0) set(parameter, reference.steps[index - 1]!)
        const gradient = floats(step.gradient)
        parameter.gradient.data.set(gradient.map((value) => value / factor))
        const before = codedMoment(parameter, 'square')
        optimizer.update([parameter], { step: index + 1, learningRate: 0.02, gradientFactor: factor })
        floats(step.weights).forEach((weight, place) =>
          expect(Math.abs(parameter.weights.data[place]! - weight)).toBeLessThan(1e-6),
        )
        for (const name of ['meanScales', 'squareScales'] as const) {
          floats(step[name]).forEach((scale, block) =>
            expect(Math.abs(parameter.state[name]!.data[block]! / scale - 1)).toBeLessThan(1e-6),
          )
        }
        // The last bits of values and moments differ, so that a share on the border of two codes may fall to either.
        const wanted = {
          mean: decoded(step.mean).map((code) => code - 127),
          square: decoded(step.square).map((code, place) =>
            code === 0 && (before[place]! > 0 || gradient[place] !== 0) ? 1 : code,
          ),
        }
        for (const name of ['mean', 'square'] as const) {
          const codes = stateBytes(parameter, name)
          wanted[name].forEach((code, place) => {
            const apart = Math.abs(((codes[place]! - code + 128) & 0xff) - 128)
            expect(apart).toBeLessThanOrEqual(1)
            otherwise += apart
          })
        }
      })
      expect(otherwise).toBeLessThanOrEqual(3)
    },
  )

  it('ends where it does, but near AdamW where it rounds squares to zero', () => {
    const gradients = reference.steps.map(({ gradient }) => floats(gradient))
    const end = (by: Optimizer) => {
      const parameter = parameterOf(by, [start.length], start)
      takeSteps(by, parameter, gradients, 0.02)
      return parameter.weights.data
    }
    const [coded, exact, theirs] = [
      end(optimizer),
      end(adamw(moments)),
      floats(reference.steps.at(-1)!.weights),
    ]
    const apart = (a: Float32Array, b: Float32Array, from: number, to: number) =>
      Math.max(...a.subarray(from, to).map((value, place) => Math.abs(value - b[from + place]!)))
    expect(apart(coded, theirs, 0, blockSize)).toBeLessThan(1e-6)
    expect(apart(coded, exact, 0, blockSize)).toBeLessThan(0.01)
    // Where gradients of all sizes share a block, or one outlier has passed, their weights leap by over fifty learning rates.
    expect(apart(theirs, exact, blockSize, start.length)).toBeGreaterThan(50 * 0.02)
    expect(apart(coded, exact, blockSize, start.length)).toBeLessThan(10 * 0.02)
  })
})

describe('the state', () => {
  it('takes a good quarter of the memory of float32, and float32 where that is little', () => {
    const size = (optimizer: Optimizer, shape: readonly number[]) =>
      Object.values(optimizer.state(shape)).reduce((total, length) => total + length, 0)
    const share = (shape: readonly number[]) => size(adamw8Bit(plain), shape) / size(adamw(plain), shape)
    expect(share([4096, 4096])).toBeLessThan(0.255)
    expect(share([1024, 1024])).toBeLessThan(0.256)
    expect(share([512, 512])).toBeLessThan(0.27)
    expect(share([64, 64])).toBeLessThan(0.6)
    expect(adamw8Bit(plain).state([63, 65])).toEqual(adamw(plain).state([63, 65]))
  })

  it('stays zero where gradients are, and so do the weights’ steps', () => {
    const optimizer = adamw8Bit(plain)
    const start = normal(8192, 1)
    const gradients = [7, 8, 9].map((seed) =>
      normal(8192, seed).map((value, index) => (index < 4096 || index % 3 === 0 ? 0 : value)),
    )
    const parameter = parameterOf(optimizer, [8192], start)
    takeSteps(optimizer, parameter, gradients)
    const still = (index: number) => index < 4096 || index % 3 === 0
    start.forEach((weight, index) => {
      expect(stateBytes(parameter, 'square')[index] === 0).toBe(still(index))
      expect(parameter.weights.data[index] === weight).toBe(still(index))
      expect(still(index) && stateBytes(parameter, 'mean')[index] !== 0).toBe(false)
    })
    expect(new Set(parameter.state.meanScales!.data.subarray(0, 16))).toEqual(new Set([0]))
    expect(new Set(parameter.state.squareScales!.data.subarray(0, 16))).toEqual(new Set([0]))
  })

  it('has an outlier in its own block alone', () => {
    const optimizer = adamw8Bit(plain)
    const run = (outlier: boolean) => {
      const parameter = parameterOf(optimizer, [8192], normal(8192, 1))
      const gradients = [2, 3, 4, 5].map((seed) => normal(8192, seed, 0.01))
      if (outlier) gradients[1]![5 * blockSize + 17] = 1e6
      takeSteps(optimizer, parameter, gradients)
      return parameter
    }
    const [with_, without] = [run(true), run(false)]
    const same = (a: Uint8Array | Float32Array, b: Uint8Array | Float32Array, from: number, to: number) =>
      a.subarray(from, to).every((value, index) => value === b[from + index])
    for (let block = 0; block < 32; block++) {
      const [from, to] = [block * blockSize, (block + 1) * blockSize]
      expect(same(with_.weights.data, without.weights.data, from, to)).toBe(block !== 5)
      for (const name of ['mean', 'square'])
        expect(same(stateBytes(with_, name), stateBytes(without, name), from, to)).toBe(block !== 5)
    }
  })

  it.each([4097, 4100, 4225, 4352])(
    'is that of %d elements as if zeros followed them, and leaves padding zero',
    (length) => {
      const optimizer = adamw8Bit(moments)
      const run = (size: number) => {
        const parameter = parameterOf(optimizer, [size], normal(length, 1))
        takeSteps(
          optimizer,
          parameter,
          [2, 3, 4].map((seed) => normal(length, seed)),
        )
        return parameter
      }
      const [exact, longer] = [run(length), run(5 * 4096)]
      expect(exact.weights.data).toEqual(longer.weights.data.slice(0, length))
      for (const name of ['mean', 'square'] as const) {
        expect(codedMoment(exact, name)).toEqual(codedMoment(longer, name).slice(0, length))
        const { pointer, paddedLength, data } = exact.state[name]!
        expect(
          new Uint8Array(data.buffer, pointer + length, paddedLength * 4 - length).every(
            (byte) => byte === 0,
          ),
        ).toBe(true)
      }
      const { pointer, paddedLength, data } = exact.weights
      expect(
        new Float32Array(data.buffer, pointer, paddedLength).slice(length).every((weight) => weight === 0),
      ).toBe(true)
    },
  )
})

describe('a weight whose gradient was small beside its block’s and then is none', () => {
  it('does not leap when its square would be rounded to zero', () => {
    const parameter = parameterOf(adamw8Bit(plain), [4096], new Float32Array(4096))
    const learningRate = 0.01
    let last = 0
    for (let step = 1; step <= 10; step++) {
      parameter.gradient.data.fill(1)
      parameter.gradient.data[100] = step === 1 ? 1e-5 : 0
      adamw8Bit(plain).update([parameter], { step, learningRate, gradientFactor: 1 })
      const now = parameter.weights.data[100]!
      expect(Math.abs(now - last)).toBeLessThan(1.01 * learningRate)
      last = now
    }
  })
})

describe('training', () => {
  let scratch: string
  beforeAll(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'yuksu-adamw-8-bit-'))
  })
  afterAll(() => rm(scratch, { recursive: true }))

  // Matrices of more than 4,096 elements, a number that fills neither blocks nor the kernels' steps, among smaller parameters.
  const model = () =>
    tinyBart({ width: 66, encoderFeedForwardWidth: 67, decoderFeedForwardWidth: 67, vocabularySize: 70 })
  const settings = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01 }
  const stepOf = (trained: ReturnType<typeof model>, optimizer: Optimizer) =>
    new TrainingStep(trained, sequenceToSequence, { ...stepOptions, optimizer })
  const allBytes = (parameters: readonly OptimizedParameter[]) =>
    parameters.map((parameter) => {
      const arrays = { weights: parameter.weights, ...parameter.state }
      return Object.entries(arrays).map(([name, { data }]) => [
        name,
        Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64'),
      ])
    })

  const stateAt = (step: number): TrainingState => ({
    step,
    epoch: 0,
    stepInEpoch: step,
    totalSteps: 4,
    seconds: 0,
    best: null,
    evaluationsSinceBest: 0,
    evaluationDue: false,
  })

  it('that is resumed from a checkpoint ends with the bits of one that never stopped', async () => {
    const run = (trained: TrainingStep, step: number) => trained.run([randomExamples(6, step)], step, 0.01)
    const first = model()
    const whole = stepOf(first, adamw8Bit(settings))
    for (const step of [1, 2]) await run(whole, step)
    await writeCheckpoint(scratch, stateAt(2), first, whole.parameters, async () => {})
    const second = model()
    const resumed = stepOf(second, adamw8Bit(settings))
    await readCheckpoint(checkpointFolder(scratch, 2), second, resumed.parameters)
    expect(allBytes(resumed.parameters)).toEqual(allBytes(whole.parameters))
    for (const step of [3, 4]) await run(whole, step)
    for (const step of [3, 4]) await run(resumed, step)
    expect(allBytes(resumed.parameters)).toEqual(allBytes(whole.parameters))
    expect(whole.parameters.some(({ state: kept }) => kept.scratch !== undefined)).toBe(true)
    await Promise.all([whole.release(), resumed.release()])
  })

  it('writes and reads bytes that are not a number as floats', async () => {
    const patterns = Uint32Array.of(0x7fc00001, 0x7fa00001, 0xffa00001, 0xffffffff, 0x7f800001, 0xffc12345)
    const parameter = parameterOf(adamw8Bit(settings), [4096], new Float32Array(4096))
    for (const name of ['mean', 'square'])
      stateBytes(parameter, name).set(
        Uint8Array.from({ length: 4096 }, (_, index) => new Uint8Array(patterns.buffer)[index % 24]!),
      )
    const folder = await mkdtemp(join(scratch, 'patterns-'))
    const trained = model()
    await writeCheckpoint(folder, stateAt(1), trained, [parameter], async () => {})
    const other = parameterOf(adamw8Bit(settings), [4096], new Float32Array(4096))
    await readCheckpoint(checkpointFolder(folder, 1), trained, [other])
    expect(allBytes([other])).toEqual(allBytes([parameter]))
  })

  it('follows float32 closely', async () => {
    const losses = async (optimizer: Optimizer) => {
      const trained = stepOf(model(), optimizer)
      const found: number[] = []
      for (let step = 1; step <= 60; step++) {
        const { loss } = await trained.run([randomExamples(12, step % 4)], step, 0.003)
        found.push(loss)
      }
      await trained.release()
      return found
    }
    const [exact, coded] = [await losses(adamw(settings)), await losses(adamw8Bit(settings))]
    const apart = exact.reduce((total, loss, index) => total + Math.abs(loss - coded[index]!), 0)
    expect(apart / exact.length).toBeLessThan(0.01 * exact[0]!)
    expect(exact.at(-1)!).toBeLessThan(0.2 * exact[0]!)
    expect(coded.every((loss, index) => loss === exact[index]!)).toBe(false)
  })
})
