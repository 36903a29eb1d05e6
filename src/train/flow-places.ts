import { elementCount, resolveShape, type Sizes } from '../engine/dimension.ts'
import type { SegmentedProgram } from '../engine/segments.ts'

/** Where what flows into boundaries lies, by the name of the value, and how many numbers each place has. */
export interface FlowPlaces {
  readonly places: ReadonlyMap<string, number>
  readonly lengths: readonly number[]
}

/** Of a segmented program, whatever its programs are. */
type Parts = {
  readonly segments: readonly {
    readonly backward?: { readonly outputs: ReadonlyMap<string, string> }
  }[]
  readonly boundaries: SegmentedProgram['boundaries']
}

/**
 * Gives what flows into each boundary a place in memory. Going back, it lives from the first part that gives it to the part that ends there, so a chain of
 * layers takes two places, however many they are. A value takes the smallest free place that is large enough, or the largest, which grows.
 */
export function flowPlaces({ segments, boundaries }: Parts, sizes: Sizes): FlowPlaces {
  const names = [...boundaries.keys()].map((name) => `gradient.${name}`)
  const places = new Map<string, number>()
  const lengths: number[] = []
  const free = new Set<number>()
  const take = (length: number): number => {
    const bySize = [...free].toSorted((left, right) => lengths[left]! - lengths[right]!)
    const place = bySize.find((one) => lengths[one]! >= length) ?? bySize.at(-1) ?? lengths.length
    free.delete(place)
    lengths[place] = Math.max(lengths[place] ?? 0, length)
    return place
  }
  for (const [index, { backward }] of [...segments.entries()].toReversed()) {
    if (backward === undefined) continue
    for (const name of backward.outputs.values()) {
      const boundary = boundaries.get(name.slice('gradient.'.length))
      if (boundary !== undefined && !places.has(name))
        places.set(name, take(elementCount(resolveShape(boundary.shape, sizes))))
    }
    const done = places.get(names[index] ?? '')
    if (done !== undefined) free.add(done)
  }
  return { places, lengths }
}
