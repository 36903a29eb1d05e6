import type { Command } from 'commander'
import type { ProductPrecision } from '../engine/product-precisions.ts'
import { examples, productsOption } from './arguments.ts'
import type { LanguageModelModule } from './language-model.ts'

export function registerChat(program: Command, load: () => Promise<LanguageModelModule>): void {
  const command = program
    .command('chat')
    .description('talk to a model in the terminal; /reset forgets, /quit ends')
    .argument('<model>', 'a model folder, or a name on the hub: organization/model[@revision]')
    .addOption(productsOption())
    .action(async (nameOrFolder: string, { products }: { products?: ProductPrecision }) => {
      const [{ chat }, { openLanguageModel }, { resolveModelShown }] = await Promise.all([
        import('./chat-session.ts'),
        load(),
        import('../runs/resolve-shown.ts'),
      ])
      const model = await openLanguageModel(await resolveModelShown(nameOrFolder), { precision: products })
      try {
        await chat(model, { input: process.stdin, output: process.stdout, messages: process.stderr })
      } finally {
        await model.close()
      }
    })
  examples(
    command,
    'yuksu chat runs/dialogue-summarization/model',
    'yuksu chat runs/dialogue-summarization/model < dialogues.txt   # an empty line ends each',
  )
}
