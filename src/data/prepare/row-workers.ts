import { availableParallelism } from 'node:os'
import { YuksuError } from '../../errors.ts'
import { type RequestThread, startRequestThread } from '../../threads/request-thread.ts'
import { readBatch } from '../sources/read-batch.ts'
import { transferablesOf } from '../sources/source.ts'
import type { StepDefinition } from '../step.ts'
import { createRowProcessor, type RowSettings, type RowTask } from './process-rows.ts'
import type { RowsResult } from './row-collector.ts'

/** Takes rows through steps, here or in threads. */
export interface RowWorkers {
  /** How many tasks it is worth having in flight. */
  readonly limit: number
  /** The outcome depends on the task alone. Its bytes may be handed over to a thread. */
  process(task: RowTask): Promise<RowsResult>
  close(): Promise<void>
}

export interface RowWorkersOptions {
  /** 1 works in this thread. */
  readonly threads: number
  /** Steps besides those that are built in; threads do not have them, so that they run in this one. */
  readonly known?: readonly StepDefinition[] | undefined
  /** The code of the thread; only a test has reason to take another. */
  readonly program?: URL | undefined
}

export function defaultThreads(): number {
  return availableParallelism()
}

/** Makes the steps of a phase, in each thread. Throws what making a step throws. */
export async function openRowWorkers(settings: RowSettings, options: RowWorkersOptions): Promise<RowWorkers> {
  const { threads, known } = options
  if (threads <= 1 || settings.steps.length === 0 || known !== undefined) {
    const process = await createRowProcessor(settings, readBatch, known)
    return { limit: 1, process: async (task) => process(task), close: async () => undefined }
  }
  // The package runs as built: Node 20 loads no TypeScript in a thread.
  const program = options.program ?? new URL('./prepare-thread.js', import.meta.url)
  const opened = await Promise.allSettled(
    Array.from({ length: threads }, () => openThread(program, settings)),
  )
  const workers = opened.flatMap((thread) => (thread.status === 'fulfilled' ? [thread.value] : []))
  const close = async () => void (await Promise.all(workers.map(({ thread }) => thread.close())))
  const failed = opened.find((thread) => thread.status === 'rejected')
  if (failed !== undefined) {
    await close()
    throw failed.reason
  }
  return {
    // Two each, so that none waits for the main thread.
    limit: threads * 2,
    async process(task) {
      const worker = workers.reduce((least, other) => (other.asked < least.asked ? other : least))
      worker.asked += 1
      try {
        return await worker.thread.ask(task, { transfer: transferOf(task) })
      } finally {
        worker.asked -= 1
      }
    },
    close,
  }
}

interface Worker {
  readonly thread: RequestThread<null, RowTask, RowsResult, never>
  asked: number
}

async function openThread(program: URL, settings: RowSettings): Promise<Worker> {
  const thread = await startRequestThread<null, RowTask, RowsResult>(program, {
    data: settings,
    closed: () =>
      new YuksuError('preparation-stopped', 'the preparation was stopped; the same command continues'),
    ended: (reason, cause) =>
      new YuksuError(
        'preparation-thread-ended',
        `a thread of the preparation ended unexpectedly (${reason}); the same command continues, with fewer --threads if memory ran out`,
        { cause },
      ),
  })
  return { thread, asked: 0 }
}

function transferOf(task: RowTask): ArrayBuffer[] {
  return task.kind === 'lines' ? [task.bytes.buffer as ArrayBuffer] : transferablesOf(task.batch)
}
