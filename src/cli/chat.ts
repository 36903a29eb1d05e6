import type { Command } from 'commander'
import { examples } from './arguments.ts'
import type { LanguageModelModule } from './language-model.ts'

export function registerChat(program: Command, load: () => Promise<LanguageModelModule>): void {
  const command = program
    .command('chat')
    .description('talk to a model in the terminal; /reset forgets, /quit ends')
    .argument('<model>', 'a model folder')
    .action(async (folder: string) => {
      const [{ chat }, { openLanguageModel }] = await Promise.all([import('./chat-session.ts'), load()])
      const model = await openLanguageModel(folder)
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
