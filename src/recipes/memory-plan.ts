import { totalmem } from 'node:os'
import type { Sizes } from '../engine/dimension.ts'
import { YuksuError } from '../errors.ts'
import { rowsPerExample } from '../models/family.ts'
import { batchesToPlan, TrainingPlanner, type TrainingPlan } from '../train/plan-training.ts'
import type { ValidationLoss } from '../train/validation-loss.ts'
import { recipeOptimizer } from './recipe-optimizer.ts'
import type { Recipe } from './schema.ts'
import type { PreparedStage } from './stages/stage.ts'

/** What else a stage needs memory for, and what limits its batches. */
export interface StageMemory {
  readonly batchSetting: 'train.maxTokensPerBatch' | 'minimumRisk.maxTokensPerBatch'
  readonly loss?: ValidationLoss
  /** Rows of targets that each source has, where they are several; they are taken to be as long as the longest that is given. */
  readonly rowsPerSource?: number
}

/** What a stage of a run will take, in bytes, and what there is. */
export interface StagePlan extends TrainingPlan {
  readonly stage: string
  /** Measuring the loss of the validation rows. */
  readonly validation: number
  readonly available: number
  readonly fits: boolean
  /** Where it does not fit: settings with which it needs less, and how much then. They fit, unless only a smaller model does. */
  readonly instead?: { readonly settings: Settings; readonly total: number; readonly fits: boolean }
}

/** Values by their keys in the recipe. */
type Settings = Readonly<Record<string, string | number>>

/** What of a stage a plan looks at. */
export interface PlannedStage extends Pick<PreparedStage, 'label' | 'memory'> {
  readonly options: Pick<
    PreparedStage['options'],
    | 'model'
    | 'objective'
    | 'examples'
    | 'optimizer'
    | 'labelSmoothing'
    | 'memory'
    | 'products'
    | 'maxTokensPerBatch'
    | 'gradientAccumulationSteps'
    | 'seed'
  >
}

/** A plan is right within this share: what may still fit is not refused. */
export const planMargin = 0.15

/** Batches that are suggested are multiples of this many tokens. */
const batchStep = 64

/** Bytes that a run may take: what the recipe says, or else the memory of the machine or of its container. */
export function availableMemory({ train }: Recipe): number {
  if (train.memoryLimit !== undefined) return train.memoryLimit * 2 ** 30
  // Nought where there is no such limit.
  const container = process.constrainedMemory()
  return container > 0 ? Math.min(totalmem(), container) : totalmem()
}

/**
 * Plans a stage as it would be trained. `processBytes` is what the process takes without its model. Where the plan exceeds what there is by
 * more than its margin, looks for settings with which it does not, those first that cost the least: fewer tokens a batch, with as many
 * more batches a step; a step in parts; an optimizer that keeps less.
 */
export function planStage(
  recipe: Recipe,
  { label: stage, options, memory }: PlannedStage,
  processBytes?: number,
): StagePlan {
  const available = availableMemory(recipe)
  const validation = memory.loss?.plannedBytes() ?? 0
  const { maxTokensPerBatch, gradientAccumulationSteps: steps } = options
  const planners = new Map<string, TrainingPlanner>()
  const planWith = ({ tokens, low, eightBits }: Change): TrainingPlan => {
    const accumulate = (tokens < maxTokensPerBatch ? 2 : 1) * steps > 1
    const key = `${low} ${accumulate}`
    let planner = planners.get(key)
    if (planner === undefined) {
      const { model, objective, labelSmoothing, products } = options
      planner = new TrainingPlanner({
        model,
        objective,
        labelSmoothing,
        ...(products && { products }),
        accumulate,
        memory: low ? 'low' : 'fast',
        ...(processBytes !== undefined && { processBytes }),
      })
      planners.set(key, planner)
    }
    const optimizer = eightBits
      ? recipeOptimizer({ ...recipe.train, optimizer: 'adamw-8bit' })
      : options.optimizer
    const batches = batchesToPlan({ ...options, maxTokensPerBatch: tokens }).map((sizes) =>
      sized(sizes, memory),
    )
    const plan = planner.plan({ optimizer, batches })
    return { ...plan, total: plan.total + validation }
  }
  const asItIs: Change = { tokens: maxTokensPerBatch, low: options.memory === 'low', eightBits: false }
  const plan = planWith(asItIs)
  const fits = plan.total <= available * (1 + planMargin)
  const found = { stage, ...plan, validation, available, fits }
  if (fits) return found
  const settingsOf = ({ tokens, low, eightBits }: Change): Settings => ({
    ...(low && !asItIs.low && { 'train.memory': 'low' }),
    ...(eightBits && { 'train.optimizer': 'adamw-8bit' }),
    ...(tokens < maxTokensPerBatch && { [memory.batchSetting]: tokens }),
    // The stages of a run take equally many batches a step: that of one which has its own batches is left.
    ...(tokens < maxTokensPerBatch &&
      memory.batchSetting === 'train.maxTokensPerBatch' && {
        'train.gradientAccumulationSteps': steps * Math.ceil(maxTokensPerBatch / tokens),
      }),
  })
  const instead = (change: Change) => {
    const { total } = planWith(change)
    return { settings: settingsOf(change), total, fits: total <= available }
  }
  const possible = changes(recipe, asItIs)
  for (const change of possible) {
    const tokens = mostTokens(
      maxTokensPerBatch,
      (tokens) => planWith({ ...change, tokens }).total <= available,
    )
    if (tokens !== undefined) return { ...found, instead: instead({ ...change, tokens }) }
  }
  return {
    ...found,
    instead: instead({ ...possible.at(-1)!, tokens: Math.min(batchStep, maxTokensPerBatch) }),
  }
}

/** Throws YuksuError where the stage cannot fit. */
export function checkFits({ fits, stage, total, available, instead }: StagePlan): void {
  if (fits || instead === undefined) return
  const settings = Object.entries(instead.settings).map(([key, value]) => `${key}=${value}`)
  const least = gibibytes(instead.total)
  throw new YuksuError(
    'memory-limit',
    `${stage} needs about ${gibibytes(total)} of memory and there are ${gibibytes(available)}; ` +
      (instead.fits
        ? `with ${settings.join(' ')} it needs about ${least}`
        : `even with ${settings.join(' ')} it needs about ${least}, so lower model.width or the number of layers`),
  )
}

export function gibibytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(bytes < 2 ** 30 ? 2 : 1)} GiB`
}

interface Change {
  readonly tokens: number
  readonly low: boolean
  readonly eightBits: boolean
}

/** What may be done besides taking fewer tokens, what costs less first. */
function changes({ train }: Recipe, asItIs: Change): Change[] {
  const canShrink = train.optimizer === 'adamw'
  return [
    asItIs,
    ...(asItIs.low ? [] : [{ ...asItIs, low: true }]),
    ...(canShrink ? [{ ...asItIs, eightBits: true }] : []),
    ...(canShrink && !asItIs.low ? [{ ...asItIs, low: true, eightBits: true }] : []),
  ]
}

/** The most tokens a batch that fit, a multiple of the step unless it is `most` itself; undefined where even the fewest do not. */
function mostTokens(most: number, fits: (tokens: number) => boolean): number | undefined {
  if (fits(most)) return most
  let [low, high] = [0, Math.ceil(most / batchStep)]
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (fits(middle * batchStep)) low = middle
    else high = middle
  }
  return low === 0 ? undefined : low * batchStep
}

function sized(sizes: Sizes, { rowsPerSource }: StageMemory): Sizes {
  return rowsPerSource === undefined ? sizes : { ...sizes, [rowsPerExample]: rowsPerSource }
}
