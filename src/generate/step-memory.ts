import { elementCount, resolveShape, type Sizes } from '../engine/dimension.ts'
import type { Program } from '../engine/lowering.ts'
import { floats, namedSizes } from '../engine/session.ts'
import type { Feeds } from './program-runner.ts'

/** A cache that has to grow gets room for twice the tokens, and for no fewer than these. */
const leastRoom = 256

/**
 * Memory that the steps of a search write into, turn about, since a step reads what the last one wrote. Taken anew for every step it would be the
 * size of all caches each time, to be cleared by the system and collected by the engine of JavaScript. One search at a time uses it.
 */
export class StepMemory {
  private last = new Map<string, Float32Array>()
  private next = new Map<string, Float32Array>()

  /**
   * Tensors for all that the program gives from these feeds; they hold what the step before the last wrote. No more room is taken than for
   * `mostTokens` in a row.
   */
  outputs({ inputs, outputs }: Pick<Program, 'inputs' | 'outputs'>, feeds: Feeds, mostTokens: number): Feeds {
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
          array = new Float32Array(elementCount(resolveShape(shape, withRoom(sizes, mostTokens))))
          memory.set(name, array)
        }
        return [name, floats(array.subarray(0, count), given)]
      }),
    )
  }
}

/** The sizes with a longer past, for as many tokens as are worth having room for. */
function withRoom(sizes: Sizes, mostTokens: number): Sizes {
  const { past = 0, length = 0 } = sizes
  const room = Math.max(past, Math.min(mostTokens - length, 2 * past + leastRoom))
  // Sums are left out: they are to come to what the greater past makes them.
  const single = Object.entries(sizes).filter(([name]) => !name.includes('+'))
  return { ...Object.fromEntries(single), past: room }
}
