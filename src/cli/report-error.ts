import { YuksuError } from '../errors.ts'
import { InterruptedError } from './interrupt.ts'

/**
 * Says on stderr in one line why a command failed, and gives its exit status. The stack of an unexpected error is
 * shown with YUKSU_DEBUG=1 only.
 */
export function reportError(error: unknown, environment: NodeJS.ProcessEnv = process.env): number {
  // Whatever is thrown on the way out after Ctrl-C has that as its cause.
  if (error instanceof InterruptedError || isAbort(error)) return Number(process.exitCode ?? 130)
  const debug = Boolean(environment['YUKSU_DEBUG'])
  if (debug && error instanceof Error && error.stack) process.stderr.write(`${error.stack}\n`)
  if (debug && error instanceof Error && error.cause)
    process.stderr.write(`caused by ${String(error.cause)}\n`)
  process.stderr.write(`yuksu: ${describe(error, debug)}\n`)
  return 1
}

function describe(error: unknown, debug: boolean): string {
  const message = oneLine(error instanceof Error ? error.message || error.name : String(error))
  if (error instanceof YuksuError) return message
  const hint = debug ? '' : '; this was not expected: set YUKSU_DEBUG=1 to see where it comes from'
  return `${message}${hint}`
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError'
}

/** Text on a single line, without control characters that could move the cursor. */
export function oneLine(text: string): string {
  return text
    .trim()
    .replaceAll(/\s*\n\s*/g, ' ')
    .replaceAll(/\p{Cc}/gu, ' ')
}
