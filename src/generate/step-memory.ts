import { elementCount, resolveShape } from '../engine/dimension.ts'
import type { Program } from '../engine/lowering.ts'
import { floats, namedSizes } from '../engine/session.ts'
import type { Feeds } from './program-runner.ts'

/** How much more is taken than is needed: a cache that grows by a token a step soon needs it. */
const room = 1.5

/**
 * Memory that the steps of one search write into, turn about, since a step reads what the last one wrote. Taken anew for every step it would be the
 * size of all caches each time, to be cleared by the system and collected by the engine of JavaScript.
 */
export class StepMemory {
  private last = new Map<string, Float32Array>()
  private next = new Map<string, Float32Array>()

  /** Tensors for all that the program gives from these feeds. What they hold is what the step before the last wrote. */
  outputs({ inputs, outputs }: Pick<Program, 'inputs' | 'outputs'>, feeds: Feeds): Feeds {
    const memory = this.last
    this.last = this.next
    this.next = memory
    const sizes = namedSizes(inputs, feeds)
    return Object.fromEntries(
      outputs.map(({ name, shape }) => {
        const given = resolveShape(shape, sizes)
        const count = elementCount(given)
        let array = memory.get(name)
        if (array === undefined || array.length < count) {
          // The old one is let go first: no two are held for the same use.
          memory.delete(name)
          array = new Float32Array(Math.ceil(count * room))
          memory.set(name, array)
        }
        return [name, floats(array.subarray(0, count), given)]
      }),
    )
  }
}
