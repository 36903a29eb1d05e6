/** Our side of `bench/engine.ts`: does the work that its argument describes, once for each line it reads. */
import { adapt } from '../../src/adapters/adapter.ts'
import { lowRank } from '../../src/adapters/low-rank.ts'
import { elementCount } from '../../src/engine/dimension.ts'
import { createEngineModel } from '../../src/generate/engine-model.ts'
import { linearLayers } from '../../src/models/linear-layers.ts'
import type { Model } from '../../src/models/model.ts'
import { quantizeModel } from '../../src/quantize/quantize-model.ts'
import { randomStream } from '../../src/random.ts'
import { causal } from '../../src/train/objectives/causal.ts'
import type { Example, Objective } from '../../src/train/objectives/objective.ts'
import { sequenceToSequence } from '../../src/train/objectives/sequence-to-sequence.ts'
import { adamw } from '../../src/train/optimizers/adamw.ts'
import { TrainingStep } from '../../src/train/training-step.ts'
import { serveWork } from './contender.ts'
import { bartModel, llamaModel } from './models.ts'
import type { OurProducts, Workload } from './workloads.ts'

/** The values of parameters that are of no interest: small ones at random, and ones for norms. */
function randomValues(model: Model): (name: string) => Float32Array {
  const shapes = new Map(model.specifications.map(({ name, shape }) => [name, shape]))
  const random = randomStream(3, 0)
  // In one place for all: how many are waiting to be collected would decide the peak.
  const room = new Float32Array(Math.max(...[...shapes.values()].map(elementCount)))
  return (name) => {
    const shape = shapes.get(name)!
    const given = room.subarray(0, elementCount(shape))
    given.forEach((_, index) => (given[index] = shape.length === 1 ? 1 : (random.fraction() - 0.5) * 0.07))
    return given
  }
}

/** Words near the start of the vocabulary come more often, as in language. */
function tokensOf(vocabularySize: number): (length: number) => Int32Array {
  const random = randomStream(5, 0)
  return (length) =>
    Int32Array.from({ length }, () => Math.floor(random.fraction() * random.fraction() * vocabularySize))
}

/** What products are computed in. */
const products = (process.argv[3] ?? 'float32') as OurProducts

async function trainer(
  model: Model,
  objective: Objective,
  batches: readonly Example[][],
  memory: 'fast' | 'low' = 'fast',
): Promise<void> {
  const stepper = new TrainingStep(model, objective, {
    seed: 1,
    labelSmoothing: 0,
    maxGradientNorm: Infinity,
    products,
    memory,
    optimizer: adamw({ beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1 }),
  })
  let step = 0
  await serveWork(async () => {
    step++
    const began = performance.now()
    const { loss } = await stepper.run([batches[step % batches.length]!], step, 3e-4)
    return { seconds: (performance.now() - began) / 1000, value: loss }
  })
}

async function main(workload: Workload): Promise<void> {
  const tokens = tokensOf(workload.sizes.vocabularySize)
  const batchesOf = (batch: number, example: () => Example) =>
    Array.from({ length: 4 }, () => Array.from({ length: batch }, example))
  switch (workload.kind) {
    case 'train-decoder': {
      const { sizes, batch, length } = workload
      const example = () => ({ source: new Int32Array(0), target: tokens(length + 1) })
      return trainer(llamaModel(sizes, length).initialize(3), causal, batchesOf(batch, example))
    }
    case 'train-low-rank': {
      const { sizes, batch, length, rank, base, memory } = workload
      const example = () => ({ source: new Int32Array(0), target: tokens(length + 1) })
      const plain = llamaModel(sizes, length)
      const model =
        base === 'f32'
          ? plain.initialize(3)
          : await quantizeModel(plain, { format: base }, randomValues(plain))
      const adapter = lowRank({ rank, alpha: 2 * rank, targets: ['q_proj', 'v_proj'] })
      return trainer(adapt(model, adapter, 3), causal, batchesOf(batch, example), memory)
    }
    case 'train-encoder-decoder': {
      const { sizes, batch, source, target } = workload
      const example = () => ({ source: tokens(source), target: tokens(target) })
      return trainer(
        bartModel(sizes, Math.max(source, target)).initialize(3),
        sequenceToSequence,
        batchesOf(batch, example),
      )
    }
    case 'decode': {
      const { sizes, prompt, tokens: count, weights } = workload
      const model = llamaModel(sizes, prompt + count)
      const stored = weights === 'f32' ? model.initialize(3) : await inFourBits(model)
      return decoder(stored, tokens(prompt), count)
    }
    case 'prefill': {
      const { sizes, length } = workload
      return decoder(llamaModel(sizes, length + 1).initialize(3), tokens(length), 1)
    }
  }
}

/** For decoding: the head too, and codes are multiplied as they are. */
function inFourBits(model: Model): Promise<Model> {
  const targets = linearLayers(model).map(({ path }) => path)
  return quantizeModel(model, { format: 'int4', targets, product: 'blocks' }, randomValues(model))
}

/** Writes `count` tokens after the prompt, the likeliest each time; of one token alone, reading the prompt is what is timed. */
async function decoder(model: Model, prompt: Int32Array, count: number): Promise<void> {
  const engine = createEngineModel(model, { precision: products, fixedWeights: true })
  const request = { prompts: [prompt], rowsPerExample: 1, maximumNewTokens: count }
  await serveWork(async () => {
    let began = performance.now()
    const state = await engine.start(request)
    let token = likeliest(state.logits)
    if (count > 1) began = performance.now()
    for (let written = 1; written < count; written++) {
      token = likeliest(await state.step(Int32Array.of(token)))
    }
    const seconds = (performance.now() - began) / 1000
    state.dispose()
    return { seconds }
  })
}

function likeliest(logits: Float32Array): number {
  return logits.reduce((best, value, index) => (value > logits[best]! ? index : best), 0)
}

await main(JSON.parse(process.argv[2]!) as Workload)
