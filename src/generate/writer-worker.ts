/** The thread that `openWorkerWriter` starts: it hosts one model and answers requests. */
import { serveRequests } from '../threads/serve-requests.ts'
import {
  openTextWriter,
  type WriteRequest,
  type WriterDescription,
  type WrittenAnswer,
} from './text-writer.ts'

await serveRequests<{ folder: string }, WriterDescription, WriteRequest, WrittenAnswer, string>(
  async ({ folder }) => {
    // Spinning threads would take the processor from the server between two requests.
    const writer = await openTextWriter(folder, { spin: false })
    return {
      description: writer.description,
      answer: (request, { signal, notify }) => writer.write(request, { signal, onText: notify }),
      close: () => writer.close(),
    }
  },
)
