import { YuksuError } from '../errors.ts'
import { type RequestThread, startRequestThread } from '../threads/request-thread.ts'
import type { Program } from './lowering.ts'
import type { HostTensor, SessionOptions } from './session.ts'

type Values = Readonly<Record<string, HostTensor>>

export interface HostedProgram {
  readonly program: Omit<Program, 'operations' | 'graph'>
  readonly kept: Values
  readonly options: SessionOptions
}

export interface SessionThreadOptions extends Omit<SessionOptions, 'profile'> {
  /** Values of inputs that are the same at every run, such as weights: they go to the thread once. */
  readonly kept?: Values
  /** The code of the thread; only a test has reason to take another. */
  readonly code?: URL
}

/**
 * A program in a thread of its own, so that a run does not block the caller's. What is fed is copied there and what comes out is
 * handed over; a `Session` in the caller's thread writes into given memory instead.
 */
export class SessionThread implements AsyncDisposable {
  private readonly thread: RequestThread<null, Values, Values, never>
  private last: Promise<unknown> = Promise.resolve()

  private constructor(thread: RequestThread<null, Values, Values, never>) {
    this.thread = thread
  }

  static async create(program: Program, options: SessionThreadOptions = {}): Promise<SessionThread> {
    // The package runs as built: Node 20 loads no TypeScript in a thread.
    const { kept = {}, code = new URL('./session-worker.js', import.meta.url), ...rest } = options
    const { bytes, inputs, outputs, held, nodeCount, native } = program
    const data: HostedProgram = {
      program: { bytes, inputs, outputs, held, nodeCount, native },
      kept,
      options: { spin: false, ...rest },
    }
    return new SessionThread(
      await startRequestThread(code, {
        data,
        closed: () =>
          new YuksuError('program-released', 'the program was released; create another to run it again'),
        ended: (reason, cause) =>
          new YuksuError(
            'program-thread-ended',
            `the thread that ran the program ended unexpectedly (${reason}); create it again, with more memory free if it ran out`,
            { cause },
          ),
      }),
    )
  }

  /**
   * Runs the program after the runs that were asked for before, and throws as `Session.run` does. An aborted run that waits is not
   * begun; one that is under way goes on in its thread, and its outcome is dropped.
   */
  async run(feeds: Values, { signal }: { readonly signal?: AbortSignal } = {}): Promise<Values> {
    signal?.throwIfAborted()
    const before = this.last
    // One at a time, so that what waits can still be left out.
    const turn = (async () => {
      await before
      signal?.throwIfAborted()
      return this.thread.ask(feeds)
    })()
    this.last = turn.catch(() => undefined)
    return signal === undefined ? turn : untilAborted(turn, signal)
  }

  async release(): Promise<void> {
    await this.thread.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release()
  }
}

async function untilAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  let stop = () => {}
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(signal.reason as Error)
    signal.addEventListener('abort', stop, { once: true })
  })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
