import type { ProductPrecision } from '../engine/product-precisions.ts'
import { YuksuError } from '../errors.ts'
import { type RequestThread, startRequestThread } from '../threads/request-thread.ts'
import {
  modelClosed,
  type TextWriter,
  type WriteRequest,
  type WriterDescription,
  type WrittenAnswer,
} from './text-writer.ts'

export interface WorkerWriterOptions {
  /** The program of the thread; only a test has reason to take another. */
  readonly program?: URL
  /** What products of matrices are computed in; `float32` by default. */
  readonly precision?: ProductPrecision | undefined
  /** How long closing waits for the thread to end by itself. */
  readonly closeMilliseconds?: number
}

/** What the thread is started with. */
export interface WriterThreadData {
  readonly folder: string
  readonly precision?: ProductPrecision | undefined
}

type WriterThread = RequestThread<WriterDescription, WriteRequest, WrittenAnswer, string>

/**
 * Opens a model folder in a thread of its own. The thread does not keep the process alive while nothing is asked of it.
 * Where it ends by itself, its requests fail, and the next one opens the folder in a new thread: one answer that runs out
 * of memory must not end a service.
 *
 * @throws YuksuError as opening the folder does; `model-thread-ended` where the thread ends by itself while it answers;
 * `model-closed` after `close`.
 */
export async function openWorkerWriter(
  folder: string,
  options: WorkerWriterOptions = {},
): Promise<TextWriter> {
  let thread = await startThread(folder, options)
  let starting: Promise<WriterThread> | undefined
  let closed = false
  const startAgain = async (): Promise<WriterThread> => {
    starting ??= startThread(folder, options).finally(() => (starting = undefined))
    thread = await starting
    // It may have been closed meanwhile.
    if (closed) await thread.close()
    return thread
  }
  return {
    description: thread.description,
    write: async (request, { signal, onText } = {}) => {
      signal?.throwIfAborted()
      if (closed) throw modelClosed()
      const running = thread.hasEnded() ? await startAgain() : thread
      return running.ask(request, { signal, onNotice: onText })
    },
    async close() {
      closed = true
      await Promise.all([starting?.then((started) => started.close()).catch(() => undefined), thread.close()])
    },
  }
}

function startThread(folder: string, options: WorkerWriterOptions): Promise<WriterThread> {
  // The package runs as built: Node 20 loads no TypeScript in a thread.
  const program = options.program ?? new URL('./writer-worker.js', import.meta.url)
  return startRequestThread(program, {
    data: { folder, precision: options.precision } satisfies WriterThreadData,
    closed: modelClosed,
    closeMilliseconds: options.closeMilliseconds,
    ended: (reason, cause) =>
      new YuksuError(
        'model-thread-ended',
        `the thread that ran the model ended unexpectedly (${reason}); open the model again, with more memory free if it ran out`,
        { cause },
      ),
  })
}
