import { z } from 'zod'
import type { CorpusStepDefinition } from '../step.ts'
import { type Containment, containedSets } from './contained-sets.ts'
import { documentsOf, searchContext, shingleFields } from './near-duplicates.ts'
import { PlaceTable } from './place-table.ts'
import { parseShingle } from './shingles.ts'
import { readSets } from './similar-texts.ts'
import { noSet } from './text-sets.ts'

const options = z.strictObject({
  threshold: z
    .number()
    .gt(0)
    .max(1)
    .default(0.9)
    .describe('The least share of the shingles of a document that another one has, too.'),
  ...shingleFields,
  minimumShingles: z
    .int()
    .min(1)
    .default(5)
    .describe('A document of fewer shingles stays: a short sentence stands in many others by itself.'),
})

/**
 * Drops documents that lie inside another one which is kept: from the longest to the shortest, each goes of which `threshold` of
 * the shingles are in one that stayed.
 */
export const containment: CorpusStepDefinition<z.infer<typeof options>> = {
  kind: 'corpus',
  name: 'containment',
  description: 'Drops rows whose document lies almost whole inside that of a row that is kept.',
  options,
  async plan(rows, { shingle, ignoreSpaces, threshold, minimumShingles }, context) {
    const places = new PlaceTable()
    const { seed, threads, signal, onProgress } = searchContext(context, rows.count)
    const sets = await readSets(
      documentsOf(rows, places),
      { shingles: { ...parseShingle(shingle), ignoreSpaces }, seed },
      { threads, signal, onProgress },
    )
    const shared = sets.shared()
    const found = await containedSets(shared, {
      threshold,
      minimumShingles,
      signal,
      onProgress: (done, total) => onProgress('comparing', done, total),
    })
    const outers = keptOuters(shared.sizes, found)
    const { setOfText } = sets
    const firsts = firstTexts(setOfText, shared.count)
    const outcomes = (index: number): { kept: number; share: number } | undefined => {
      const set = setOfText[index]!
      if (set === noSet || shared.sizes[set]! < minimumShingles) return undefined
      const outer = outers.get(set)
      if (outer !== undefined) return { kept: firsts[outer.outer]!, share: outer.share }
      return firsts[set] === index ? undefined : { kept: firsts[set]!, share: 1 }
    }
    const holders = new Set<number>()
    let dropped = 0
    for (let index = 0; index < setOfText.length; index++) {
      const outcome = outcomes(index)
      if (outcome === undefined) continue
      holders.add(outcome.kept)
      dropped++
    }
    return {
      figures: { clusters: holders.size, pairs: dropped },
      outcome(index) {
        const outcome = outcomes(index)
        if (outcome === undefined) return undefined
        return { drop: 'contained', evidence: { ...places.evidence(outcome.kept), share: outcome.share } }
      },
    }
  },
}

/** For each set that goes, the one that is kept and holds most of it; of those that hold as much, the largest and then the first. */
function keptOuters(sizes: Uint32Array, found: readonly Containment[]): Map<number, Containment> {
  const before = (a: number, b: number) => sizes[b]! - sizes[a]! || a - b
  const sorted = found.toSorted(
    (a, b) => before(a.inner, b.inner) || b.share - a.share || before(a.outer, b.outer),
  )
  const gone = new Map<number, Containment>()
  // A set's outer ones come before it in this order, so that it is settled by then whether they stay.
  for (const one of sorted) if (!gone.has(one.inner) && !gone.has(one.outer)) gone.set(one.inner, one)
  return gone
}

function firstTexts(setOfText: Uint32Array, count: number): Uint32Array {
  const firsts = new Uint32Array(count)
  for (let text = setOfText.length - 1; text >= 0; text--)
    if (setOfText[text] !== noSet) firsts[setOfText[text]!] = text
  return firsts
}
