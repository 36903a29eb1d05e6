import { sameText } from './scan-text.ts'
import type { TextScan } from './scan-text.ts'

export interface Duplicates {
  /** Lines or paragraphs. */
  readonly count: number
  /** Those that stood before already, and their characters. */
  readonly duplicates: number
  readonly characters: number
}

// Numbers of lines by hash; places hold a line of this text where the stamp says so.
let slots = new Int32Array(256)
let stamps = new Int32Array(256)
let stamp = 0

/** How many lines of a scanned text, blank ones aside, repeat an earlier one exactly. */
export function duplicateLines(scan: TextScan): Duplicates {
  const { text, lines, lineStart, lineEnd, lineLength, lineHash, lineFirst, lineLast } = scan
  let count = 0
  let duplicates = 0
  let characters = 0
  if (lines < 2) return { count: lines, duplicates, characters }
  if (slots.length < lines * 2) {
    let size = slots.length
    while (size < lines * 2) size *= 2
    slots = new Int32Array(size)
    stamps = new Int32Array(size)
    stamp = 0
  }
  if (stamp === 0x7fffffff) {
    stamps.fill(0)
    stamp = 0
  }
  stamp++
  const mask = slots.length - 1
  for (let i = 0; i < lines; i++) {
    if (lineFirst[i] === lineLast[i]) continue
    count++
    const hash = lineHash[i]!
    let slot = (hash ^ (hash >>> 15)) & mask
    for (; stamps[slot] === stamp; slot = (slot + 1) & mask) {
      const other = slots[slot]!
      if (
        lineHash[other] === hash &&
        sameText(text, lineStart[other]!, lineEnd[other]!, lineStart[i]!, lineEnd[i]!)
      ) {
        duplicates++
        characters += lineLength[i]!
        break
      }
    }
    if (stamps[slot] !== stamp) {
      stamps[slot] = stamp
      slots[slot] = i
    }
  }
  return { count, duplicates, characters }
}

/** The same for paragraphs, which blank lines separate. */
export function duplicateParagraphs(text: string): Duplicates {
  if (!text.includes('\n\n')) return { count: 1, duplicates: 0, characters: 0 }
  const paragraphs = text.trim().split(/\n{2,}/)
  let duplicates = 0
  let characters = 0
  const seen = new Set<string>()
  for (const paragraph of paragraphs) {
    if (seen.has(paragraph)) {
      duplicates++
      characters += [...paragraph].length
    } else seen.add(paragraph)
  }
  return { count: paragraphs.length, duplicates, characters }
}
