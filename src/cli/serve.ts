import type { Command } from 'commander'
import type { ProductPrecision } from '../engine/product-precisions.ts'
import { examples, oneOfSeveral, productsOption, wholeNumber } from './arguments.ts'
import { interruptible } from './interrupt.ts'
import type { LanguageModelModule } from './language-model.ts'
import { printJson, say } from './output.ts'
import { reportError } from './report-error.ts'

interface ServeOptions {
  port: number
  host: string
  name?: string
  cors?: string[]
  maxWaiting: number
  products?: ProductPrecision
  json?: boolean
}

export function registerServe(program: Command, load: () => Promise<LanguageModelModule>): void {
  const command = program
    .command('serve')
    .description('serve a model on the OpenAI chat route, with a page at /')
    .argument('<model>', 'a model folder, or a name on the hub: organization/model[@revision]')
    .option('--port <number>', 'port to listen on; 0 takes a free one', wholeNumber(0, 65535), 8080)
    .option('--host <address>', 'address to listen on; 0.0.0.0 lets other machines in', '127.0.0.1')
    .option('--name <name>', 'name clients ask for; without it that of the folder')
    .option(
      '--cors <origin>',
      'a web page that may call the server, as https://example.com; repeatable',
      oneOfSeveral,
    )
    .option(
      '--max-waiting <number>',
      'requests that may wait before others are turned away',
      wholeNumber(0),
      16,
    )
    .addOption(productsOption())
    .option('--json', 'print the address as one JSON object')
    .action(async (nameOrFolder: string, options: ServeOptions) => {
      const [{ createServer }, { openLanguageModel }, { resolveModelShown }, { modelNameOf }] =
        await Promise.all([
          import('../serve/server.ts'),
          load(),
          import('../runs/resolve-shown.ts'),
          import('../generate/model-name.ts'),
        ])
      const folder = await resolveModelShown(nameOrFolder)
      const name = options.name ?? modelNameOf(nameOrFolder, folder === nameOrFolder)
      const model = await openLanguageModel(folder, { precision: options.products })
      try {
        const server = createServer({
          models: { [name]: model },
          host: options.host,
          port: options.port,
          corsOrigins: options.cors ?? [],
          maxWaiting: options.maxWaiting,
          onError: reportError,
        })
        const { url } = await server.listen()
        if (options.json) printJson({ url, model: name })
        else process.stdout.write(`${url}\n`)
        say(`Serving ${name}: the page is at ${url}/, the OpenAI API at ${url}/v1. Ctrl-C stops.`)
        if (options.host === '0.0.0.0' || options.host === '::')
          say('Every machine that reaches this address can use the model; there is no password.')
        await interruptible('letting running answers end', async (signal) => {
          await new Promise((stopped) => signal.addEventListener('abort', stopped))
          await server.close()
        })
        // Ctrl-C is how a server ends, not a failure.
        process.exitCode = 0
      } finally {
        await model.close()
      }
    })
  examples(
    command,
    'yuksu serve runs/dialogue-summarization/model --port 8080',
    `curl http://127.0.0.1:8080/v1/chat/completions -H 'content-type: application/json' \\
      -d '{"model": "dialogue-summarization", "messages": [{"role": "user", "content": "#Person1#: …"}]}'`,
  )
}
