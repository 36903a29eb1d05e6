import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import { oneLine, reportError } from './report-error.ts'

/** The command line without its commands; they are added by the `register…` functions of the files beside this one. */
export function createProgram(): Command {
  const program = new Command('yuksu')
    .description(
      'The whole life of a language model: clean, tokenize, train, measure and serve, on this machine.',
    )
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand('help [command]', 'show help of a command')
    .configureHelp({ sortSubcommands: false, showGlobalOptions: false })
    // One line for a mistake in the command line, like every other error.
    .configureOutput({
      outputError: (text, write) => write(`yuksu: ${oneLine(text.replace(/^error: /, ''))}\n`),
    })
    .showSuggestionAfterError()
    .exitOverride()
  return program
}

/** Runs the command line `words` and gives the exit status. */
export async function runProgram(program: Command, words: readonly string[]): Promise<number> {
  try {
    await program.parseAsync(words, { from: 'user' })
    return Number(process.exitCode ?? 0)
  } catch (error) {
    // Commander has already written what it has to say.
    if (error instanceof CommanderError) return error.exitCode
    return reportError(error)
  }
}

function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}
