import { parentPort, type TransferListItem, workerData } from 'node:worker_threads'
import { sendError, type ThreadCommand, type ThreadReport } from './thread-messages.ts'

/** What a thread hosts. */
export interface Answering<Description, Request, Answer, Notice> {
  readonly description: Description
  /** `notify` is absent where nobody listens. */
  answer(
    request: Request,
    hooks: { readonly signal: AbortSignal; readonly notify: ((notice: Notice) => void) | undefined },
  ): Promise<Answer>
  /** Memory of an answer that is handed over rather than copied. */
  transfer?(answer: Answer): readonly TransferListItem[]
  close(): Promise<void>
}

/** The whole program of a thread that `startRequestThread` starts: opens what it hosts from the data given and answers requests. */
export async function serveRequests<Data, Description, Request, Answer, Notice = never>(
  open: (data: Data) => Promise<Answering<Description, Request, Answer, Notice>>,
): Promise<void> {
  const port = parentPort!
  type Report = ThreadReport<Description, Answer, Notice>
  const report = (message: Report, transfer: readonly TransferListItem[] = []) =>
    port.postMessage(message, transfer)
  const running = new Map<number, AbortController>()
  const answer = async (
    host: Answering<Description, Request, Answer, Notice>,
    { id, request, wantsNotices }: ThreadCommand<Request> & { type: 'ask' },
  ): Promise<void> => {
    const abort = new AbortController()
    running.set(id, abort)
    const notify = wantsNotices ? (notice: Notice) => report({ type: 'notice', id, notice }) : undefined
    try {
      const found = await host.answer(request, { signal: abort.signal, notify })
      report({ type: 'answer', id, answer: found }, host.transfer?.(found))
    } catch (error) {
      report({ type: 'failed', id, error: sendError(error) })
    } finally {
      running.delete(id)
    }
  }
  try {
    const host = await open(workerData as Data)
    port.on('message', (command: ThreadCommand<Request>) => {
      if (command.type === 'abort') running.get(command.id)?.abort()
      else if (command.type === 'close') void host.close().finally(() => port.close())
      else void answer(host, command)
    })
    report({ type: 'opened', description: host.description })
  } catch (error) {
    report({ type: 'open-failed', error: sendError(error) })
  }
}
