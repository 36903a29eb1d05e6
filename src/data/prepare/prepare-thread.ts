/** The thread that takes rows through the steps of a phase. */
import { serveRequests } from '../../threads/serve-requests.ts'
import { readBatch } from '../sources/read-batch.ts'
import { createRowProcessor, type RowSettings, type RowTask } from './process-rows.ts'
import type { RowsResult } from './row-collector.ts'

await serveRequests<RowSettings, null, RowTask, RowsResult>(async (settings) => {
  const process = await createRowProcessor(settings, readBatch)
  return {
    description: null,
    answer: async (task) => process(task),
    transfer: ({ dropped, changed, outputs }) =>
      [dropped, changed, ...outputs.flatMap(({ lines, origins }) => [lines, origins])].map(
        ({ buffer }) => buffer as ArrayBuffer,
      ),
    close: async () => undefined,
  }
})
