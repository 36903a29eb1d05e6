import type { Program } from '../engine/lowering.ts'
import { floats } from '../engine/session.ts'
import type { Tensor } from '../engine/tensor.ts'
import type { KeyValueCache } from '../nn/key-value-cache.ts'
import type { Feeds } from './program-runner.ts'

/** Keys and values of all blocks, from the outputs of one step to the inputs of the next. */
export function pastFeeds(outputs: Feeds): Feeds {
  const prefix = 'present.'
  return Object.fromEntries(
    Object.entries(outputs).flatMap(([name, tensor]) =>
      name.startsWith(prefix) ? [[`past.${name.slice(prefix.length)}`, tensor]] : [],
    ),
  )
}

/** A past of no tokens for every block of the program. */
export function emptyPast(
  cache: readonly { name: string; heads: number; width: number }[],
  rows: number,
): Feeds {
  return Object.fromEntries(
    cache.map(({ name, heads, width }) => [name, floats(new Float32Array(0), [rows, heads, 0, width])]),
  )
}

/** The outputs that a program with a cache has beside its scores. */
export function cacheOutputs(cache: KeyValueCache): Record<string, Tensor> {
  return Object.fromEntries(
    [...cache.present].flatMap(([path, { key, value }]) => [
      [`present.${path}.key`, key],
      [`present.${path}.value`, value],
    ]),
  )
}

/** The caches that a program takes, by the names of its inputs. */
export function cacheShapes(program: Program): { name: string; heads: number; width: number }[] {
  return program.inputs
    .filter(({ name }) => name.startsWith('past.'))
    .map(({ name, shape }) => ({ name, heads: shape[1] as number, width: shape[3] as number }))
}
