import type { Command } from 'commander'
import type { RecipeResult } from '../recipes/run-recipe.ts'
import type { Recipe } from '../recipes/schema.ts'
import { examples } from './arguments.ts'
import { interruptible } from './interrupt.ts'
import { printJson, printTable } from './output.ts'

/** What the command needs; `src/recipes/run-recipe.ts` has it. */
export interface RunRecipeModule {
  /** Shows its progress on stderr; gives what was made and how it scored. */
  runRecipe(recipe: Recipe, options: { signal: AbortSignal }): Promise<RecipeResult>
}

interface RunOptions {
  print?: boolean
  plan?: boolean
  json?: boolean
}

export function registerRun(program: Command, load: () => Promise<RunRecipeModule>): void {
  const command = program
    .command('run')
    .alias('train')
    .description('run a recipe, or resume it where it was stopped')
    .argument('<recipe>', 'a YAML file; docs/recipes.md describes every key')
    .argument('[key=value...]', 'values that replace those of the recipe')
    .option('--print', 'print the recipe with every default filled in, and stop')
    .option('--plan', 'print how much memory each stage will need, train nothing, and stop')
    .option('--json', 'print the result as one JSON object')
    .action(async (path: string, overrides: string[], options: RunOptions) => {
      const { loadRecipe } = await import('../recipes/load-recipe.ts')
      const recipe = loadRecipe(path, overrides)
      if (options.print) {
        const { stringify } = await import('yaml')
        if (options.json) printJson(recipe)
        else process.stdout.write(stringify(recipe))
        return
      }
      if (options.plan) return printPlan(recipe, options)
      const { runRecipe } = await load()
      const result = await interruptible(
        'finishing this step and saving; the same command continues',
        (signal) => runRecipe(recipe, { signal }),
      )
      if (options.json) printJson(result)
      else {
        const { scoreTable } = await import('../recipes/score-table.ts')
        const tables = [result, ...(result.test === undefined ? [] : [result.test])].map(scoreTable)
        for (const lines of tables) process.stdout.write(`${lines.join('\n')}\n\n`)
        process.stdout.write(`The model is in ${result.model}\n`)
      }
    })
  examples(
    command,
    'yuksu run recipes/dialogue-summarization.yaml',
    'yuksu run recipes/dialogue-summarization.yaml --plan train.maxTokensPerBatch=8192',
    "yuksu run recipes/dialogue-summarization.yaml train.learningRate=2e-5 'data.train=[a.jsonl, b.csv.gz]'",
  )
}

async function printPlan(recipe: Recipe, { json }: RunOptions): Promise<void> {
  const { planRecipe } = await import('../recipes/plan-recipe.ts')
  const { checkFits } = await import('../recipes/memory-plan.ts')
  const plans = await planRecipe(recipe)
  if (json) printJson(plans)
  else {
    const parts = [
      ['weights', 'weights'],
      ['gradients', 'gradients'],
      ['optimizer state', 'optimizerState'],
      ['dropout masks', 'masks'],
      ['activations', 'activations'],
      ['validation', 'validation'],
      ['process and runtime', 'runtime'],
      ['in all', 'total'],
      ['there are', 'available'],
    ] as const
    printTable(
      ['MiB', ...plans.map(({ stage }) => stage)],
      parts.map(([name, part]) => [name, ...plans.map((plan) => mebibytes(plan[part]))]),
      ['left', ...plans.map(() => 'right' as const)],
    )
  }
  for (const plan of plans) checkFits(plan)
}

function mebibytes(bytes: number): string {
  return Math.round(bytes / 2 ** 20).toLocaleString('en-US')
}
