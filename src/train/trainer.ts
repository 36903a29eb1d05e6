import { chooseBuckets, planBatches } from '../data/batching.ts'
import { YuksuError } from '../errors.ts'
import type { Model } from '../models/model.ts'
import type { Run } from '../runs/run.ts'
import {
  averageCheckpoints,
  checkpointFolder,
  checkpointSteps,
  pruneCheckpoints,
  readCheckpoint,
  readWeights,
  updateCheckpoint,
  writeCheckpoint,
  type TrainingState,
} from './checkpoint.ts'
import type { Example, Objective } from './objectives/objective.ts'
import type { Optimizer } from './optimizers/optimizer.ts'
import { learningRate, type ScheduleKind } from './schedule.ts'
import { TrainingStep, type TrainingStepOptions } from './training-step.ts'

export interface TrainerOptions {
  readonly model: Model
  readonly objective: Objective
  readonly examples: readonly Example[]
  /** Where events and checkpoints go, and from where training resumes when it holds checkpoints. */
  readonly run: Run
  /** The name of this training in the run's events, which may hold several. */
  readonly stage: string
  /** The folder of the checkpoints, one for each training of a run. */
  readonly checkpoints: string
  readonly seed: number
  /** The first of these limits that is reached ends training; at least one is given. */
  readonly epochs?: number
  readonly maxSteps?: number
  readonly minutes?: number
  readonly learningRate: number
  readonly schedule: ScheduleKind
  /** Steps of warm-up, or below 1 a share of all steps. */
  readonly warmup: number
  readonly optimizer: Optimizer
  readonly parameterGroups?: TrainingStepOptions['parameterGroups']
  readonly maxGradientNorm: number
  readonly labelSmoothing: number
  readonly gradientAccumulationSteps: number
  readonly maxTokensPerBatch: number
  readonly memory?: TrainingStepOptions['memory']
  readonly products?: TrainingStepOptions['products']
  /**
   * Makes another example of an example at every pass: noise, or other names. It never makes one longer, and is a pure
   * function of its arguments, so that a resumed run sees the same.
   */
  readonly transform?: (example: Example, place: ExamplePlace) => Example
  /**
   * Completes a batch with what the model itself makes of it, such as its own attempts, before it is learned from. A
   * function of the weights, the examples and the step alone, so that a resumed run does the same.
   */
  readonly prepare?: (examples: readonly Example[], step: number) => Promise<PreparedBatch>
  readonly evaluateEverySteps?: number
  readonly saveEverySteps?: number
  readonly saveTotalLimit: number
  readonly loadBestModelAtEnd: boolean
  readonly earlyStoppingPatience?: number
  readonly averageCheckpoints: number
  readonly threads?: number
  /** Adds what a checkpoint's folder needs beside the weights. */
  readonly writeExtras: (folder: string) => Promise<void>
  /** Scores the model as it is. */
  readonly evaluate?: () => Promise<Evaluation>
  readonly onProgress?: (progress: TrainingProgress) => void
  readonly signal?: AbortSignal
}

/** How the model is at one step. */
export interface Evaluation {
  /** Decides which checkpoint is best, greater being better. */
  readonly value: number
  readonly scores: Readonly<Record<string, unknown>>
}

/** A batch completed by `prepare`, with what is worth reporting of it, such as a mean reward. */
export interface PreparedBatch {
  readonly examples: readonly Example[]
  readonly measures: Readonly<Record<string, number>>
}

/** What an example's transformation may depend on. */
export interface ExamplePlace {
  readonly seed: number
  readonly epoch: number
  readonly row: number
}

export interface TrainingProgress {
  readonly step: number
  readonly totalSteps: number
  readonly epoch: number
  /** Mean negative log-likelihood of a target token, over the last steps. */
  readonly loss: number
  readonly learningRate: number
  readonly tokensPerSecond: number
  /** The means of what `prepare` reported, over the last batches. */
  readonly measures: Readonly<Record<string, number>>
}

export interface TrainingResult {
  readonly step: number
  readonly best: TrainingState['best']
  readonly seconds: number
  /** True where a signal stopped training before its end. */
  readonly interrupted: boolean
}

/** A time limit becomes a number of steps after this many, so that the schedule, and a resumed run, have one end. */
const calibrationSteps = 30
/** The first of them tell nothing of the speed: programs are made ready in them. */
const settlingSteps = 10
/** What a share of the steps is taken of until then. */
const provisionalSteps = 1000
/** Steps between two events in the record. */
const reportEvery = 10

/** Trains a model on examples, or goes on where the run's last checkpoint stopped, to the same bits. */
export async function train(options: TrainerOptions): Promise<TrainingResult> {
  const { model, objective, signal } = options
  const plan = epochPlan(options)
  const stepper = new TrainingStep(model, objective, {
    seed: options.seed,
    labelSmoothing: options.labelSmoothing,
    maxGradientNorm: options.maxGradientNorm,
    optimizer: options.optimizer,
    ...(options.parameterGroups && { parameterGroups: options.parameterGroups }),
    ...(options.memory && { memory: options.memory }),
    ...(options.products && { products: options.products }),
    ...(options.threads !== undefined && { threads: options.threads }),
  })
  try {
    const { transform = (example: Example) => example, prepare } = options
    const exampleAt = (row: number, epoch: number) =>
      transform(options.examples[row]!, { seed: options.seed, epoch, row })
    let state = await resume(options, stepper, plan)
    const window = { loss: 0, targetTokens: 0, tokens: 0, seconds: 0 }
    const measures = new RunningMeans()
    const settled = { after: state.step + settlingSteps, steps: 0, seconds: 0 }
    let batches = plan(state.epoch)
    let saved = state.step
    const save = async () => {
      if (saved === state.step) return
      await writeCheckpoint(options.checkpoints, state, model, stepper.parameters, options.writeExtras)
      saved = state.step
      record(options, 'checkpoint-saved', { step: state.step })
      await prune(options, state)
    }
    const score = async () => {
      state = await evaluate(options, state)
      // The outcome belongs to the state that a resumed run goes on from.
      await updateCheckpoint(options.checkpoints, state)
      await prune(options, state)
    }
    if (state.evaluationDue && options.evaluate !== undefined) await score()
    while (state.step < state.totalSteps && !stopsEarly(options, state)) {
      if (signal?.aborted) {
        await save()
        record(options, 'training-interrupted', { step: state.step })
        return { step: state.step, best: state.best, seconds: state.seconds, interrupted: true }
      }
      const step = state.step + 1
      const rate = learningRate(scheduleOf(options, state.totalSteps), step)
      const began = performance.now()
      const rows = batches[state.stepInEpoch]!
      const batchesOfStep: Array<readonly Example[]> = []
      for (const batch of rows) {
        const examples = batch.map((row) => exampleAt(row, state.epoch))
        const prepared = await prepare?.(examples, step)
        if (prepared !== undefined) measures.add(prepared.measures)
        batchesOfStep.push(prepared?.examples ?? examples)
      }
      const result = await stepper.run(batchesOfStep, step, rate)
      const seconds = (performance.now() - began) / 1000
      state = advance(state, seconds, batches.length)
      if (state.stepInEpoch === 0) batches = plan(state.epoch)
      if (step > settled.after) {
        settled.steps++
        settled.seconds += seconds
      }
      state = calibrate(options, state, settled)
      window.loss += result.loss * result.targetTokens
      window.targetTokens += result.targetTokens
      window.tokens += result.tokens
      window.seconds += seconds
      const progress: TrainingProgress = {
        step,
        totalSteps: state.totalSteps,
        epoch: state.epoch + state.stepInEpoch / batches.length,
        loss: window.loss / window.targetTokens,
        learningRate: rate,
        tokensPerSecond: window.tokens / window.seconds,
        measures: measures.means(),
      }
      options.onProgress?.(progress)
      if (step % reportEvery === 0 || step === state.totalSteps) {
        const { measures: means, ...rest } = progress
        record(options, 'step-finished', { ...rest, ...means, gradientNorm: result.gradientNorm })
        measures.clear()
        Object.assign(window, { loss: 0, targetTokens: 0, tokens: 0, seconds: 0 })
      }
      const last = step === state.totalSteps
      const evaluates = options.evaluate !== undefined && (last || isDue(step, options.evaluateEverySteps))
      state = { ...state, evaluationDue: evaluates }
      // Saved before it is evaluated: hours must not hang on an evaluation going well.
      if (last || evaluates || isDue(step, options.saveEverySteps)) await save()
      if (evaluates) await score()
      // A long run must let timers and signals in; a step blocks the thread.
      await new Promise((resolve) => setImmediate(resolve))
    }
    await finish(options, state)
    record(options, 'training-finished', { step: state.step, seconds: state.seconds, best: state.best })
    return { step: state.step, best: state.best, seconds: state.seconds, interrupted: false }
  } finally {
    await stepper.release()
  }
}

/** The mean of each named number since the last `clear`. */
class RunningMeans {
  private readonly sums = new Map<string, { total: number; count: number }>()

  add(values: Readonly<Record<string, number>>): void {
    for (const [name, value] of Object.entries(values)) {
      const { total, count } = this.sums.get(name) ?? { total: 0, count: 0 }
      this.sums.set(name, { total: total + value, count: count + 1 })
    }
  }

  means(): Record<string, number> {
    return Object.fromEntries([...this.sums].map(([name, { total, count }]) => [name, total / count]))
  }

  clear(): void {
    this.sums.clear()
  }
}

/** Writes an event of this training to the run's record. */
function record(
  { run, stage }: TrainerOptions,
  type: string,
  fields: Readonly<Record<string, unknown>>,
): void {
  run.emit({ ...fields, type, stage })
}

function isDue(step: number, every: number | undefined): boolean {
  return every !== undefined && step % every === 0
}

/** Whether a step leaves a checkpoint in every run, not only in one that was interrupted there. */
function isRegular(options: TrainerOptions, { totalSteps }: TrainingState, step: number): boolean {
  const evaluates = options.evaluate !== undefined && isDue(step, options.evaluateEverySteps)
  return step === totalSteps || evaluates || isDue(step, options.saveEverySteps)
}

/** Removes checkpoints that are no longer needed: neither the best, nor among those that the end averages. */
async function prune(options: TrainerOptions, state: TrainingState): Promise<void> {
  const { checkpoints, saveTotalLimit, averageCheckpoints: averaged } = options
  const regular = (await checkpointSteps(checkpoints)).filter((step) => isRegular(options, state, step))
  const keep = new Set([state.step, ...(averaged > 1 ? regular.slice(-averaged) : [])])
  if (state.best !== null) keep.add(state.best.step)
  await pruneCheckpoints(checkpoints, saveTotalLimit, keep, (step) => !isRegular(options, state, step))
}

function scheduleOf(options: TrainerOptions, totalSteps: number) {
  const { warmup } = options
  // A share of a number that a time limit has yet to give: for those first steps, of a number that is surely reached.
  const known = totalSteps === Number.MAX_SAFE_INTEGER ? provisionalSteps : totalSteps
  return {
    kind: options.schedule,
    peak: options.learningRate,
    warmupSteps: warmup < 1 ? Math.round(warmup * known) : warmup,
    totalSteps,
  }
}

/** The rows of each batch of each step of a pass: a pure function of the seed and the number of the pass. */
export function epochPlan(
  options: Pick<
    TrainerOptions,
    'examples' | 'objective' | 'gradientAccumulationSteps' | 'maxTokensPerBatch' | 'seed'
  >,
): (epoch: number) => number[][][] {
  const { examples, objective, gradientAccumulationSteps } = options
  if (examples.length === 0)
    throw new YuksuError('no-examples', 'there is no example to train on; see the dropped rows')
  const lengths = examples.map((example) => objective.lengths(example))
  const total = lengths.map(({ source, target }) => source + target)
  const buckets = { source: chooseBuckets(total, { count: 12, multipleOf: 16 }), target: [1] }
  return (epoch) => {
    const batches = planBatches({
      // Rows are grouped by all their tokens: what a batch costs is the source and the target together.
      lengths: total.map((length) => ({ source: length, target: 1 })),
      maxTokens: options.maxTokensPerBatch,
      buckets,
      seed: options.seed,
      epoch,
    })
    const steps: number[][][] = []
    for (let start = 0; start < batches.length; start += gradientAccumulationSteps) {
      steps.push(batches.slice(start, start + gradientAccumulationSteps).map(({ rows }) => rows))
    }
    return steps
  }
}

async function resume(
  options: TrainerOptions,
  stepper: TrainingStep,
  plan: (epoch: number) => number[][][],
): Promise<TrainingState> {
  const last = (await checkpointSteps(options.checkpoints)).at(-1)
  if (last !== undefined) {
    const state = await readCheckpoint(
      checkpointFolder(options.checkpoints, last),
      options.model,
      stepper.parameters,
    )
    record(options, 'training-resumed', { step: state.step })
    return state
  }
  const { epochs, maxSteps, minutes } = options
  if (epochs === undefined && maxSteps === undefined && minutes === undefined) {
    throw new YuksuError('no-limit', 'training has no end; give epochs, maxSteps or minutes')
  }
  const stepsPerEpoch = plan(0).length
  const totalSteps = Math.min(
    maxSteps ?? Number.POSITIVE_INFINITY,
    epochs === undefined ? Number.POSITIVE_INFINITY : Math.max(1, Math.round(epochs * stepsPerEpoch)),
  )
  const state: TrainingState = {
    step: 0,
    epoch: 0,
    stepInEpoch: 0,
    // Until a time limit is turned into steps the schedule is in its warm-up and does not look at the end.
    totalSteps: Number.isFinite(totalSteps) ? totalSteps : Number.MAX_SAFE_INTEGER,
    seconds: 0,
    best: null,
    evaluationsSinceBest: 0,
    evaluationDue: false,
  }
  record(options, 'training-started', {
    examples: options.examples.length,
    stepsPerEpoch,
    parameters: options.model.parameterCounts.trainable,
    ...(Number.isFinite(totalSteps) && { totalSteps }),
  })
  return state
}

function advance(state: TrainingState, seconds: number, stepsPerEpoch: number): TrainingState {
  const finishesEpoch = state.stepInEpoch + 1 === stepsPerEpoch
  return {
    ...state,
    step: state.step + 1,
    epoch: state.epoch + (finishesEpoch ? 1 : 0),
    stepInEpoch: finishesEpoch ? 0 : state.stepInEpoch + 1,
    seconds: state.seconds + seconds,
  }
}

/** Turns a time limit into a number of steps once the speed is known; from then on only steps count. */
function calibrate(
  options: TrainerOptions,
  state: TrainingState,
  settled: { readonly steps: number; readonly seconds: number },
): TrainingState {
  if (options.minutes === undefined || state.step !== calibrationSteps) return state
  // Resumed a few steps before, this process knows less than the record does.
  const { steps, seconds } = settled.steps > 0 ? settled : { steps: state.step, seconds: state.seconds }
  const secondsPerStep = seconds / steps
  const left = Math.max(0, options.minutes * 60 - state.seconds)
  const totalSteps = Math.min(state.totalSteps, state.step + Math.floor(left / secondsPerStep))
  record(options, 'steps-calibrated', { totalSteps, secondsPerStep })
  return { ...state, totalSteps }
}

async function evaluate(options: TrainerOptions, state: TrainingState): Promise<TrainingState> {
  const { value, scores } = await options.evaluate!()
  record(options, 'evaluation-finished', { step: state.step, value, scores })
  if (state.best !== null && !(value > state.best.value)) {
    return { ...state, evaluationsSinceBest: state.evaluationsSinceBest + 1, evaluationDue: false }
  }
  return { ...state, best: { step: state.step, value }, evaluationsSinceBest: 0, evaluationDue: false }
}

function stopsEarly({ earlyStoppingPatience }: TrainerOptions, state: TrainingState): boolean {
  return earlyStoppingPatience !== undefined && state.evaluationsSinceBest >= earlyStoppingPatience
}

/** Leaves the model with the weights that the options ask for: the best, the mean of the last, or simply the last. */
async function finish(options: TrainerOptions, state: TrainingState): Promise<void> {
  const steps = await checkpointSteps(options.checkpoints)
  if (options.averageCheckpoints > 1) {
    const last = steps.slice(-options.averageCheckpoints)
    await averageCheckpoints(
      last.map((step) => checkpointFolder(options.checkpoints, step)),
      options.model,
    )
    record(options, 'checkpoints-averaged', { steps: last })
    if (options.evaluate === undefined || state.best === null || !options.loadBestModelAtEnd) return
    const { value, scores } = await options.evaluate()
    record(options, 'evaluation-finished', { step: state.step, averaged: last.length, value, scores })
    if (value > state.best.value) return
  }
  if (options.loadBestModelAtEnd && state.best !== null) {
    await readWeights(checkpointFolder(options.checkpoints, state.best.step), options.model)
  }
}
