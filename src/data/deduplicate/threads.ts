import { existsSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { YuksuError } from '../../errors.ts'
import { type RequestThread, startRequestThread } from '../../threads/request-thread.ts'

/** Threads that do the same work, or none: then the work is done here. */
export interface Crew<Request, Answer> {
  ask(request: Request): Promise<Answer>
  /** How many requests keep it busy. */
  readonly width: number
  close(): Promise<void>
}

/**
 * Starts `threads` threads of a program beside this file. With one thread, and where the package is not built (Node 20 loads no
 * TypeScript in a thread), `here` does the work in the caller's own: what comes out is the same.
 */
export async function startCrew<Data, Request, Answer>(
  name: string,
  data: Data,
  threads: number,
  here: (data: Data) => Promise<(request: Request) => Answer>,
): Promise<Crew<Request, Answer>> {
  const program = new URL(`./${name}.js`, import.meta.url)
  if (threads < 2 || !existsSync(fileURLToPath(program))) {
    const work = await here(data)
    return {
      width: 1,
      async ask(request) {
        // Between requests Ctrl-C is heard.
        await setImmediate()
        return work(request)
      },
      close: () => Promise.resolve(),
    }
  }
  const opened = await Promise.allSettled(
    Array.from({ length: threads }, () =>
      startRequestThread<null, Request, Answer>(program, {
        data,
        closed: () => new Error('closed'),
        ended: (reason, cause) =>
          new YuksuError(
            'deduplication-thread-ended',
            `a thread that compared texts ended unexpectedly (${reason}); try again with fewer threads or more memory free`,
            { cause },
          ),
      }),
    ),
  )
  const crew = opened.flatMap((thread) => (thread.status === 'fulfilled' ? [thread.value] : []))
  const close = async () => void (await Promise.all(crew.map((thread) => thread.close())))
  const failed = opened.find((thread) => thread.status === 'rejected')
  if (failed !== undefined) {
    await close()
    throw failed.reason
  }
  const busy = new Map<RequestThread<null, Request, Answer, never>, number>(crew.map((thread) => [thread, 0]))
  return {
    width: 2 * threads,
    async ask(request) {
      const thread = crew.reduce((least, other) => (busy.get(other)! < busy.get(least)! ? other : least))
      busy.set(thread, busy.get(thread)! + 1)
      try {
        return await thread.ask(request)
      } finally {
        busy.set(thread, busy.get(thread)! - 1)
      }
    },
    close,
  }
}
