import { z } from 'zod'
import { documentsOf, searchContext, shingleFields } from '../deduplicate/near-duplicates.ts'
import { PlaceTable } from '../deduplicate/place-table.ts'
import { parseShingle } from '../deduplicate/shingles.ts'
import { findSimilarTexts } from '../deduplicate/similar-texts.ts'
import { UnionFind } from '../deduplicate/union-find.ts'
import type { CorpusContext, RowSource } from '../step.ts'

export const twinOptions = z.strictObject({
  threshold: z
    .number()
    .gt(0)
    .max(1)
    .default(0.5)
    .describe('The least share of shingles in common (Jaccard index) of rows that stay together.'),
  ...shingleFields,
})

export type TwinOptions = z.infer<typeof twinOptions>

/**
 * Joins rows that are near-duplicates, as the step `near-duplicates` finds them; rows that hang together by pairs are in one
 * group. Gives the number of pairs.
 */
export async function joinTwins(
  rows: RowSource,
  groups: UnionFind,
  { threshold, shingle, ignoreSpaces }: TwinOptions,
  context: CorpusContext,
): Promise<number> {
  const similar = await findSimilarTexts(documentsOf(rows, new PlaceTable()), {
    threshold,
    shingles: { ...parseShingle(shingle), ignoreSpaces },
    ...searchContext(context, rows.count),
  })
  const clusters = similar.clusters()
  for (let row = 0; row < rows.count; row++) groups.union(row, clusters.find(row))
  return similar.pairs
}
