import { realpathSync } from 'node:fs'
import { join } from 'node:path'
import { YuksuError } from '../errors.ts'
import { takeProcessLock } from '../formats/process-lock.ts'

/**
 * Takes the lock of a run's folder and gives the function that releases it. The lock of a process that no
 * longer lives is taken over. Throws `run-in-use` naming the process that holds it.
 */
export function lockRun(folder: string): () => void {
  const path = join(realpathSync(folder), 'lock')
  return takeProcessLock(path, (holder) => {
    const who = holder ? `process ${holder.pid} on ${holder.host}` : 'another process'
    const message = `${who} is writing the run ${folder}; wait for it or stop it (delete ${path} only if it is gone)`
    return new YuksuError('run-in-use', message)
  })
}
