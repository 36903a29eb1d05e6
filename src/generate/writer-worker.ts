/** The thread that `openWorkerWriter` starts: it hosts one model and answers commands. */
import { parentPort, workerData } from 'node:worker_threads'
import { openTextWriter, type TextWriter } from './text-writer.ts'
import { sendError, type WriterCommand, type WriterReport } from './writer-messages.ts'

const port = parentPort!
const { folder } = workerData as { folder: string }
const report = (message: WriterReport) => port.postMessage(message)
const running = new Map<number, AbortController>()

function listen(writer: TextWriter): void {
  port.on('message', (command: WriterCommand) => {
    if (command.type === 'abort') running.get(command.id)?.abort()
    else if (command.type === 'close') void writer.close().finally(() => port.close())
    else void answer(writer, command)
  })
}

async function answer(writer: TextWriter, command: WriterCommand & { type: 'write' }): Promise<void> {
  const { id, request, streams } = command
  const abort = new AbortController()
  running.set(id, abort)
  const onText = streams ? (piece: string) => report({ type: 'text', id, piece }) : undefined
  try {
    report({ type: 'answer', id, answer: await writer.write(request, { signal: abort.signal, onText }) })
  } catch (error) {
    report({ type: 'failed', id, error: sendError(error) })
  } finally {
    running.delete(id)
  }
}

try {
  // Spinning threads would take the processor from the server between two requests.
  const writer = await openTextWriter(folder, { spin: false })
  listen(writer)
  report({ type: 'opened', description: writer.description })
} catch (error) {
  report({ type: 'open-failed', error: sendError(error) })
}
