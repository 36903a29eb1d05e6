/** The thread that `openWorkerWriter` starts: it hosts one model and answers requests. */
import { serveRequests } from '../threads/serve-requests.ts'
import {
  openTextWriter,
  type WriteRequest,
  type WriterDescription,
  type WrittenAnswer,
} from './text-writer.ts'
import type { WriterThreadData } from './worker-writer.ts'

await serveRequests<WriterThreadData, WriterDescription, WriteRequest, WrittenAnswer, string>(
  async ({ folder, precision }) => {
    // Spinning threads would take the processor from the server between two requests.
    const writer = await openTextWriter(folder, { spin: false, ...(precision && { precision }) })
    return {
      description: writer.description,
      answer: (request, { signal, notify }) => writer.write(request, { signal, onText: notify }),
      close: () => writer.close(),
    }
  },
)
