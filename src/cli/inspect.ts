import type { Command } from 'commander'
import { examples } from './arguments.ts'
import { printFields, printJson } from './output.ts'

/** What the command needs; `src/models/inspect.ts` has it. */
export interface InspectModule {
  /** `{ family, parameters: { total, trainable }, memory: { … } }` */
  inspectModel(folder: string): Promise<object> | object
}

export function registerInspect(program: Command, load: () => Promise<InspectModule>): void {
  const command = program
    .command('inspect')
    .description('parameters of a model, and the memory it takes to run and to train')
    .argument('<model>', 'a model folder')
    .option('--json', 'print one JSON object')
    .action(async (folder: string, options: { json?: boolean }) => {
      const { inspectModel } = await load()
      const found = await inspectModel(folder)
      if (options.json) printJson(found)
      else printFields(found)
    })
  examples(command, 'yuksu inspect runs/dialogue-summarization/model --json')
}
