import { type TransferListItem, Worker } from 'node:worker_threads'
import { receiveError, type ThreadCommand, type ThreadReport } from './thread-messages.ts'

export interface AskHooks<Notice> {
  readonly signal?: AbortSignal | undefined
  /** Called with what the thread says before it answers. */
  readonly onNotice?: ((notice: Notice) => void) | undefined
  /** Memory of the request that is handed over rather than copied. */
  readonly transfer?: readonly TransferListItem[] | undefined
}

/** A thread that answers requests. It does not keep the process alive while nothing is asked of it. */
export interface RequestThread<Description, Request, Answer, Notice> {
  readonly description: Description
  /** Whether it can take no more requests. */
  hasEnded(): boolean
  /** Throws what the thread throws, the signal's reason at once, or that the thread ended or was closed. */
  ask(request: Request, hooks?: AskHooks<Notice>): Promise<Answer>
  /** Ends what runs, and the thread. */
  close(): Promise<void>
}

export interface RequestThreadOptions {
  readonly data: unknown
  /** What requests fail with where the thread ends by itself; the reason is one line. */
  readonly ended: (reason: string, cause?: unknown) => Error
  /** What they fail with once it is closed. */
  readonly closed: () => Error
  /** How long closing waits for the thread to end by itself. */
  readonly closeMilliseconds?: number | undefined
}

interface Waiting<Answer, Notice> {
  readonly onNotice: ((notice: Notice) => void) | undefined
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: unknown) => void
}

/** Starts a thread whose program is one `serveRequests`, and waits until it has opened what it hosts. Throws what opening throws. */
export async function startRequestThread<Description, Request, Answer, Notice = never>(
  program: URL,
  options: RequestThreadOptions,
): Promise<RequestThread<Description, Request, Answer, Notice>> {
  const worker = new Worker(program, { workerData: options.data })
  const waiting = new Map<number, Waiting<Answer, Notice>>()
  let ended: Error | undefined
  let closing: Promise<void> | undefined
  let nextId = 0

  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  const send = (command: ThreadCommand<Request>, transfer: readonly TransferListItem[] = []) =>
    worker.postMessage(command, transfer)
  const settle = (id: number): Waiting<Answer, Notice> | undefined => {
    const entry = waiting.get(id)
    waiting.delete(id)
    if (waiting.size === 0) worker.unref()
    return entry
  }
  const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
  const end = (error: Error) => {
    ended ??= error
    for (const id of waiting.keys()) settle(id)!.reject(ended)
  }
  const endedBy = (text: string, cause?: unknown) =>
    options.ended(text.replace(/\s+/g, ' ').slice(0, 200), cause)

  const description = await new Promise<Description>((resolve, reject) => {
    worker.on('message', (message: ThreadReport<Description, Answer, Notice>) => {
      if (message.type === 'opened') resolve(message.description)
      else if (message.type === 'open-failed') reject(receiveError(message.error))
      else if (message.type === 'notice') waiting.get(message.id)?.onNotice?.(message.notice)
      else if (message.type === 'answer') settle(message.id)?.resolve(message.answer)
      else settle(message.id)?.reject(receiveError(message.error))
    })
    worker.on('error', (cause: Error) => {
      end(endedBy(cause.message, cause))
      reject(ended)
    })
    worker.on('exit', (status) => {
      end(endedBy(`status ${status}`))
      reject(ended)
    })
  })
  worker.unref()

  return {
    description,
    hasEnded: () => ended !== undefined,
    async ask(request, { signal, onNotice, transfer } = {}) {
      signal?.throwIfAborted()
      if (ended) throw ended
      const id = nextId++
      const give = () => {
        send({ type: 'abort', id })
        settle(id)?.reject(signal!.reason)
      }
      try {
        return await new Promise<Answer>((resolve, reject) => {
          waiting.set(id, { onNotice, resolve, reject })
          worker.ref()
          signal?.addEventListener('abort', give, { once: true })
          send({ type: 'ask', id, request, wantsNotices: onNotice !== undefined }, transfer)
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
    end(options.closed())
    worker.ref()
    send({ type: 'close' })
    const timer = setTimeout(() => void worker.terminate(), options.closeMilliseconds ?? 5000)
    await exited
    clearTimeout(timer)
  }
}
