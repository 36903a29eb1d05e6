import { describe, expect, it } from 'vitest'
import { input, type Tensor } from '../engine/tensor.ts'
import { flowPlaces } from './flow-places.ts'

/** Parts that give what flows into these boundaries, each boundary with its size; the part after the last boundary comes first going back. */
function parts(given: readonly (readonly number[] | undefined)[], sizes: readonly number[]) {
  const boundaries = new Map<string, Tensor>(
    sizes.map((size, index) => [`boundary.${index}`, input(`x${index}`, ['batch', size])]),
  )
  const segments = given.map((targets) => ({
    ...(targets && {
      backward: {
        outputs: new Map(targets.map((target, index) => [`out.${index}`, `gradient.boundary.${target}`])),
      },
    }),
  }))
  return { segments, boundaries }
}

/** What is flowing into two boundaries at once, by their numbers. */
function together(given: readonly (readonly number[] | undefined)[]): [number, number][] {
  const living = new Set<number>()
  const pairs: [number, number][] = []
  for (const [part, targets] of [...given.entries()].toReversed()) {
    for (const target of targets ?? []) {
      for (const other of living) if (other !== target) pairs.push([other, target])
      living.add(target)
    }
    living.delete(part)
  }
  return pairs
}

describe('the places of what flows back', () => {
  it('are two for a chain of layers, however long', () => {
    const chain = parts([[], [0], [1], [2], [3], [4]], [8, 8, 8, 8, 8])
    expect(flowPlaces(chain, { batch: 3 }).lengths).toEqual([24, 24])
  })

  it.each([
    [[[], [0], [1], [2], [3]]],
    // The first is used again at the end, and one in the middle twice.
    [[[], [0], [1, 0], [2, 1], [3, 0]]],
    // Nothing flows below the second.
    [[undefined, undefined, [1], [2], [3]]],
  ])('are never those of two that live together: %j', (given) => {
    const { places } = flowPlaces(parts(given, [4, 4, 9, 2]), { batch: 2 })
    for (const [one, other] of together(given)) {
      const place = (index: number) => places.get(`gradient.boundary.${index}`)
      expect(place(one)).not.toBe(place(other))
    }
  })

  it('are as large as the largest that lies there', () => {
    const { places, lengths } = flowPlaces(parts([[], [0], [1], [2]], [10, 1, 5]), { batch: 2 })
    const at = (index: number) => lengths[places.get(`gradient.boundary.${index}`)!]!
    expect([at(0) >= 20, at(1) >= 2, at(2) >= 10]).toEqual([true, true, true])
    expect(lengths.reduce((sum, length) => sum + length)).toBeLessThan(32)
  })
})
