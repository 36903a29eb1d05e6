/** The exit status of a program that Ctrl-C ended: 128 + SIGINT. */
export const interruptedStatus = 130

const signals = { SIGINT: interruptedStatus, SIGTERM: 143 } as const

/**
 * Runs `work` with a signal that the first Ctrl-C (or SIGTERM) aborts, so that the work can end in good order; the
 * second quits at once.
 *
 * @param notice what is said on stderr at the first one.
 */
export async function interruptible<Result>(
  notice: string,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const abort = new AbortController()
  const listeners = Object.entries(signals).map(([name, status]) => {
    const listener = () => {
      if (abort.signal.aborted) process.exit(status)
      process.exitCode = status
      process.stderr.write(`\nyuksu: ${notice}; once more to quit at once\n`)
      abort.abort(new InterruptedError())
    }
    process.on(name, listener)
    return () => process.off(name, listener)
  })
  try {
    return await work(abort.signal)
  } finally {
    for (const remove of listeners) remove()
  }
}

/** The reason of the signal that Ctrl-C aborts; nothing more needs to be said about it. */
export class InterruptedError extends Error {
  constructor() {
    super('interrupted')
    this.name = 'InterruptedError'
  }
}
