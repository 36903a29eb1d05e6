import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { InferenceSession, Tensor as RuntimeTensor } from 'onnxruntime-node'
import { describe, expect, it } from 'vitest'
import { gradients } from '../gradient.ts'
import { topologicalOrder } from '../graph.ts'
import { compile } from '../lowering.ts'
import { floats, integers, type HostTensor } from '../session.ts'
import {
  checkOperation,
  evaluate,
  randomIntegers,
  randomSource,
  randomValues,
  runOnce,
  type Values,
} from '../testing.ts'
import { input, type Tensor } from '../tensor.ts'
import { add } from './add.ts'
import { crossEntropy, type CrossEntropy } from './cross-entropy.ts'
import { linear } from './linear.ts'
import { linearCrossEntropy } from './linear-cross-entropy.ts'
import { multiply } from './multiply.ts'
import { scale } from './scale.ts'
import { softCap } from './soft-cap.ts'
import { sum } from './sum.ts'

interface Mix {
  readonly smoothing: number
  readonly zLossWeight?: number
  /** What the logits are bounded by. */
  readonly cap?: number
}

function mixed({ negativeLogLikelihood, uniformLoss, zLoss }: CrossEntropy, { smoothing }: Mix): Tensor {
  const loss =
    smoothing === 0
      ? negativeLogLikelihood
      : smoothing === 1
        ? uniformLoss
        : add(scale(negativeLogLikelihood, 1 - smoothing), scale(uniformLoss, smoothing))
  return zLoss === undefined ? loss : add(loss, zLoss)
}

/** Each row's loss in f64 from the whole layer. */
function reference(width: number, vocabulary: number, { smoothing, zLossWeight = 0, cap }: Mix) {
  return (hidden: Float64Array, weight: Float64Array, targets: Float64Array, bias?: Float64Array) =>
    targets.map((target, row) => {
      const logits = Array.from({ length: vocabulary }, (_, word) => {
        let logit = bias?.[word] ?? 0
        for (let at = 0; at < width; at++) logit += hidden[row * width + at]! * weight[word * width + at]!
        return cap === undefined ? logit : cap * Math.tanh(logit / cap)
      })
      const top = Math.max(...logits)
      const logarithm = top + Math.log(logits.reduce((total, logit) => total + Math.exp(logit - top), 0))
      const mean = logits.reduce((total, logit) => total + logit, 0) / vocabulary
      const loss = (1 - smoothing) * (logarithm - logits[target]!) + smoothing * (logarithm - mean)
      return loss + zLossWeight * logarithm ** 2
    })
}

const mixes: Mix[] = [
  { smoothing: 0 },
  { smoothing: 1 },
  { smoothing: 0.1 },
  { smoothing: 0, zLossWeight: 0.05 },
  { smoothing: 0.2, zLossWeight: 0.05 },
]

const sizes = [
  { rows: 1, width: 1, vocabulary: 1, chunk: 4, biased: true },
  { rows: 3, width: 2, vocabulary: 7, chunk: 7, biased: false },
  { rows: 4, width: 3, vocabulary: 10, chunk: 4, biased: true },
  { rows: 1, width: 4, vocabulary: 9, chunk: 8, biased: false },
  { rows: 5, width: 2, vocabulary: 4, chunk: 1, biased: true },
]

interface ProfileEvent {
  readonly args: Readonly<Record<string, unknown>>
}

/** Runs a program once under the runtime's own profiler. */
async function profile(
  bytes: Uint8Array,
  feeds: Readonly<Record<string, RuntimeTensor>>,
): Promise<ProfileEvent[]> {
  const folder = mkdtempSync(join(tmpdir(), 'yuksu-profile-'))
  try {
    const session = await InferenceSession.create(bytes, {
      enableProfiling: true,
      profileFilePrefix: join(folder, 'run'),
      enableMemPattern: false,
      intraOpNumThreads: 1,
    })
    await session.run(feeds)
    session.endProfiling()
    await session.release()
    const [file] = readdirSync(folder)
    const events = JSON.parse(readFileSync(join(folder, file!), 'utf8')) as Partial<ProfileEvent>[]
    return events.filter((event): event is ProfileEvent => event.args !== undefined)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const host = ({ data, shape, integer }: Values) =>
  integer ? integers(data, shape) : floats(Float32Array.from(data), shape)

function largestDifference(actual: HostTensor, expected: HostTensor): number {
  expect(actual.shape).toEqual(expected.shape)
  const differences = [...expected.data].map((value, index) => {
    const difference = Math.abs(Number(actual.data[index]) - Number(value))
    return Number.isNaN(difference) ? Infinity : difference / Math.max(1, Math.abs(Number(value)))
  })
  return Math.max(...differences)
}

describe('linearCrossEntropy', () => {
  it.each([
    mixes[0]!,
    mixes[2]!,
    mixes[4]!,
    { ...mixes[0]!, cap: 2 },
    { ...mixes[3]!, cap: 4 },
    { ...mixes[4]!, cap: 1.5 },
  ])('is the formula, with its gradients: $smoothing, $zLossWeight, $cap', async (mix) => {
    const random = randomSource(81)
    for (const { rows, width, vocabulary, chunk, biased } of sizes) {
      const { value, gradient } = await checkOperation(
        (hidden, weight, targets, bias) =>
          mixed(
            linearCrossEntropy(hidden!, weight!, targets!, {
              chunk,
              softCap: mix.cap,
              ...(bias && { bias }),
              ...(mix.zLossWeight !== undefined && { zLossWeight: mix.zLossWeight }),
            }),
            mix,
          ),
        reference(width, vocabulary, mix),
        [
          randomValues(random, [rows, width], 2),
          randomValues(random, [vocabulary, width], 2),
          randomIntegers(random, [rows], vocabulary),
          ...(biased ? [randomValues(random, [vocabulary], 2)] : []),
        ],
      )
      expect(value).toBeLessThan(1e-6)
      expect(gradient).toBeLessThan(1e-5)
    }
  })

  describe('is that of the logits of the whole vocabulary', () => {
    const [rows, width, vocabulary] = [37, 24, 1003]
    const random = randomSource(82)
    const given: Record<string, Values> = {
      hidden: randomValues(random, [rows, width], 2),
      weight: randomValues(random, [vocabulary, width]),
      bias: randomValues(random, [vocabulary]),
      targets: randomIntegers(random, [rows], vocabulary),
      // What a row weighs.
      seed: randomValues(random, [rows], 0.5, 0.5),
    }
    const feeds = Object.fromEntries(Object.entries(given).map(([name, values]) => [name, host(values)]))

    function outputs(
      losses: (hidden: Tensor, weight: Tensor, targets: Tensor, bias: Tensor) => CrossEntropy,
      mix: Mix,
      symbolic = false,
    ): Record<string, Tensor> {
      const count = symbolic ? 'rows' : rows
      const hidden = input('hidden', [count, width], 'float32', true)
      const weight = input('weight', [vocabulary, width], 'float32', true)
      const bias = input('bias', [vocabulary], 'float32', true)
      const found = mixed(losses(hidden, weight, input('targets', [count], 'int64'), bias), mix)
      const slopes = gradients(sum(multiply(found, input('seed', [count])), [0]), [hidden, weight, bias])
      return { loss: found, ofHidden: slopes[0]!, ofWeight: slopes[1]!, ofBias: slopes[2]! }
    }

    it.each([
      ...mixes.map((mix) => ({ ...mix, chunk: 300 })),
      { smoothing: 0.1, zLossWeight: 0.05, chunk: 1003 },
      { smoothing: 0.1, zLossWeight: 0.05, chunk: 5000 },
      { smoothing: 0, cap: 5, chunk: 300 },
      { smoothing: 0.1, zLossWeight: 0.05, cap: 3, chunk: 400 },
    ])(
      'in chunks of $chunk: $smoothing, $zLossWeight, $cap',
      async ({ chunk, ...mix }: Mix & { chunk: number }) => {
        const { zLossWeight } = mix
        const options = { ignoreIndex: -100, ...(zLossWeight !== undefined && { zLossWeight }) }
        const ignored = { ...feeds, targets: integers([-100, ...given.targets!.data.slice(1)], [rows]) }
        const expected = await runOnce(
          outputs((h, w, y, b) => {
            const logits = linear(h, w, b)
            return crossEntropy(mix.cap === undefined ? logits : softCap(logits, mix.cap), y, options)
          }, mix),
          ignored,
        )
        const chunked = (h: Tensor, w: Tensor, y: Tensor, b: Tensor) =>
          linearCrossEntropy(h, w, y, { ...options, bias: b, chunk, softCap: mix.cap })
        // The number of rows is known only at the run, as that of the tokens of a batch.
        const found = await runOnce(outputs(chunked, mix, true), ignored)
        expect(largestDifference(found.loss!, expected.loss!)).toBeLessThan(1e-6)
        for (const name of ['ofHidden', 'ofWeight', 'ofBias'])
          expect(largestDifference(found[name]!, expected[name]!)).toBeLessThan(1e-5)
        expect(found.loss!.data[0]).toBe(0)
      },
    )
  })

  it('is right up to large logits, and never below 0', async () => {
    // The logits are the bias alone: 1e4 above, 200 apart, and all far below; the target in another chunk than the top.
    for (const [bias, target, expected] of [
      [[1e4, 0, 0, 0], 0, 0],
      [[200, 0, 0, 100], 3, 100],
      [[-1e4, -1e4, -1e4, -1e4], 2, Math.log(4)],
      [[-Infinity, 0, 0, -Infinity], 1, Math.log(2)],
    ] as const) {
      const inputs: Values[] = [
        { shape: [1, 1], data: Float64Array.of(0) },
        { shape: [4, 1], data: Float64Array.of(1, 1, 1, 1) },
        { shape: [1], data: Float64Array.of(target), integer: true },
        { shape: [4], data: Float64Array.from(bias) },
      ]
      const losses = (h: Tensor, w: Tensor, y: Tensor, b: Tensor) =>
        linearCrossEntropy(h, w, y, { bias: b, chunk: 2 }).negativeLogLikelihood
      const loss = await evaluate((h, w, y, b) => losses(h!, w!, y!, b!), inputs)
      expect(loss.data[0]).toBeCloseTo(expected, 5)
      expect(Number(loss.data[0])).toBeGreaterThanOrEqual(0)
      const slope = await evaluate(
        (h, w, y, b) => gradients(sum(losses(h!, w!, y!, b!), [0]), [b!])[0]!,
        inputs,
      )
      const top = Math.max(...bias)
      const total = bias.reduce((sum, logit) => sum + Math.exp(logit - top), 0)
      bias.forEach((logit, word) =>
        expect(slope.data[word]).toBeCloseTo(Math.exp(logit - top) / total - (word === target ? 1 : 0), 6),
      )
    }
  })

  it('has no loss and no gradient where a target is ignored', async () => {
    const random = randomSource(83)
    const inputs: Values[] = [
      randomValues(random, [2, 3]),
      randomValues(random, [5, 3]),
      { shape: [2], data: Float64Array.of(-100, 4), integer: true },
    ]
    const losses = (h: Tensor, w: Tensor, y: Tensor) =>
      mixed(linearCrossEntropy(h, w, y, { chunk: 2, ignoreIndex: -100, zLossWeight: 1 }), { smoothing: 0.1 })
    const loss = await evaluate((h, w, y) => losses(h!, w!, y!), inputs)
    expect(loss.data[0]).toBe(0)
    expect(loss.data[1]).toBeGreaterThan(0)
    const slope = await evaluate((h, w, y) => gradients(sum(losses(h!, w!, y!), [0]), [h!])[0]!, inputs)
    expect([0, 1, 2].map((at) => Math.abs(Number(slope.data[at])))).toEqual([0, 0, 0])
    expect(slope.data[3]).not.toBe(0)
  })

  it('computes only the gradients that are asked for', async () => {
    const hidden = input('hidden', [2, 3], 'float32', true)
    const loss = linearCrossEntropy(hidden, input('weight', [5, 3]), input('targets', [2], 'int64'), {
      chunk: 2,
    }).negativeLogLikelihood
    const [slope] = gradients(sum(loss, [0]), [hidden])
    const node = topologicalOrder([slope!]).find(({ name }) => name === 'linearCrossEntropyGradient')!
    expect(node.outputs.map(({ shape }) => shape)).toEqual([[2, 3]])
  })

  it('takes the memory of a few chunks, not of the logits', async () => {
    const [rows, width, vocabulary, chunk] = [64, 1, 4000, 256]
    const hidden = input('hidden', [rows, width], 'float32', true)
    const weight = input('weight', [vocabulary, width], 'float32', true)
    const targets = input('targets', [rows], 'int64')
    const inputs = [hidden, weight, targets].map(({ shape, dtype }, index) => {
      const size = (shape as number[]).reduce((total, dimension) => total * dimension, 1)
      const data = dtype === 'int64' ? new BigInt64Array(size) : new Float32Array(size).fill(0.01 * index)
      return new RuntimeTensor(dtype as 'float32', data as Float32Array, shape as number[])
    })
    const peak = async (losses: CrossEntropy) => {
      const slopes = gradients(sum(mixed(losses, { smoothing: 0 }), [0]), [hidden, weight])
      const { negativeLogLikelihood: loss, uniformLoss } = losses
      const program = compile({ loss, uniformLoss, h: slopes[0]!, w: slopes[1]! })
      const events = await profile(program.bytes, {
        hidden: inputs[0]!,
        weight: inputs[1]!,
        targets: inputs[2]!,
      })
      const found = events.flatMap(({ args }) =>
        'mem_in_use_peak' in args ? [Number(args.mem_in_use_peak)] : [],
      )
      expect(found.length).toBeGreaterThan(20)
      return Math.max(...found) / Float32Array.BYTES_PER_ELEMENT
    }
    const options = { zLossWeight: 1e-4 }
    const ofLogits = await peak(crossEntropy(linear(hidden, weight), targets, options))
    const ofChunks = await peak(linearCrossEntropy(hidden, weight, targets, { ...options, chunk }))
    expect(ofLogits).toBeGreaterThan(2 * rows * vocabulary)
    // Logits and softmax of one chunk; beside them the gradient of the weight in its pieces and a few numbers a row.
    expect(ofChunks).toBeLessThan(2 * rows * chunk + 3 * vocabulary * width)
  })

  it('names the shapes that do not fit', () => {
    const tensor = (...shape: (number | string)[]) => input('x', shape)
    const targets = input('targets', [2], 'int64')
    const [hidden, weight] = [tensor(2, 3), tensor(5, 3)]
    expect(() => linearCrossEntropy(tensor(2, 4), weight, targets)).toThrow(/\[2, 4\].*\[5, 3\].*\[2\]/)
    expect(() => linearCrossEntropy(tensor(1, 2, 3), weight, targets)).toThrow(/\[1, 2, 3\]/)
    expect(() => linearCrossEntropy(tensor(3, 3), weight, targets)).toThrow(/targets of \[2\]/)
    expect(() => linearCrossEntropy(hidden, tensor('vocabulary', 3), targets)).toThrow(/\[vocabulary, 3\]/)
    expect(() => linearCrossEntropy(hidden, weight, targets, { bias: tensor(4) })).toThrow(/bias of \[4\]/)
    expect(() => linearCrossEntropy(hidden, weight, targets, { chunk: 0 })).toThrow(
      /at least 1 word, given 0/,
    )
  })
})
