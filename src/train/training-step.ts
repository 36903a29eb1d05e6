import { HostMemory, type HostArray } from '../engine/memory.ts'
import type { Program, ProgramInput } from '../engine/lowering.ts'
import type { ProgramProfile } from '../engine/profile.ts'
import { floats, Session, type HostTensor } from '../engine/session.ts'
import { elementCount, resolveShape } from '../engine/dimension.ts'
import { YuksuError } from '../errors.ts'
import type { Model } from '../models/model.ts'
import type { Example, Objective } from './objectives/objective.ts'
import {
  clippingFactor,
  globalNorm,
  type OptimizedParameter,
  type Optimizer,
} from './optimizers/optimizer.ts'
import { trainingProgram } from './training-program.ts'

export interface TrainingStepOptions {
  readonly seed: number
  readonly labelSmoothing: number
  /** Gradients of a longer norm are scaled down to it. */
  readonly maxGradientNorm: number
  readonly optimizer: Optimizer
  /** Parameters that learn at another rate or with another decay; the first that names a parameter holds. */
  readonly parameterGroups?: readonly ParameterGroup[]
  readonly threads?: number
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
  /** One program serves batches of every shape: programs of fixed shapes were no faster, and each held its own memory. */
  private readonly sessions = new Map<boolean, Promise<Session>>()
  private readonly gradientTensors = new Map<string, HostTensor>()
  private readonly loss = floats(new Float32Array(1), [])
  private masks: { memory: HostMemory; floats: number; array: HostArray } | undefined
  private readonly model: Model
  private readonly objective: Objective
  private readonly options: TrainingStepOptions

  constructor(model: Model, objective: Objective, options: TrainingStepOptions) {
    this.model = model
    this.objective = objective
    this.options = options
    this.parameters = moveToTraining(model, options)
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
    for (const [part, batch] of collated.entries()) {
      const session = await this.session(accumulate)
      const feeds: Record<string, HostTensor> = { ...this.model.feeds(), ...batch.feeds, inverseCount }
      this.fillMasks(session.program.inputs, feeds, step, part)
      const outputs: Record<string, HostTensor> = { negativeLogLikelihood: this.loss }
      for (const [name, tensor] of this.gradientTensors) {
        outputs[`gradient.${name}`] = tensor
        if (accumulate) feeds[`accumulated.${name}`] = tensor
      }
      await session.run(feeds, outputs)
      loss += this.loss.data[0] as number
    }
    const gradientNorm = globalNorm(this.parameters)
    if (!Number.isFinite(loss) || !Number.isFinite(gradientNorm)) {
      throw new YuksuError(
        'diverged',
        `step ${step}: the loss is ${loss} and the gradient norm ${gradientNorm}; lower train.learningRate or lengthen the warm-up, and resume from the last checkpoint`,
      )
    }
    this.options.optimizer.update(this.parameters, {
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

  /** Where the time of the gradient program went, in steps of one batch after the first `skip`; asked once, with the option `profile`. */
  async profile(skip = 0): Promise<ProgramProfile> {
    return (await this.session(false)).profile(skip)
  }

  async release(): Promise<void> {
    for (const session of this.sessions.values()) await (await session).release()
    this.sessions.clear()
  }

  private session(accumulate: boolean): Promise<Session> {
    const known = this.sessions.get(accumulate)
    if (known !== undefined) return known
    const { threads = 2, profile = false } = this.options
    const created = Session.create(this.program(accumulate), { threads, profile })
    this.sessions.set(accumulate, created)
    return created
  }

  private program(accumulate: boolean): Program {
    const shape = { batch: 'batch', source: 'source', target: 'target' }
    const { labelSmoothing } = this.options
    return trainingProgram(this.model, this.objective, { shape, labelSmoothing, accumulate })
  }

  /** Fills the program's dropout masks as a function of (seed, step, part, place in the program) alone. */
  private fillMasks(
    inputs: readonly ProgramInput[],
    feeds: Record<string, HostTensor>,
    step: number,
    part: number,
  ): void {
    const sizes = new Map<string, number>()
    for (const { name, shape } of inputs) {
      feeds[name]?.shape.forEach((size, axis) => {
        const dimension = shape[axis]
        if (typeof dimension === 'string') sizes.set(dimension, size)
      })
    }
    const masks = inputs
      .filter(({ random }) => random !== undefined)
      .map(({ name, shape, random }) => ({
        name,
        rate: random!.rate,
        shape: resolveShape(shape, Object.fromEntries(sizes)),
      }))
    const padded = (shape: readonly number[]) => Math.ceil(elementCount(shape) / 32) * 32
    const total = masks.reduce((sum, { shape }) => sum + padded(shape), 0)
    if (total === 0) return
    if (this.masks === undefined || this.masks.floats < total) {
      const memory = new HostMemory()
      this.masks = { memory, floats: total, array: memory.allocate([total])[0]! }
    }
    const { array } = this.masks
    const [low, high] = [this.options.seed | 0, Math.floor(this.options.seed / 0x100000000) | 0]
    let offset = 0
    for (const [site, { name, shape, rate }] of masks.entries()) {
      const length = padded(shape)
      const threshold = Math.round(rate * 65_536)
      array.kernels.dropoutMask(
        array.pointer + offset * 4,
        length,
        threshold,
        65_536 / (65_536 - threshold),
        low,
        high,
        step,
        part,
        site,
      )
      feeds[name] = floats(array.data.subarray(offset, offset + elementCount(shape)), shape)
      offset += length
    }
  }
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
  for (const { names } of parameterGroups) {
    if (trainable.some(({ name }) => names.test(name))) continue
    throw new YuksuError(
      'parameter-group',
      `no trainable parameter has a name that matches ${String(names)}; they are such as '${trainable[0]!.name}'`,
    )
  }
  const sizes = trainable.flatMap(({ lengths }) => lengths)
  const memory = new HostMemory(sizes.reduce((total, size) => total + size * 4 + 128, 0))
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
