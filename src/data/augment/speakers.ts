/** A name at the beginning of a line, before a colon. */
export interface SpeakerLabel {
  readonly name: string
  /** Where the name stands in the text, and where its line's words begin (past the colon and spaces). */
  readonly start: number
  readonly end: number
  readonly words: number
}

export interface Speakers {
  /** In the order in which they first speak. */
  readonly names: readonly string[]
  readonly labels: readonly SpeakerLabel[]
}

const labelPattern = /^[^\S\n]*([^\s:：][^\n:：]{0,39}?)[^\S\n]*[:：](?!\/\/)[^\S\n]*/gmu
const markPattern = /^#[^\s#]+#$/u
/** Up to four words of letters, such as `Mr. White` or `상담원 2`; a time or a sentence is none. */
const namePattern = /^[\p{L}][\p{L}\p{M}\p{N}'’._()-]*(?: [\p{L}\p{N}][\p{L}\p{M}\p{N}'’._()-]*){0,3}$/u

export function isMark(name: string): boolean {
  return markPattern.test(name)
}

/**
 * The speakers of a dialogue whose lines open with a name and a colon, such as `#Person1#: …` or `민수: …`. Undefined where
 * the text is no such dialogue: fewer than two speakers, or fewer than half of its lines that are not blank with a label.
 */
export function speakersOf(text: string): Speakers | undefined {
  if (!text.includes('\n')) return undefined
  const labels: SpeakerLabel[] = []
  for (const match of text.matchAll(labelPattern)) {
    const name = match[1]!
    if (!isMark(name) && !namePattern.test(name)) continue
    const start = match.index + match[0].indexOf(name)
    labels.push({ name, start, end: start + name.length, words: match.index + match[0].length })
  }
  const names = [...new Set(labels.map((label) => label.name))]
  if (names.length < 2) return undefined
  const lines = text.split('\n').filter((line) => line.trim() !== '').length
  return labels.length * 2 >= lines ? { names, labels } : undefined
}
