import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRun } from '../runs/run.ts'
import { describeModel } from './build-model.ts'
import { planStage, type StagePlan } from './memory-plan.ts'
import { prepareRecipe, type RunRecipeOptions } from './run-recipe.ts'
import type { Recipe } from './schema.ts'

/**
 * What each stage of a recipe will take, without training and without taking the model's memory: the rows are read and the tokenizer is
 * made, unless the run that the recipe names has one, since both decide how many tokens there are. Nothing is left in the run's folder.
 */
export async function planRecipe(
  recipe: Recipe,
  { say = () => undefined, ...options }: RunRecipeOptions = {},
): Promise<StagePlan[]> {
  const folder = await mkdtemp(join(tmpdir(), 'yuksu-plan-'))
  const made = join(recipe.output, 'tokenizer')
  const planned: Recipe = {
    ...recipe,
    output: join(folder, 'run'),
    ...(existsSync(made) && { tokenizer: { ...recipe.tokenizer, from: made } }),
  }
  const run = await createRun(planned.output, { recipe: planned, seed: planned.seed })
  try {
    const { prepared, processBytes } = await prepareRecipe(planned, run, say, options, describeModel)
    const plans = prepared.map((stage) => planStage(planned, stage, processBytes))
    for (const { release } of prepared) await release()
    return plans
  } finally {
    run.close()
    await rm(folder, { recursive: true })
  }
}
