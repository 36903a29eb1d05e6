import { z } from 'zod'
import { documentText } from '../step.ts'
import type { CorpusContext, CorpusStepDefinition, RowSource } from '../step.ts'
import { PlaceTable } from './place-table.ts'
import { longestShingle, parseShingle } from './shingles.ts'
import { findSimilarTexts, type SimilarTexts } from './similar-texts.ts'

/** What steps that compare shingles have in common. */
export const shingleFields = {
  shingle: z
    .string()
    .refine(isShingle, {
      error: `is not word:N, character:N or morpheme:N with N from 1 to ${longestShingle}`,
    })
    .default('word:5')
    .describe('What is compared: stretches of N words, characters or Korean morphemes, as `word:5`.'),
  ignoreSpaces: z
    .boolean()
    .default(false)
    .describe('Leave spaces out of shingles of characters, as Korean is spaced freely.'),
}

const options = z.strictObject({
  threshold: z
    .number()
    .gt(0)
    .max(1)
    .default(0.7)
    .describe('The least share of shingles in common (Jaccard index) of near-duplicates.'),
  ...shingleFields,
  keep: z
    .enum(['longest', 'first'])
    .default('longest')
    .describe(
      'Which row of a cluster is kept: the one with most characters, the first of them, or the first at all.',
    ),
  permutations: z.int().min(1).max(4096).default(128).describe('Minima of a MinHash signature at most.'),
  recall: z
    .number()
    .gt(0)
    .lt(1)
    .default(0.99)
    .describe('How many of the pairs just at the threshold are found; of those above it, more are.'),
})

/**
 * Drops near-duplicates: candidates by MinHash and bands, each verified by the exact Jaccard index; rows that hang together by
 * pairs are a cluster, of which one is kept (Lee et al. 2022).
 */
export const nearDuplicates: CorpusStepDefinition<z.infer<typeof options>> = {
  kind: 'corpus',
  name: 'near-duplicates',
  description: 'Drops rows that share most of their shingles with a row that is kept.',
  options,
  async plan(rows, { shingle, ignoreSpaces, keep, ...settings }, context) {
    const places = new PlaceTable()
    const similar = await findSimilarTexts(documentsOf(rows, places), {
      ...settings,
      shingles: { ...parseShingle(shingle), ignoreSpaces },
      ...searchContext(context, rows.count),
    })
    const { kept, clusters } = chooseKept(similar, keep)
    return {
      figures: { clusters, pairs: similar.pairs },
      outcome: (index) =>
        kept[index] === index
          ? undefined
          : {
              drop: 'near-duplicate',
              evidence: {
                ...places.evidence(kept[index]!),
                similarity: similar.jaccard(index, kept[index]!),
              },
            },
    }
  },
}

function isShingle(text: string): boolean {
  try {
    parseShingle(text)
    return true
  } catch {
    return false
  }
}

/** The documents of rows, whose places are noted on the way. */
export async function* documentsOf(rows: RowSource, places: PlaceTable): AsyncGenerator<string> {
  for await (const row of rows) {
    places.add(row.place)
    yield documentText(row, row.columns)
  }
}

/** How a search is told about the preparation it is part of. */
export function searchContext({ seed, threads, signal, progress }: CorpusContext, count: number) {
  return {
    seed,
    threads,
    signal,
    onProgress: (stage: 'reading' | 'comparing', done: number, total = count) =>
      progress(stage, Math.floor((done / total) * count)),
  }
}

/** For each text the one that is kept of its cluster, itself where it is, and the clusters of more than one. */
export function chooseKept(
  similar: SimilarTexts,
  keep: 'longest' | 'first',
): { kept: Uint32Array; clusters: number } {
  const joined = similar.clusters()
  // By the first of a cluster.
  const chosen = new Map<number, number>()
  for (let text = 0; text < similar.texts; text++) {
    const head = joined.find(text)
    if (head === text) continue
    const best = chosen.get(head) ?? head
    const isLonger = keep === 'longest' && similar.lengthOf(text) > similar.lengthOf(best)
    chosen.set(head, isLonger ? text : best)
  }
  const kept = new Uint32Array(similar.texts)
  for (let text = 0; text < similar.texts; text++) kept[text] = chosen.get(joined.find(text)) ?? text
  return { kept, clusters: chosen.size }
}
