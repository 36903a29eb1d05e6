import { hash } from 'node:crypto'
import { z } from 'zod'
import { documentText } from '../step.ts'
import type { CorpusStepDefinition } from '../step.ts'
import { PlaceTable } from './place-table.ts'

const options = z.strictObject({
  compare: z
    .enum(['text', 'spaces', 'letters'])
    .default('spaces')
    .describe(
      'What must be the same, in normal form C: the `text` as it is; the text with runs of white space as one space (`spaces`); or the `letters`, marks and digits alone, in lower case and without any space.',
    ),
})

type Compare = z.infer<typeof options>['compare']

/** Drops each row whose document is the same as that of an earlier one, told by 128 bits of SHA-256. */
export const exactDuplicates: CorpusStepDefinition<z.infer<typeof options>> = {
  kind: 'corpus',
  name: 'exact-duplicates',
  description: 'Drops rows whose document is the same as that of an earlier row.',
  options,
  async plan(rows, { compare }, context) {
    const places = new PlaceTable()
    const digests = new DigestTable(rows.count)
    // For each row, that which is kept; itself where it is.
    const kept = new Uint32Array(rows.count)
    for await (const row of rows) {
      context.signal?.throwIfAborted()
      places.add(row.place)
      const text = compared(documentText(row, row.columns), compare)
      // Rows without text are no copies of each other.
      kept[row.index] = text === '' ? row.index : digests.firstOf(text, row.index)
      if ((row.index & 0xfff) === 0) context.progress('compare', row.index)
    }
    return {
      figures: groupFigures(kept),
      outcome: (index) =>
        kept[index] === index
          ? undefined
          : { drop: 'exact-duplicate', evidence: places.evidence(kept[index]!) },
    }
  },
}

/** Clusters of more than one row, and the pairs of rows in them. */
function groupFigures(kept: Uint32Array): { clusters: number; pairs: number } {
  const others = new Map<number, number>()
  let pairs = 0
  kept.forEach((first, index) => {
    if (first === index) return
    const before = (others.get(first) ?? 0) + 1
    others.set(first, before)
    pairs += before
  })
  return { clusters: others.size, pairs }
}

/** The text of which the bytes must be the same. */
export function compared(text: string, compare: Compare): string {
  const composed = text.normalize('NFC')
  if (compare === 'text') return composed
  if (compare === 'spaces') return composed.trim().replace(/\s+/g, ' ')
  return composed.toLowerCase().replace(/[^\p{L}\p{M}\p{N}]+/gu, '')
}

const empty = 0xffffffff

/** Digests of texts with the number of the first text of each: open addressing, at most half full. */
class DigestTable {
  private readonly slots: Uint32Array
  private readonly words: Uint32Array
  private readonly mask: number

  constructor(count: number) {
    const size = 2 ** Math.ceil(Math.log2(Math.max(2 * count, 2)))
    this.mask = size - 1
    this.slots = new Uint32Array(size).fill(empty)
    this.words = new Uint32Array(4 * count)
  }

  /** The number of the first text that was the same, which this one is where there was none. */
  firstOf(text: string, number: number): number {
    const digest = hash('sha256', text, 'buffer')
    const { words, slots, mask } = this
    const at = 4 * number
    for (let word = 0; word < 4; word++) words[at + word] = digest.readUInt32LE(4 * word)
    for (let slot = words[at]! & mask; ; slot = (slot + 1) & mask) {
      const known = slots[slot]!
      if (known === empty) {
        slots[slot] = number
        return number
      }
      const other = 4 * known
      if (
        words[other] === words[at] &&
        words[other + 1] === words[at + 1] &&
        words[other + 2] === words[at + 2] &&
        words[other + 3] === words[at + 3]
      )
        return known
    }
  }
}
