import { randomBits } from '../../random.ts'
import type { CorpusContext, IndexedRow, RowSource } from '../step.ts'

/** Its own stream of random numbers, apart from those of other steps that draw by the row's index. */
const stream = 0x73616d706c65

/**
 * Up to `most` rows of each group, every row of a group as likely, in their order; `groupOf` gives undefined for rows that are in none.
 * Only those are held in memory, so the groups must be few.
 */
export async function sampleRows(
  rows: RowSource,
  most: number,
  groupOf: (row: IndexedRow) => string | undefined,
  context: CorpusContext,
): Promise<Map<string, IndexedRow[]>> {
  const groups = new Map<string, { key: number; row: IndexedRow }[]>()
  for await (const row of rows) {
    if (row.index % 1000 === 0) {
      context.signal?.throwIfAborted()
      context.progress('sample', row.index)
    }
    const name = groupOf(row)
    if (name === undefined) continue
    let group = groups.get(name)
    if (group === undefined) groups.set(name, (group = []))
    const key = randomBits(context.seed, stream, row.index)
    if (group.length < most) group.push({ key, row })
    else {
      // The row with the largest number makes way; groups are small enough to look through.
      let largest = 0
      for (let place = 1; place < group.length; place++)
        if (group[place]!.key > group[largest]!.key) largest = place
      if (key < group[largest]!.key) group[largest] = { key, row }
    }
  }
  return new Map(
    [...groups].map(([name, group]) => [
      name,
      group.map(({ row }) => row).sort((first, second) => first.index - second.index),
    ]),
  )
}
