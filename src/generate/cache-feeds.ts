import { elementCount } from '../engine/dimension.ts'
import type { Program } from '../engine/lowering.ts'
import { floats } from '../engine/session.ts'
import type { Feeds } from './program-runner.ts'

/** What all blocks keep, from the outputs of one step to the inputs of the next. */
export function pastFeeds(outputs: Feeds): Feeds {
  const prefix = 'present.'
  return Object.fromEntries(
    Object.entries(outputs).flatMap(([name, tensor]) =>
      name.startsWith(prefix) ? [[`past.${name.slice(prefix.length)}`, tensor]] : [],
    ),
  )
}

/** What a program goes on from where there was no token yet: keys and values of none, and states of zeros. */
export function emptyPast({ inputs }: Pick<Program, 'inputs'>, rows: number): Feeds {
  return Object.fromEntries(
    inputs
      .filter(({ name }) => name.startsWith('past.'))
      .map(({ name, shape }) => {
        const empty = shape.map((size, axis) => (axis === 0 ? rows : typeof size === 'number' ? size : 0))
        return [name, floats(new Float32Array(elementCount(empty)), empty)]
      }),
  )
}
