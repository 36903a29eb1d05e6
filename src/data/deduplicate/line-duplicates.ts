import { z } from 'zod'
import type { CorpusStepDefinition, RowValues, TextColumns } from '../step.ts'
import { mixFirst, mixSecond } from './mixing.ts'

const options = z.strictObject({
  maximumDocuments: z
    .int()
    .min(1)
    .default(10)
    .describe('A line that occurs in more documents than this is removed from each.'),
  minimumCharacters: z
    .int()
    .min(1)
    .default(20)
    .describe(
      'Letters and digits of a line that is looked at; shorter ones, such as answers in a dialogue, stay.',
    ),
})

/**
 * Removes lines that many documents have, such as the frame of web pages, as CCNet does (Wenzek et al. 2020): lines are the same
 * whose letters are, digits all counting alike. Works on the columns of the document.
 */
export const lineDuplicates: CorpusStepDefinition<z.infer<typeof options>> = {
  kind: 'corpus',
  name: 'line-duplicates',
  description: 'Removes lines that occur in many documents from each of them.',
  options,
  async plan(rows, { maximumDocuments, minimumCharacters }, context) {
    const counts = new LineCounts()
    const columnsOfFiles = new Map<string, TextColumns>()
    for await (const row of rows) {
      context.signal?.throwIfAborted()
      columnsOfFiles.set(row.place.file, row.columns)
      for (const name of row.columns.document)
        for (const line of linesOf(row.values, name)) {
          const key = lineKey(line, minimumCharacters)
          if (key !== undefined) counts.add(key, row.index)
        }
      if ((row.index & 0xfff) === 0) context.progress('count', row.index)
    }
    const { common, lines } = counts.above(maximumDocuments)
    return {
      figures: { lines },
      outcome(_, row) {
        const { document } = columnsOfFiles.get(row.place.file)!
        let removed = 0
        const values: Record<string, unknown> = { ...row.values }
        for (const name of document) {
          const kept: string[] = []
          let here = 0
          for (const line of linesOf(row.values, name)) {
            const key = lineKey(line, minimumCharacters)
            if (key !== undefined && common(key)) here++
            else kept.push(line)
          }
          if (here > 0) values[name] = kept.join('\n').trim()
          removed += here
        }
        if (removed === 0) return undefined
        if (document.every((name) => typeof values[name] !== 'string' || values[name].trim() === ''))
          return { drop: 'only-repeated-lines', evidence: { lines: removed } }
        return { values, changes: { 'repeated-line': removed } }
      },
    }
  },
}

function linesOf(values: RowValues, name: string): readonly string[] {
  const text = values[name]
  return typeof text === 'string' ? text.split('\n') : []
}

/** 64 bits of hash of what counts in a line. */
interface LineKey {
  readonly low: number
  readonly high: number
}

function lineKey(line: string, minimumCharacters: number): LineKey | undefined {
  if (line.length < minimumCharacters) return undefined
  const letters = line
    .normalize('NFC')
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, '')
  if (letters.length < minimumCharacters) return undefined
  const digits = letters.replace(/\p{N}/gu, '0')
  let low = 0x2f0b4f27
  let high = 0x6a09e667
  for (let at = 0; at < digits.length; at++) {
    const code = digits.charCodeAt(at)
    low = mixFirst(low, code)
    high = mixSecond(high, code)
  }
  return { low: low >>> 0, high: high >>> 0 }
}

/** In how many documents lines occur: 16 bytes a slot of a table that is at most half full. */
class LineCounts {
  private filled = 0
  private lows = new Uint32Array(1 << 12)
  private highs = new Uint32Array(1 << 12)
  /** 0 where the slot is free. */
  private documents = new Uint32Array(1 << 12)
  /** The document that was counted last, so that a line counts once in each. */
  private last = new Uint32Array(1 << 12)

  add(key: LineKey, document: number): void {
    const slot = this.slotOf(key)
    if (this.documents[slot] === 0) {
      this.filled++
      this.lows[slot] = key.low
      this.highs[slot] = key.high
    } else if (this.last[slot] === document) return
    this.documents[slot]!++
    this.last[slot] = document
    if (2 * this.filled > this.lows.length) this.widen()
  }

  /** Which lines occur in more documents than `maximum`, and how many such lines there are; what is counted is let go. */
  above(maximum: number): { common: (key: LineKey) => boolean; lines: number } {
    const found = new LineCounts()
    this.documents.forEach((count, slot) => {
      if (count > maximum) found.add({ low: this.lows[slot]!, high: this.highs[slot]! }, 0)
    })
    return { common: (key) => found.documents[found.slotOf(key)] !== 0, lines: found.filled }
  }

  /** Where the line is counted, or is to be. */
  private slotOf({ low, high }: LineKey): number {
    const mask = this.lows.length - 1
    let slot = low & mask
    while (this.documents[slot] !== 0 && (this.lows[slot] !== low || this.highs[slot] !== high))
      slot = (slot + 1) & mask
    return slot
  }

  private widen(): void {
    const { lows, highs, documents, last } = this
    const size = 2 * lows.length
    this.lows = new Uint32Array(size)
    this.highs = new Uint32Array(size)
    this.documents = new Uint32Array(size)
    this.last = new Uint32Array(size)
    documents.forEach((count, from) => {
      if (count === 0) return
      const to = this.slotOf({ low: lows[from]!, high: highs[from]! })
      this.lows[to] = lows[from]!
      this.highs[to] = highs[from]!
      this.documents[to] = count
      this.last[to] = last[from]!
    })
  }
}
