/**
 * What a training step will take, known beforehand and without taking any of it: what is kept for every parameter is counted, what the
 * runtime needs is followed through the step's program.
 *
 *     weights          4 bytes a number, and as many as they have for those in few bits
 *     gradients        4 T for T trained numbers
 *     optimizerState   what the optimizer says it keeps
 *     masks            4 bytes for every place where dropout may fall
 *     activations      what the runtime holds for the values of the largest batches, its gaps counted; with `memory: low` what stands
 *                      between the parts, and the values of the largest part
 *     runtime          the process and the runtime themselves, constants, a batch, and copies of gradients
 *
 * The copies: the runtime hands out every result a second time, in memory that lives until it is collected, which for a step in parts is soon.
 */
import { elementCount, resolveShape, type Sizes } from '../engine/dimension.ts'
import { programInputs, type Program, type ProgramInput } from '../engine/lowering.ts'
import { planProgram } from '../engine/plan.ts'
import { compileSegments } from '../engine/segments.ts'
import type { Model } from '../models/model.ts'
import { flowPlaces } from './flow-places.ts'
import type { Objective } from './objectives/objective.ts'
import type { Optimizer } from './optimizers/optimizer.ts'
import { compileGradients, traceGradients, type TracedGradients } from './training-program.ts'
import { epochPlan } from './trainer.ts'
import type { TrainingStepOptions } from './training-step.ts'

/** Bytes. */
export interface TrainingPlan {
  readonly weights: number
  readonly gradients: number
  readonly optimizerState: number
  readonly masks: number
  readonly activations: number
  readonly runtime: number
  readonly total: number
}

export interface TrainingPlanOptions extends Pick<
  TrainingStepOptions,
  'labelSmoothing' | 'memory' | 'products'
> {
  readonly model: Model
  readonly objective: Objective
  /** Whether a step adds up the gradients of several batches. */
  readonly accumulate?: boolean
  /** What the process takes beside the model; by default what one with the runtime loaded and no data does. */
  readonly processBytes?: number
}

/** What the steps of a plan are taken with; the most of all batches counts. */
export interface PlannedSteps {
  readonly optimizer: Optimizer
  /** Numbers for the sizes that the objective's batches name: `batch`, `source`, `target`. */
  readonly batches: readonly Sizes[]
}

/** Node with the runtime loaded. */
const processBytes = 80e6
/** What the runtime takes for a session of few nodes: threads, their scratch memory, the first growth of the heap. */
const sessionBytes = 70e6
const bytesPerNode = 15e3
/** What gathers of results that nobody holds any more where they come in small pieces, with the gaps that pieces leave. */
const gathered = 100e6

/** The plan of steps over these batches, one after the other. Throws YuksuError where a batch leaves a size open. */
export function planTraining({
  optimizer,
  batches,
  ...options
}: TrainingPlanOptions & PlannedSteps): TrainingPlan {
  return new TrainingPlanner(options).plan({ optimizer, batches })
}

/** Plans of one model under several batches and optimizers: what is traced is traced once. */
export class TrainingPlanner {
  private readonly options: TrainingPlanOptions
  private readonly step: PlannedProgram

  constructor(options: TrainingPlanOptions) {
    this.options = options
    const { model, objective, labelSmoothing, memory = 'fast', products, accumulate = false } = options
    const shape = { batch: 'batch', source: 'source', target: 'target' }
    const traced = traceGradients(model, objective, { shape, labelSmoothing, memory, products })
    this.step = memory === 'low' ? segmentedStep(traced, accumulate) : wholeStep(traced, accumulate)
  }

  plan({ optimizer, batches }: PlannedSteps): TrainingPlan {
    const { model, memory, processBytes: ofProcess = processBytes } = this.options
    const { specifications, quantized } = model
    const inFewBits = [...quantized.values()].reduce((total, { weight }) => total + weight.bytes, 0)
    const trained = specifications.filter(({ trainable }) => trainable)
    const count = (list: typeof trained) => list.reduce((total, { shape }) => total + elementCount(shape), 0)
    const kept = trained.flatMap(({ shape }) => Object.values(optimizer.state(shape as number[])))
    const gradients = 4 * count(trained)
    const { activations, masks, constants, fed, nodes } = this.step(batches)
    const results = memory === 'low' ? gathered : gradients
    const parts = {
      weights: 4 * count([...specifications]) + inFewBits,
      gradients,
      optimizerState: 4 * kept.reduce((total, length) => total + length, 0),
      masks,
      activations,
      runtime: ofProcess + sessionBytes + nodes * bytesPerNode + constants + fed + results,
    }
    return { ...parts, total: Object.values(parts).reduce((total, bytes) => total + bytes, 0) }
  }
}

/** Batches of the most tokens that are looked at, and as many of the most target tokens. */
const largestBatches = 4
/** Batches that are looked at besides, whose memory is used again for others only with gaps. */
const otherBatches = 4

/**
 * The batches of examples, as the trainer makes them, that a plan has to look at. Which of an epoch they are differs from epoch to epoch;
 * how large the largest are hardly does, because each length has a batch that holds its longest target.
 */
export function batchesToPlan(options: Parameters<typeof epochPlan>[0]): Sizes[] {
  const { examples, objective } = options
  const lengths = examples.map((example) => objective.lengths(example))
  const batches = epochPlan(options)(0)
    .flat()
    .map((rows) => ({
      batch: rows.length,
      source: largest(rows, (row) => lengths[row]!.source),
      target: largest(rows, (row) => lengths[row]!.target),
    }))
  const most = (of: (sizes: (typeof batches)[number]) => number) =>
    batches.toSorted((left, right) => of(right) - of(left)).slice(0, largestBatches)
  return [
    ...batches.slice(0, otherBatches),
    ...most(({ batch, target }) => batch * target),
    ...most(({ batch, source, target }) => batch * (source + target)),
  ]
}

/** Bytes of a step's program or programs over batches. */
type PlannedProgram = (batches: readonly Sizes[]) => {
  readonly activations: number
  readonly masks: number
  readonly constants: number
  /** What a batch is, masks and parameters not counted. */
  readonly fed: number
  readonly nodes: number
}

function wholeStep(traced: TracedGradients, accumulate: boolean): PlannedProgram {
  const program = compileGradients(traced, accumulate)
  return (batches) => {
    const { arena, constants } = planProgram(program, ...batches)
    return {
      activations: arena,
      masks: largest(batches, (sizes) => maskBytes(program.inputs, sizes)),
      constants,
      fed: largest(batches, (sizes) => batchBytes(program.inputs, sizes)),
      nodes: program.nodeCount,
    }
  }
}

function segmentedStep(traced: TracedGradients, accumulate: boolean): PlannedProgram {
  const { loss, negativeLogLikelihood, targets, boundaries: cuts, precision } = traced
  const program = compileSegments({
    loss,
    results: { negativeLogLikelihood },
    parameters: targets,
    boundaries: cuts,
    accumulate,
    precision,
  })
  const { segments, boundaries } = program
  const inputs = programInputs([negativeLogLikelihood])
  // Parts alike are one program.
  const programs = new Map<string, Program>()
  for (const { forward, backward } of segments) {
    for (const bound of [forward, backward]) {
      if (bound !== undefined)
        programs.set(Buffer.from(bound.program.bytes).toString('latin1'), bound.program)
    }
  }
  const list = [...programs.values()]
  return (batches) => {
    // The boundaries, and what flows back into those whose part is not done.
    const between = largest(batches, (sizes) => {
      const lengths = [...boundaries.values()].map(({ shape }) => elementCount(resolveShape(shape, sizes)))
      return 4 * [...lengths, ...flowPlaces(program, sizes).lengths].reduce((total, one) => total + one, 0)
    })
    const plans = list.map((program) => planProgram(program, ...batches))
    return {
      activations: between + largest(plans, ({ temporaries }) => temporaries),
      masks: largest(batches, (sizes) => largest(list, (program) => maskBytes(program.inputs, sizes))),
      constants: plans.reduce((total, { constants }) => total + constants, 0),
      fed: largest(batches, (sizes) => batchBytes(inputs, sizes)),
      nodes: list.reduce((total, { nodeCount }) => total + nodeCount, 0),
    }
  }
}

function largest<Item>(items: readonly Item[], of: (item: Item) => number): number {
  return items.reduce((most, item) => Math.max(most, of(item)), 0)
}

/** Masks lie in one memory, each in whole vectors of 32. */
function maskBytes(inputs: readonly ProgramInput[], sizes: Sizes): number {
  return inputs.reduce((total, { shape, random }) => {
    if (random === undefined) return total
    return total + 4 * 32 * Math.ceil(elementCount(resolveShape(shape, sizes)) / 32)
  }, 0)
}

/** What is neither a mask nor a parameter has a named size. */
function batchBytes(inputs: readonly ProgramInput[], sizes: Sizes): number {
  return inputs.reduce((total, { shape, dtype, random }) => {
    if (random !== undefined || shape.every((size) => typeof size === 'number')) return total
    return total + (dtype === 'int64' ? 8 : 4) * elementCount(resolveShape(shape, sizes))
  }, 0)
}
