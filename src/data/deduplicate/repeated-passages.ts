import { z } from 'zod'
import type { CorpusContext, CorpusStepDefinition, RowSource, TextColumns } from '../step.ts'
import { cutPassages } from './cut-passages.ts'
import { GrowingArray } from './growing-array.ts'
import { type Passage, PassageSearch } from './passage-search.ts'
import { PlaceTable } from './place-table.ts'
import { WindowFilter } from './window-filter.ts'

const options = z.strictObject({
  length: z
    .int()
    .min(20)
    .default(200)
    .describe(
      'Characters of a passage at least (UTF-16 units). 200 are about 50 tokens of English; of Korean, 100 are.',
    ),
  action: z
    .enum(['cut', 'drop'])
    .default('cut')
    .describe(
      'What becomes of a passage that stands earlier, too: it is `cut` out, between words, or its row is dropped.',
    ),
})

/**
 * Finds passages that stand more than once in the columns of documents, by a suffix array (Lee et al. 2022). The first place of
 * each is kept. A text that is put together anew by a cut may hold another such passage, so a second time may find more.
 */
export const repeatedPassages: CorpusStepDefinition<z.infer<typeof options>> = {
  kind: 'corpus',
  name: 'repeated-passages',
  description: 'Cuts out long passages that stand in an earlier row, too, or drops their rows.',
  options,
  async plan(rows, { length, action }, context) {
    const { texts, firstOfRow, columnsOfFiles, places, characters } = await numberTexts(rows, context)
    const filter = new WindowFilter(length, characters)
    for await (const { text } of textsOf(rows, 'windows', context)) filter.add(text)
    const search = new PassageSearch({ folder: context.folder, length, signal: context.signal })
    for await (const { number, text } of textsOf(rows, 'collect', context))
      for (const [start, end] of filter.stretches(text))
        await search.add(number, start, text.slice(start, end))
    const found = new FoundPassages(texts)
    for await (const { text, passages } of search.passages()) found.add(text, passages)
    return {
      figures: { passages: found.count, characters: found.characters },
      outcome(index, row) {
        const { document } = columnsOfFiles.get(row.place.file)!
        const first = firstOfRow.at(index)
        const passages = document.map((_, column) => found.of(first + column))
        const all = passages.flat()
        if (all.length === 0) return undefined
        const evidence = {
          ...places.evidence(rowOfText(firstOfRow.values(), all[0]!.source)),
          characters: all.reduce((sum, { start, end }) => sum + end - start, 0),
        }
        if (action === 'drop') return { drop: 'repeated-passage', evidence }
        const values: Record<string, unknown> = { ...row.values }
        let cuts = 0
        for (const [column, name] of document.entries()) {
          if (passages[column]!.length === 0) continue
          const { text, cut } = cutPassages(values[name] as string, passages[column]!)
          values[name] = text
          cuts += cut
        }
        if (cuts === 0) return undefined
        const isEmpty = document.every(
          (name) => typeof values[name] !== 'string' || values[name].trim() === '',
        )
        return isEmpty
          ? { drop: 'only-repeated-passages', evidence }
          : { values, changes: { 'repeated-passage': cuts } }
      },
    }
  },
}

/** Each column of a document is a text; those of a row follow one another. */
async function numberTexts(rows: RowSource, context: CorpusContext) {
  const firstOfRow = GrowingArray.float64()
  const columnsOfFiles = new Map<string, TextColumns>()
  const places = new PlaceTable()
  let texts = 0
  let characters = 0
  for await (const row of rows) {
    places.add(row.place)
    columnsOfFiles.set(row.place.file, row.columns)
    firstOfRow.push(texts)
    texts += row.columns.document.length
    for (const name of row.columns.document) {
      const text = row.values[name]
      if (typeof text === 'string') characters += text.length
    }
    tellProgress(context, 'count', row.index)
  }
  return { texts, firstOfRow, columnsOfFiles, places, characters }
}

async function* textsOf(rows: RowSource, pass: string, context: CorpusContext) {
  let number = 0
  for await (const row of rows) {
    for (const name of row.columns.document) {
      const text = row.values[name]
      if (typeof text === 'string') yield { number, text }
      number++
    }
    tellProgress(context, pass, row.index)
  }
}

function tellProgress({ signal, progress }: CorpusContext, pass: string, index: number): void {
  if ((index & 0x3ff) !== 0) return
  signal?.throwIfAborted()
  progress(pass, index)
}

/** The row whose texts begin at or last before this one. */
function rowOfText(firstOfRow: Float64Array, text: number): number {
  let low = 0
  let high = firstOfRow.length
  while (high - low > 1) {
    const middle = (low + high) >>> 1
    if (firstOfRow[middle]! <= text) low = middle
    else high = middle
  }
  return low
}

/** Passages by their text, in three numbers each. */
class FoundPassages {
  characters = 0
  /** Behind the last passage of each text, as far as texts have come. */
  private readonly ends: Uint32Array
  private readonly numbers = GrowingArray.float64()
  private filled = 0

  constructor(texts: number) {
    this.ends = new Uint32Array(texts)
  }

  get count(): number {
    return this.numbers.length / 3
  }

  /** Texts come in order. */
  add(text: number, passages: readonly Passage[]): void {
    this.ends.fill(this.count, this.filled, text)
    for (const { start, end, source } of passages) {
      this.numbers.push(start)
      this.numbers.push(end)
      this.numbers.push(source)
      this.characters += end - start
    }
    this.ends[text] = this.count
    this.filled = text + 1
  }

  of(text: number): Passage[] {
    const found: Passage[] = []
    if (text >= this.filled) return found
    for (let at = text === 0 ? 0 : this.ends[text - 1]!; at < this.ends[text]!; at++) {
      const [start, end, source] = [0, 1, 2].map((part) => this.numbers.at(3 * at + part)) as [
        number,
        number,
        number,
      ]
      found.push({ start, end, source })
    }
    return found
  }
}
