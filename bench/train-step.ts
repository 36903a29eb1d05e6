/**
 * Our training step against the prototype's on the same Llama model (16.8 million parameters, batch 8 × 256, f32), turn
 * about in one run.
 *
 *     YUKSU_PROTOTYPE=../prototype npm run bench train-step
 *
 * YUKSU_PROTOTYPE is a copy of the prototype with its modules installed (`npm ci` there). YUKSU_STEPS is the number of timed
 * steps of each (default 6), after two that are not. The first ratio is of medians on the clock, the second of processor
 * time (all threads), which other work on the machine disturbs less. The share of JavaScript is the part of our step
 * that is not spent in `session.run`, the optimizer's kernels apart. It is taken from the least disturbed step: the work is
 * the same in each, and on a busy machine most of what passes on the clock between two runs is other programs' time.
 */
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { loadavg } from 'node:os'
import { join, resolve } from 'node:path'
import { InferenceSession } from 'onnxruntime-node'
import type { Model } from '../src/models/model.ts'
import { causal } from '../src/train/objectives/causal.ts'
import type { Example } from '../src/train/objectives/objective.ts'
import { adamw } from '../src/train/optimizers/adamw.ts'
import { clippingFactor, globalNorm } from '../src/train/optimizers/optimizer.ts'
import { TrainingStep } from '../src/train/training-step.ts'
import { llamaModel } from './engine/models.ts'

const folder = process.env.YUKSU_PROTOTYPE
const steps = Number(process.env.YUKSU_STEPS ?? 6)
const untimed = 2
const adam = { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1 }
const rate = 3e-4

interface Timing {
  readonly seconds: number
  readonly processor: number
  readonly loss: number
}

/** What is used of the prototype's modules, which have no types. */
interface Sizes {
  readonly L: number
  readonly d: number
  readonly H: number
  readonly F: number
  readonly V: number
  readonly B: number
  readonly T: number
}
interface PrototypeModel {
  readonly CFG: Sizes
  initParams(sizes: Sizes, seed: number): Record<string, Float32Array>
  buildTrain(
    sizes: Sizes,
    options: object,
    weights: Record<string, Float32Array>,
  ): { g: { build(options: object): Uint8Array }; train: { name: string; shape: number[] }[] }
}
interface PrototypeMemory {
  alloc(length: number): Float32Array
  adamw(...values: number[]): void
}

async function timed(work: () => Promise<number>): Promise<Timing> {
  const [start, before] = [performance.now(), process.cpuUsage()]
  const loss = await work()
  const { user, system } = process.cpuUsage(before)
  return { seconds: (performance.now() - start) / 1000, processor: (user + system) / 1e6, loss }
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)]!
}

/** The prototype's fastest way: gradients by the runtime, AdamW in WebAssembly on the same memory. */
async function prototypeStep(path: string, tokens: (step: number) => Int32Array[]) {
  const load = createRequire(join(path, 'llama.js'))
  const { CFG, initParams, buildTrain } = load('./llama.js') as PrototypeModel
  const runtime = load('onnxruntime-node') as typeof import('onnxruntime-node')
  const values = initParams(CFG, 3)
  const { g, train } = buildTrain(CFG, { mm: 'fused', attnBwd: 'aug' }, values)
  const session = await runtime.InferenceSession.create(g.build({}), {
    intraOpNumThreads: 2,
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
    enableMemPattern: false,
    logSeverityLevel: 3,
  })
  const bytes = train.reduce((total, { shape }) => total + shape.reduce((a, b) => a * b, 1) * 16 + 256, 0)
  const memory = await (load('./adamw_wasm.js') as (bytes: number) => Promise<PrototypeMemory>)(bytes)
  const feeds: Record<string, InstanceType<typeof runtime.Tensor>> = {}
  const outputs: typeof feeds = { loss: new runtime.Tensor('float32', new Float32Array(1), []) }
  const states = train.map(({ name, shape }) => {
    const length = values[name]!.length
    const arrays = Array.from({ length: 4 }, () => memory.alloc(length))
    arrays[0]!.set(values[name]!)
    feeds[name] = new runtime.Tensor('float32', arrays[0]!, shape)
    outputs[`d.${name}`] = new runtime.Tensor('float32', arrays[1]!, shape)
    return { pointers: arrays.map(({ byteOffset }) => byteOffset), length }
  })
  const count = CFG.B * CFG.T
  const integers = (ids: Int32Array[]) =>
    new runtime.Tensor(
      'int64',
      BigInt64Array.from(
        ids.flatMap((row) => [...row]),
        BigInt,
      ),
      [count],
    )
  return async (step: number): Promise<number> => {
    feeds.ids = integers(tokens(step).map((row) => row.subarray(0, -1)))
    feeds.y = integers(tokens(step).map((row) => row.subarray(1)))
    await session.run(feeds, outputs)
    const [first, second] = [1 / (1 - adam.beta1 ** step), 1 / (1 - adam.beta2 ** step)]
    for (const { pointers, length } of states) {
      memory.adamw(
        ...pointers,
        length,
        adam.beta1,
        adam.beta2,
        rate * first,
        second,
        adam.epsilon,
        rate * adam.weightDecay,
      )
    }
    return Number(outputs.loss!.data[0])
  }
}

function ourModel({ L, d, H, F, V, T }: Sizes): Model {
  return llamaModel({ layers: L, width: d, heads: H, feedForwardWidth: F, vocabularySize: V }, T).initialize(
    3,
  )
}

/** Adds up the seconds that sessions made from now on spend in their runs. */
function watchRuns(): () => number {
  let seconds = 0
  const create = InferenceSession.create.bind(InferenceSession) as (
    ...given: unknown[]
  ) => Promise<InferenceSession>
  InferenceSession.create = async (...given: unknown[]) => {
    const session = await create(...given)
    const run = session.run.bind(session) as (...values: unknown[]) => ReturnType<InferenceSession['run']>
    session.run = async (...values: unknown[]) => {
      const start = performance.now()
      const results = await run(...values)
      seconds += (performance.now() - start) / 1000
      return results
    }
    return session
  }
  return () => seconds
}

async function main(path: string): Promise<void> {
  const { CFG: sizes } = createRequire(join(path, 'llama.js'))('./llama.js') as PrototypeModel
  let state = 7
  const random = () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647
  const batches = Array.from({ length: 4 }, () =>
    Array.from({ length: sizes.B }, () =>
      Int32Array.from({ length: sizes.T + 1 }, () => Math.floor(random() * random() * sizes.V)),
    ),
  )
  const tokens = (step: number) => batches[step % batches.length]!
  const theirs = await prototypeStep(path, tokens)
  const secondsInRuns = watchRuns()
  const optimizer = adamw(adam)
  const training = new TrainingStep(ourModel(sizes), causal, {
    seed: 1,
    labelSmoothing: 0,
    maxGradientNorm: 1,
    optimizer,
  })
  const ours = async (step: number): Promise<number> => {
    const examples = tokens(step).map((target): Example => ({ source: new Int32Array(0), target }))
    return (await training.run([examples], step, rate)).loss
  }
  const [mine, other, outside]: [Timing[], Timing[], number[]] = [[], [], []]
  for (let step = 1; step <= untimed + steps; step++) {
    const before = secondsInRuns()
    const own = await timed(() => ours(step))
    const notInRuns = own.seconds - (secondsInRuns() - before)
    const peer = await timed(() => theirs(step))
    if (step <= untimed) continue
    mine.push(own)
    other.push(peer)
    outside.push(notInRuns)
  }
  const kernels: number[] = []
  for (let round = 0; round < 5; round++) {
    const { seconds } = await timed(async () => {
      const gradientFactor = clippingFactor(globalNorm(training.parameters), 1)
      optimizer.update(training.parameters, { step: 1, learningRate: 0, gradientFactor })
      return 0
    })
    kernels.push(seconds)
  }
  await training.release()
  const clock = (timings: readonly Timing[]) => median(timings.map(({ seconds }) => seconds))
  const processor = (timings: readonly Timing[]) => median(timings.map((timing) => timing.processor))
  const shortest = Math.min(...mine.map(({ seconds }) => seconds))
  const share = (seconds: number) => `${((100 * seconds) / shortest).toFixed(1)} %`
  const [around, kernel] = [Math.min(...outside), Math.min(...kernels)]
  const report = [
    `load of the machine ${loadavg()[0]!.toFixed(1)}, ${steps} timed steps of each, losses ${mine.at(-1)!.loss.toFixed(3)} and ${other.at(-1)!.loss.toFixed(3)}`,
    `ours / prototype: ${(clock(mine) / clock(other)).toFixed(3)} on the clock, ${(processor(mine) / processor(other)).toFixed(3)} of processor time`,
    `outside session.run: ${share(around)} of our step (optimizer kernels ${share(kernel)}, JavaScript ${share(Math.max(0, around - kernel))})`,
  ]
  process.stdout.write(`${report.join('\n')}\n`)
}

if (folder === undefined || !existsSync(join(folder, 'node_modules'))) {
  process.stdout.write('skipped: set YUKSU_PROTOTYPE to a copy of the prototype with its modules installed\n')
} else {
  await main(resolve(folder))
}
