import type { Command } from 'commander'
import { examples } from './arguments.ts'
import { printJson, say } from './output.ts'

export function registerNative(program: Command): void {
  const command = program
    .command('native')
    .description('build the optional native library, for products in bfloat16 (needs a C compiler)')
    .option('--json', 'print one JSON object')
    .action(async ({ json }: { json?: boolean }) => {
      const { buildNativeLibrary, loadNativeLibrary } = await import('../engine/native-library.ts')
      const path = await buildNativeLibrary()
      await loadNativeLibrary()
      if (json) printJson({ path })
      else
        say(
          `The native library is built (${path}). Recipes may say train.products=int8x6, about as exact as float32, or bfloat16; generate, serve and chat take --products.`,
        )
    })
  examples(command, 'yuksu native', 'yuksu run recipes/dialogue-summarization.yaml train.products=bfloat16')
}
