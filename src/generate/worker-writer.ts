import { Worker } from 'node:worker_threads'
import { YuksuError } from '../errors.ts'
import {
  type AnswerHooks,
  modelClosed,
  type TextWriter,
  type WriterDescription,
  type WrittenAnswer,
} from './text-writer.ts'
import { receiveError, type WriterCommand, type WriterReport } from './writer-messages.ts'

interface Waiting {
  readonly onText: ((piece: string) => void) | undefined
  readonly resolve: (answer: WrittenAnswer) => void
  readonly reject: (error: unknown) => void
}

export interface WorkerWriterOptions {
  /** The program of the thread; only a test has reason to take another. */
  readonly program?: URL
  /** How long closing waits for the thread to end by itself. */
  readonly closeMilliseconds?: number
}

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
    write: async (request, hooks) => {
      hooks?.signal?.throwIfAborted()
      if (closed) throw modelClosed()
      return (thread.hasEnded() ? await startAgain() : thread).write(request, hooks)
    },
    async close() {
      closed = true
      await Promise.all([starting?.then((started) => started.close()).catch(() => undefined), thread.close()])
    },
  }
}

interface WriterThread extends TextWriter {
  /** Whether it can take no more requests. */
  hasEnded(): boolean
}

async function startThread(folder: string, options: WorkerWriterOptions): Promise<WriterThread> {
  // The package runs as built: Node 20 loads no TypeScript in a thread.
  const program = options.program ?? new URL('./writer-worker.js', import.meta.url)
  const worker = new Worker(program, { workerData: { folder } })
  const waiting = new Map<number, Waiting>()
  let ended: YuksuError | undefined
  let closing: Promise<void> | undefined
  let nextId = 0

  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  const send = (command: WriterCommand) => worker.postMessage(command)
  const settle = (id: number): Waiting | undefined => {
    const entry = waiting.get(id)
    waiting.delete(id)
    if (waiting.size === 0) worker.unref()
    return entry
  }
  const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
  const end = (error: YuksuError) => {
    ended ??= error
    for (const id of waiting.keys()) settle(id)!.reject(ended)
  }

  const description = await new Promise<WriterDescription>((resolve, reject) => {
    worker.on('message', (message: WriterReport) => {
      if (message.type === 'opened') resolve(message.description)
      else if (message.type === 'open-failed') reject(receiveError(message.error))
      else if (message.type === 'text') waiting.get(message.id)?.onText?.(message.piece)
      else if (message.type === 'answer') settle(message.id)?.resolve(message.answer)
      else settle(message.id)?.reject(receiveError(message.error))
    })
    worker.on('error', (cause: Error) => {
      end(threadEnded(cause.message, cause))
      reject(ended)
    })
    worker.on('exit', (status) => {
      end(threadEnded(`status ${status}`))
      reject(ended)
    })
  })
  worker.unref()

  return {
    description,
    hasEnded: () => ended !== undefined,
    async write(request, { signal, onText }: AnswerHooks = {}) {
      signal?.throwIfAborted()
      if (ended) throw ended
      const id = nextId++
      const give = () => {
        send({ type: 'abort', id })
        settle(id)?.reject(signal!.reason)
      }
      try {
        return await new Promise<WrittenAnswer>((resolve, reject) => {
          waiting.set(id, { onText, resolve, reject })
          worker.ref()
          signal?.addEventListener('abort', give, { once: true })
          send({ type: 'write', id, request, streams: onText !== undefined })
        })
      } finally {
        signal?.removeEventListener('abort', give)
      }
    },
    close() {
      closing ??= closeThread()
      return closing
    },
  }

  async function closeThread(): Promise<void> {
    if (ended) return
    end(modelClosed())
    worker.ref()
    send({ type: 'close' })
    const timer = setTimeout(() => void worker.terminate(), options.closeMilliseconds ?? 5000)
    await exited
    clearTimeout(timer)
  }
}

function threadEnded(reason: string, cause?: unknown): YuksuError {
  const text = reason.replace(/\s+/g, ' ').slice(0, 200)
  return new YuksuError(
    'model-thread-ended',
    `the thread that ran the model ended unexpectedly (${text}); open the model again, with more memory free if it ran out`,
    { cause },
  )
}
