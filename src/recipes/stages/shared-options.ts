import { mkdir } from 'node:fs/promises'
import { YuksuError } from '../../errors.ts'
import type { Tokenizer } from '../../tokenizers/tokenizer.ts'
import { interchangeTokens } from '../../train/interchange-tokens.ts'
import type { TrainerOptions } from '../../train/trainer.ts'
import type { ValidationLoss } from '../../train/validation-loss.ts'
import { recipeOptimizer, recipeParameterGroups } from '../recipe-optimizer.ts'
import { evaluate } from './evaluate.ts'
import type { StageContext } from './stage.ts'

/** What every stage takes from the recipe's `train` section, and its model: with dropout of its own where the stage has that. */
export async function commonOptions(
  context: StageContext,
  name: string,
  dropout?: number,
): Promise<
  Omit<
    TrainerOptions,
    | 'objective'
    | 'examples'
    | 'learningRate'
    | 'warmup'
    | 'saveTotalLimit'
    | 'loadBestModelAtEnd'
    | 'averageCheckpoints'
  >
> {
  const { recipe, run, model, signal, writeExtras } = context
  const settings = recipe.train
  const checkpoints = run.path('checkpoints', name)
  await mkdir(checkpoints, { recursive: true })
  return {
    model: model.withDropout(dropout),
    run,
    stage: name,
    checkpoints,
    seed: recipe.seed,
    schedule: settings.schedule,
    optimizer: recipeOptimizer(settings),
    parameterGroups: recipeParameterGroups(settings),
    maxGradientNorm: settings.maxGradientNorm === 0 ? Number.POSITIVE_INFINITY : settings.maxGradientNorm,
    labelSmoothing: settings.labelSmoothing,
    gradientAccumulationSteps: settings.gradientAccumulationSteps,
    maxTokensPerBatch: settings.maxTokensPerBatch,
    memory: settings.memory,
    products: settings.products,
    saveEverySteps: settings.saveEverySteps,
    writeExtras,
    ...(signal && { signal }),
  }
}

/** Only the limits that a section gives. */
export function limits({
  epochs,
  maxSteps,
  minutes,
}: {
  epochs?: number | undefined
  maxSteps?: number | undefined
  minutes?: number | undefined
}) {
  return {
    ...(epochs !== undefined && { epochs }),
    ...(maxSteps !== undefined && { maxSteps }),
    ...(minutes !== undefined && { minutes }),
  }
}

/** What the stages that see the rows share: names exchanged in each pass, and how and how often they are judged. */
export function optionsOnRows(
  context: StageContext,
  loss: ValidationLoss,
): Pick<TrainerOptions, 'transform' | 'evaluate' | 'evaluateEverySteps' | 'saveTotalLimit'> {
  const { interchangeableTokens, evaluateEverySteps, saveTotalLimit } = context.recipe.train
  const names = tokenIds(interchangeableTokens, context.tokenizer)
  return {
    ...(names.size > 0 && { transform: (example, place) => interchangeTokens(example, names, place) }),
    evaluate: () => evaluate(context, loss),
    evaluateEverySteps,
    saveTotalLimit,
  }
}

function tokenIds(tokens: readonly string[], tokenizer: Tokenizer): Set<number> {
  return new Set(
    tokens.map((token) => {
      const id = tokenizer.tokenToId(token)
      if (id !== undefined) return id
      throw new YuksuError(
        'unknown-token',
        `train.interchangeableTokens: the tokenizer has no token '${token}'; add it to tokenizer.specialTokens`,
      )
    }),
  )
}
