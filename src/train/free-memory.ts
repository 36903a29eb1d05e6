import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/**
 * Frees at once what nothing refers to any more. The memory of a model is freed with a few small objects, for which the engine of JavaScript sees no reason to
 * hurry: weights that were moved stayed beside their copies for whole runs.
 */
export function freeUnreachable(): void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
}
