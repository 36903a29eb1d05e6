import { nativeKernels } from '../engine/kernels/native-kernels.ts'
import { HostMemory } from '../engine/memory.ts'
import { isNativePrecision } from '../engine/native-products.ts'
import type { ProgramProfile } from '../engine/profile.ts'
import { floats, type HostTensor } from '../engine/session.ts'
import { elementCount } from '../engine/dimension.ts'
import { YuksuError } from '../errors.ts'
import { checkInt8Products } from '../engine/int8-support.ts'
import type { Products } from '../models/products.ts'
import type { ParameterSpecification } from '../models/family.ts'
import type { Model } from '../models/model.ts'
import { DropoutMasks } from './dropout-masks.ts'
import { freeUnreachable } from './free-memory.ts'
import type { GradientRunner } from './gradient-runner.ts'
import type { Example, Objective } from './objectives/objective.ts'
import {
  clippingFactor,
  globalNorm,
  type OptimizedParameter,
  type Optimizer,
} from './optimizers/optimizer.ts'
import { SegmentedGradients } from './segmented-gradients.ts'
import { traceGradients } from './training-program.ts'
import { WholeGradients } from './whole-gradients.ts'

export interface TrainingStepOptions {
  readonly seed: number
  readonly labelSmoothing: number
  /** Gradients of a longer norm are scaled down to it. */
  readonly maxGradientNorm: number
  readonly optimizer: Optimizer
  /** Parameters that learn at another rate or with another decay; the first that names a parameter holds. */
  readonly parameterGroups?: readonly ParameterGroup[]
  readonly threads?: number
  /** `fast` keeps every activation until its gradient is done; `low` computes each layer twice and keeps what stands between them. */
  readonly memory?: 'fast' | 'low'
  /**
   * `int8` rounds the operands of linear layers to 8 bits, forward and backward, where that is faster than f32 and the layer is not the one that
   * scores the vocabulary. `bfloat16`, `bfloat16x3` and `bfloat16x6` compute every product by the native library (see `ProductPrecision`). Weights,
   * their update and everything else stay in f32, and the model is that of f32 wherever it is not trained.
   */
  readonly products?: Products
  /** Record where the time of the gradient program goes, for `profile`. */
  readonly profile?: boolean
}

export interface ParameterGroup {
  /** Matches somewhere in the names of its parameters. */
  readonly names: RegExp
  /** What the learning rate is multiplied by; 1 by default. */
  readonly rateFactor?: number
  /** Whether weights decay; by default those do that have more than one axis. */
  readonly decays?: boolean
}

export interface StepResult {
  /** The mean negative log-likelihood of a target token, without label smoothing. */
  readonly loss: number
  readonly gradientNorm: number
  readonly targetTokens: number
  readonly tokens: number
}

/**
 * Everything one optimizer step needs: the gradient program, parameters with gradients and optimizer state in
 * one memory, and the update in place. A step is a function of the parameters, the state, the batches and (seed, step).
 */
export class TrainingStep {
  readonly parameters: readonly OptimizedParameter[]
  private readonly runner: GradientRunner
  private readonly masks: DropoutMasks
  private readonly gradientTensors = new Map<string, HostTensor>()
  /** The parameters with the kernels that update them. */
  private updated: readonly OptimizedParameter[] | undefined
  private readonly model: Model
  private readonly objective: Objective
  private readonly options: TrainingStepOptions

  constructor(model: Model, objective: Objective, options: TrainingStepOptions) {
    this.model = model
    this.objective = objective
    this.options = options
    this.parameters = moveToTraining(model, options)
    freeUnreachable()
    const { labelSmoothing, seed, memory = 'fast', products, threads = 2, profile = false } = options
    const shape = { batch: 'batch', source: 'source', target: 'target' }
    const traced = traceGradients(model, objective, { shape, labelSmoothing, memory, products })
    const Runner = memory === 'low' ? SegmentedGradients : WholeGradients
    this.runner = new Runner(traced, { threads, profile })
    this.masks = new DropoutMasks(seed, this.runner.inputs)
    for (const { name, gradient } of this.parameters) {
      const { shape } = model.specifications.find((specification) => specification.name === name)!
      this.gradientTensors.set(name, floats(gradient.data, shape))
    }
  }

  /** Runs the batches of one step, adds up their gradients, clips and updates. `step` counts from 1. */
  async run(
    batches: readonly (readonly Example[])[],
    step: number,
    learningRate: number,
  ): Promise<StepResult> {
    if (this.options.products === 'int8') await checkInt8Products()
    const collated = batches.map((examples) => this.objective.collate(this.model, examples))
    const targetTokens = collated.reduce((total, batch) => total + batch.targetTokens, 0)
    if (targetTokens === 0) {
      throw new YuksuError(
        'no-targets',
        `step ${step} has no target token: every target of its batches is empty or cut off`,
      )
    }
    const inverseCount = floats(new Float32Array([1 / targetTokens]), [])
    const accumulate = batches.length > 1
    if (accumulate) for (const { gradient } of this.parameters) gradient.data.fill(0)
    let loss = 0
    for (const [part, { feeds }] of collated.entries()) {
      loss += await this.runner.run({
        feeds: { ...this.model.feeds(), ...feeds, inverseCount },
        gradients: this.gradientTensors,
        accumulate,
        masks: (inputs, sizes) => this.masks.fill(inputs, sizes, { step, part }),
      })
    }
    this.updated ??= await this.withKernels()
    const gradientNorm = globalNorm(this.updated)
    if (!Number.isFinite(loss) || !Number.isFinite(gradientNorm)) {
      throw new YuksuError(
        'diverged',
        `step ${step}: the loss is ${loss} and the gradient norm ${gradientNorm}; lower train.learningRate or lengthen the warm-up, and resume from the last checkpoint`,
      )
    }
    this.options.optimizer.update(this.updated, {
      step,
      learningRate,
      gradientFactor: clippingFactor(gradientNorm, this.options.maxGradientNorm),
    })
    return {
      loss,
      gradientNorm,
      targetTokens,
      tokens: collated.reduce((total, batch) => total + batch.tokens, 0),
    }
  }

  /** Where products are the native library's, so are the kernels that it has. */
  private async withKernels(): Promise<readonly OptimizedParameter[]> {
    const { products = 'float32', threads = 2 } = this.options
    if (!isNativePrecision(products)) return this.parameters
    return Promise.all(
      this.parameters.map(async (parameter) => {
        const kernels = await nativeKernels(parameter.weights, threads)
        const [weights, gradient] = [parameter.weights, parameter.gradient]
        return { ...parameter, weights: { ...weights, kernels }, gradient: { ...gradient, kernels } }
      }),
    )
  }

  /** Where the time of the gradient program went, in steps of one batch after the first `skip`; asked once, with the option `profile`. */
  async profile(skip = 0): Promise<ProgramProfile> {
    return this.runner.profile(skip)
  }

  async release(): Promise<void> {
    await this.runner.release()
  }
}

/**
 * What is not trained and moves nevertheless: where it is less than what is, such as a bias that is always zero, all of the memory that they lay in together would
 * be kept for it.
 */
function fixedBeside(model: Model): readonly ParameterSpecification[] {
  const count = (specifications: readonly ParameterSpecification[]) =>
    specifications.reduce((total, { shape }) => total + elementCount(shape), 0)
  const fixed = model.specifications.filter(({ trainable }) => !trainable)
  return 2 * count(fixed) < count(model.specifications) ? fixed : []
}

/** Moves the trainable parameters of a model into a memory that also holds their gradients and optimizer state. */
function moveToTraining(
  model: Model,
  { optimizer, parameterGroups = [] }: TrainingStepOptions,
): OptimizedParameter[] {
  const trainable = model.specifications
    .filter((specification) => specification.trainable)
    .map(({ name, shape }) => {
      const length = elementCount(shape)
      const kept = Object.entries(optimizer.state(shape as number[]))
      return {
        name,
        shape: shape as number[],
        kept,
        lengths: [length, length, ...kept.map(([, size]) => size)],
      }
    })
  if (trainable.length === 0) {
    throw new YuksuError(
      'nothing-to-train',
      `no parameter of the ${model.family.name} model is trained; put an adapter on it, such as lowRank`,
    )
  }
  for (const { names } of parameterGroups) {
    if (trainable.some(({ name }) => names.test(name))) continue
    throw new YuksuError(
      'parameter-group',
      `no trainable parameter has a name that matches ${String(names)}; they are such as '${trainable[0]!.name}'`,
    )
  }
  const sizes = trainable.flatMap(({ lengths }) => lengths)
  const fixed = fixedBeside(model)
  const fixedSizes = fixed.map(({ shape }) => elementCount(shape))
  const memory = new HostMemory([...sizes, ...fixedSizes].reduce((total, size) => total + size * 4 + 128, 0))
  fixed.forEach(({ name }, index) => {
    const [moved] = memory.allocate([fixedSizes[index]!])
    moved!.data.set(model.parameters.get(name)!.data)
    model.parameters.set(name, moved!)
  })
  return trainable.map(({ name, shape, kept, lengths }) => {
    const [weights, gradient, ...arrays] = memory.allocate(lengths)
    const group = parameterGroups.find(({ names }) => names.test(name))
    weights!.data.set(model.parameters.get(name)!.data)
    model.parameters.set(name, weights!)
    return {
      name,
      shape,
      weights: weights!,
      gradient: gradient!,
      state: Object.fromEntries(kept.map(([key], index) => [key, arrays[index]!])),
      decays: group?.decays ?? shape.length > 1,
      rateFactor: group?.rateFactor ?? 1,
    }
  })
}
