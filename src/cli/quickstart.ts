import type { Command } from 'commander'
import { examples } from './arguments.ts'
import { interruptible } from './interrupt.ts'
import { printJson } from './output.ts'

/** What the command needs; `src/recipes/quickstart.ts` has it. */
export interface QuickstartModule {
  /** Shows everything to people itself unless `json` is set; gives the object that `--json` prints. */
  quickstart(options: { json: boolean; folder: string; signal: AbortSignal }): Promise<object>
}

export function registerQuickstart(program: Command, load: () => Promise<QuickstartModule>): void {
  const command = program
    .command('quickstart')
    .description('the main job on built-in dialogues: data, tokenizer, training, score; a few minutes')
    .option('--folder <folder>', 'where the run and its model are written', 'quickstart')
    .option('--json', 'print the scores as one JSON object')
    .action(async ({ folder, json = false }: { folder: string; json?: boolean }) => {
      const { quickstart } = await load()
      const result = await interruptible('finishing this step and saving', (signal) =>
        quickstart({ json, folder, signal }),
      )
      if (json) printJson(result)
    })
  examples(command, 'yuksu quickstart', 'yuksu quickstart --folder /data/first-try --json')
}
