/**
 * What products in 8 bits do to training: time and loss, against the same in f32 (experiments/int8-products.md).
 *
 *     npm run bench int8-products layer 2048x384x1024 …    one linear layer: its product and both of its gradient, rows x in x out
 *     npm run bench int8-products step small|medium        a training step, the two turn about; with `float32` or `int8` its peak of memory
 *     npm run bench int8-products loss TEXT [SEED [STEPS]] the loss of text that is not learned from, of a small decoder of bytes
 *
 * Times are of the processor, on one thread, medians of rounds in which the two take turns: other work on the machine disturbs
 * them less than the clock. YUKSU_ROUNDS (default 9) and YUKSU_THREADS (default 1) say otherwise; with two threads the clock's ratio counts.
 */
import { readFile } from 'node:fs/promises'
import { gradients } from '../src/engine/gradient.ts'
import { compile } from '../src/engine/lowering.ts'
import { int8Linear } from '../src/engine/ops/int8-linear.ts'
import { linear } from '../src/engine/ops/linear.ts'
import { floats, Session } from '../src/engine/session.ts'
import { input } from '../src/engine/tensor.ts'
import type { Products } from '../src/models/products.ts'
import type { Model } from '../src/models/model.ts'
import { randomStream } from '../src/random.ts'
import { causal } from '../src/train/objectives/causal.ts'
import type { Example } from '../src/train/objectives/objective.ts'
import { adamw } from '../src/train/optimizers/adamw.ts'
import { TrainingStep } from '../src/train/training-step.ts'
import { ValidationLoss } from '../src/train/validation-loss.ts'
import { llamaModel } from './engine/models.ts'
import { type LlamaSizes, medium, small } from './engine/workloads.ts'

const rounds = Number(process.env.YUKSU_ROUNDS ?? 9)
const threads = Number(process.env.YUKSU_THREADS ?? 1)
const both: readonly Products[] = ['float32', 'int8']

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

interface Contender {
  readonly name: string
  readonly work: () => Promise<unknown>
}

/** Milliseconds of the processor and by the clock, the medians of all rounds but an untimed first. */
async function turnAbout(contenders: readonly Contender[]) {
  const times = contenders.map(({ name }) => ({
    name,
    processor: [] as number[],
    clock: [] as number[],
  }))
  for (let round = 0; round <= rounds; round++) {
    for (const [index, { work }] of contenders.entries()) {
      const [start, before] = [performance.now(), process.cpuUsage()]
      await work()
      const { user, system } = process.cpuUsage(before)
      if (round === 0) continue
      times[index]!.clock.push(performance.now() - start)
      times[index]!.processor.push((user + system) / 1000)
    }
  }
  const median = (values: readonly number[]) =>
    values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)]!
  return times.map(({ name, processor, clock }) => ({
    name,
    processor: median(processor),
    clock: median(clock),
  }))
}

async function compareLayer(text: string): Promise<void> {
  const [rows, width, out] = text.split('x').map(Number) as [number, number, number]
  const random = randomStream(1, 0)
  const shapes = { x: [rows, width], w: [out, width], dy: [rows, out] }
  const feeds = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [
      name,
      floats(
        Float32Array.from({ length: shape[0]! * shape[1]! }, () => random.fraction() - 0.5),
        shape,
      ),
    ]),
  )
  const parts = { y: shapes.dy, dx: shapes.x, dw: shapes.w }
  const contenders: Contender[] = []
  for (const wanted of [...Object.keys(parts).map((name) => [name]), Object.keys(parts)]) {
    for (const products of both) {
      const [x, w] = [input('x', shapes.x, 'float32', true), input('w', shapes.w, 'float32', true)]
      const y = (products === 'int8' ? int8Linear : linear)(x, w)
      const [dx, dw] = gradients(y, [x, w], input('dy', shapes.dy))
      const all = { y, dx: dx!, dw: dw! }
      const chosen = Object.entries(all).filter(([name]) => wanted.includes(name))
      const session = await Session.create(compile(Object.fromEntries(chosen)), { threads })
      const outputs = Object.fromEntries(
        chosen.map(([name]) => {
          const shape = parts[name as keyof typeof parts]
          return [name, floats(new Float32Array(shape[0]! * shape[1]!), shape)]
        }),
      )
      contenders.push({
        name: `${wanted.join(', ')}`,
        work: () => session.run(feeds, outputs),
      })
    }
  }
  const times = await turnAbout(contenders)
  const ratios = times.flatMap(({ name, processor }, index) =>
    index % 2 === 0 ? [] : [`${name} ${(processor / times[index - 1]!.processor).toFixed(2)}`],
  )
  say(`${text}: int8 / float32 of processor time: ${ratios.join('; ')}`)
}

function decoder(sizes: LlamaSizes, seed: number): Model {
  return llamaModel(sizes, 256).initialize(seed)
}

function training(model: Model, products: Products): TrainingStep {
  return new TrainingStep(model, causal, {
    seed: 1,
    labelSmoothing: 0,
    maxGradientNorm: 1,
    optimizer: adamw({ beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1 }),
    threads,
    products,
  })
}

const text = (target: Int32Array): Example => ({ source: new Int32Array(0), target })

async function compareSteps(size: string, only: readonly Products[]): Promise<void> {
  const [sizes, batch] = size === 'medium' ? [medium, 4] : [small, 8]
  const random = randomStream(7, 0)
  const examples = Array.from({ length: batch }, () =>
    text(Int32Array.from({ length: 257 }, () => random.below(sizes.vocabularySize))),
  )
  const losses: number[] = []
  const contenders = only.map((products, index) => {
    const step = training(decoder(sizes, 3), products)
    let count = 0
    const work = async () => (losses[index] = (await step.run([examples], ++count, 3e-4)).loss)
    return { name: products, work }
  })
  const times = await turnAbout(contenders)
  for (const [index, { name, processor, clock }] of times.entries()) {
    const ratio = (of: (time: (typeof times)[number]) => number) =>
      (of(times[index]!) / of(times[0]!)).toFixed(3)
    say(
      `${size}, ${name}: ${ratio((time) => time.processor)} of processor time (${processor.toFixed(0)} ms), ${ratio((time) => time.clock)} on the clock (${clock.toFixed(0)} ms), loss ${losses[index]!.toFixed(4)}`,
    )
  }
  if (only.length === 1) say(`peak ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MiB`)
}

const reportEvery = 25
const [rows, length] = [8, 128]

async function compareLosses(file: string, seed: number, steps: number): Promise<void> {
  const bytes = await readFile(file)
  const learned = Math.floor(bytes.length * 0.9)
  const window = (start: number) => text(Int32Array.from(bytes.subarray(start, start + length + 1)))
  const held = Array.from({ length: 64 }, (_, row) =>
    window(learned + Math.floor((row * (bytes.length - learned - length - 2)) / 64)),
  )
  const sizes = { layers: 4, width: 256, heads: 4, feedForwardWidth: 1024, vocabularySize: 256 }
  const curves: number[][] = []
  for (const products of both) {
    const model = decoder(sizes, seed + 2)
    const [step, validation] = [training(model, products), new ValidationLoss(model, causal, held, threads)]
    const random = randomStream(seed, 1)
    const curve: number[] = []
    for (let count = 1; count <= steps; count++) {
      const batch = Array.from({ length: rows }, () => window(random.below(learned - length - 1)))
      await step.run([batch], count, rate(count, steps))
      if (count % reportEvery === 0) curve.push((await validation.measure())!)
    }
    curves.push(curve)
    await step.release()
    await validation.release()
  }
  const gaps = curves[0]!.map((loss, index) => curves[1]![index]! - loss)
  say('steps  float32  int8    difference')
  gaps.forEach((gap, index) => {
    const [exact, rounded] = curves.map((curve) => curve[index]!.toFixed(4))
    say(`${String((index + 1) * reportEvery).padEnd(6)} ${exact}   ${rounded}  ${gap.toFixed(4)}`)
  })
  const mean = gaps.reduce((total, gap) => total + gap, 0) / gaps.length
  say(
    `mean ${mean.toFixed(4)}, largest ${gaps.reduce((most, gap) => (Math.abs(gap) > Math.abs(most) ? gap : most), 0).toFixed(4)}`,
  )
}

/** A warm-up of 50 steps to 1e-3, then a cosine to a tenth of it. */
function rate(step: number, steps: number): number {
  const peak = 1e-3
  if (step < 50) return (peak * step) / 50
  return peak * (0.1 + 0.45 * (1 + Math.cos((Math.PI * (step - 50)) / (steps - 50))))
}

const [what, ...given] = process.argv.slice(2)
if (what === 'layer') for (const shape of given) await compareLayer(shape)
else if (what === 'step') {
  const only = both.filter((products) => given.length < 2 || products === given[1])
  await compareSteps(given[0] ?? 'small', only)
} else if (what === 'loss' && given[0] !== undefined)
  await compareLosses(given[0], Number(given[1] ?? 1), Number(given[2] ?? 500))
else say('give layer, step or loss; the head of bench/int8-products.ts says what each needs')
