import type { TextScan } from './scan-text.ts'

export interface Duplicates {
  /** Lines or paragraphs. */
  readonly count: number
  /** Those that stood before already, and their characters. */
  readonly duplicates: number
  readonly characters: number
}

/** How many lines of a scanned text, blank ones aside, repeat an earlier one exactly. */
export function duplicateLines({
  text,
  lines,
  lineStart,
  lineEnd,
  lineLength,
  lineFirst,
  lineLast,
}: TextScan): Duplicates {
  let count = 0
  let duplicates = 0
  let characters = 0
  if (lines < 2) return { count: lines, duplicates, characters }
  const seen = new Set<string>()
  for (let i = 0; i < lines; i++) {
    if (lineFirst[i] === lineLast[i]) continue
    count++
    const line = text.slice(lineStart[i], lineEnd[i])
    if (seen.has(line)) {
      duplicates++
      characters += lineLength[i]!
    } else seen.add(line)
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
