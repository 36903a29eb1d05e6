import { hashOfWord } from './scan-text.ts'
import type { TextScan } from './scan-text.ts'
import { duplicateLines } from './duplicate-lines.ts'

/**
 * Whether a scanned text is Korean: more than a quarter of its letters are Hangul. A syllable says as much as two or three letters, and
 * Korean on technical matters is full of Latin names.
 */
export function isKorean({ letters, hangulLetters }: TextScan): boolean {
  return hangulLetters * 4 > letters
}

/** A rule on a whole document: what is measured, and on which side of its limit a text is left out. */
interface Rule {
  /** In counts and reports. */
  readonly reason: string
  readonly bound: 'minimum' | 'maximum'
  /** Of a scanned text that has at least one word. */
  measure(scan: TextScan, settings: RuleSettings): number
}

export interface RuleSettings {
  readonly korean: boolean
  /** A line of at most so many characters is short. */
  readonly shortLineLength: number
}

/**
 * Rules by the name of their limit, in the order they are asked. Formulas: Gopher (Rae et al. 2021, appendix A.1), C4 (Raffel et al.
 * 2020, section 2.2) and FineWeb (Penedo et al. 2024), as datatrove computes them, with words being what spaces separate.
 */
export const rules = {
  minimumWords: { reason: 'too-few-words', bound: 'minimum', measure: (scan) => scan.plainWords },
  maximumWords: { reason: 'too-many-words', bound: 'maximum', measure: (scan) => scan.plainWords },
  minimumMeanWordLength: { reason: 'short-words', bound: 'minimum', measure: meanWordLength },
  maximumMeanWordLength: { reason: 'long-words', bound: 'maximum', measure: meanWordLength },
  maximumHashRatio: { reason: 'hash-marks', bound: 'maximum', measure: (scan) => scan.hashes / scan.words },
  maximumEllipsisRatio: {
    reason: 'ellipses',
    bound: 'maximum',
    measure: (scan) => scan.ellipses / scan.words,
  },
  maximumBulletLines: { reason: 'bullet-lines', bound: 'maximum', measure: bulletLines },
  maximumEllipsisLines: { reason: 'ellipsis-lines', bound: 'maximum', measure: ellipsisLines },
  minimumAlphabeticWords: {
    reason: 'non-alphabetic-words',
    bound: 'minimum',
    measure: (scan) => scan.alphabeticWords / scan.words,
  },
  minimumStopWords: { reason: 'few-stop-words', bound: 'minimum', measure: stopWords },
  minimumPunctuatedLines: { reason: 'unpunctuated-lines', bound: 'minimum', measure: punctuatedLines },
  maximumShortLines: { reason: 'short-lines', bound: 'maximum', measure: shortLines },
  maximumDuplicateLineCharacters: {
    reason: 'duplicate-lines',
    bound: 'maximum',
    measure: duplicateLineCharacters,
  },
  maximumLineEndRatio: {
    reason: 'line-ends',
    bound: 'maximum',
    measure: (scan) => lineEnds(scan) / scan.words,
  },
  minimumSentences: { reason: 'too-few-sentences', bound: 'minimum', measure: (scan) => scan.sentences },
} as const satisfies Record<string, Rule>

export type RuleName = keyof typeof rules

/** Limits by rule; a rule without one is not asked. */
export type Limits = Readonly<Partial<Record<RuleName, number | false>>>

/** The first rule in order that a scanned text breaks. */
export function brokenRule(
  scan: TextScan,
  limits: Limits,
  settings: RuleSettings,
): { readonly reason: string; readonly value: number; readonly limit: number } | undefined {
  if (scan.words === 0) return { reason: 'empty', value: 0, limit: 1 }
  for (const name of Object.keys(rules) as RuleName[]) {
    const limit = limits[name]
    if (limit === undefined || limit === false) continue
    const { reason, bound, measure }: Rule = rules[name]
    const value = measure(scan, settings)
    if (bound === 'minimum' ? value < limit : value > limit) return { reason, value, limit }
  }
  return undefined
}

function meanWordLength({ plainWords, plainCharacters }: TextScan): number {
  return plainWords === 0 ? 0 : plainCharacters / plainWords
}

function bulletLines({ text, lines, lineFirst }: TextScan): number {
  let count = 0
  for (let i = 0; i < lines; i++) {
    const code = text.charCodeAt(lineFirst[i]!)
    if (code === 0x2022 || code === 45) count++
  }
  return count / lines
}

function ellipsisLines({ text, lines, lineFirst, lineLast }: TextScan): number {
  let count = 0
  for (let i = 0; i < lines; i++) {
    const last = lineLast[i]!
    if (last === lineFirst[i]) continue
    if (text.charCodeAt(last - 1) === 0x2026 || text.endsWith('...', last)) count++
  }
  return count / lines
}

const englishStopWords = ['the', 'be', 'to', 'of', 'and', 'that', 'have', 'with']
const stopWordHashes = new Map(englishStopWords.map((word, index) => [hashOfWord(word), index]))

/**
 * Last syllables of eojeol that are particles or endings: in running Korean text most eojeol have one, in lists of names and key words
 * few. They take the place of Gopher's eight stop words.
 */
const koreanTails = new Map(
  [...'은는이가을를에의도로와과만서게께다요고지면며네죠까니'].map((letter, index) => [
    letter.charCodeAt(0),
    index,
  ]),
)

/** How many different stop words, or in Korean different particles and endings, a text has. */
function stopWords(scan: TextScan, { korean }: RuleSettings): number {
  let seen = 0
  if (korean) {
    for (let i = 0; i < scan.words; i++) {
      if (scan.wordEnd[i]! - scan.wordStart[i]! < 2) continue
      const index = koreanTails.get(scan.wordTail[i]!)
      if (index !== undefined) seen |= 1 << index
    }
  } else {
    for (let i = 0; i < scan.words; i++) {
      const length = scan.wordEnd[i]! - scan.wordStart[i]!
      if (length < 2 || length > 4) continue
      const index = stopWordHashes.get(scan.wordHash[i]!)
      if (index !== undefined && scan.text.startsWith(englishStopWords[index]!, scan.wordStart[i]!)) {
        seen |= 1 << index
      }
    }
  }
  let count = 0
  for (; seen !== 0; seen &= seen - 1) count++
  return count
}

const terminal = new Set([...'.!?‼‽⁇⁈⁉。｡！？．'].map((mark) => mark.charCodeAt(0)))
// Last syllables of Korean sentences, which the web often leaves without a mark.
const koreanEnds = new Set([...'다요죠까네'].map((mark) => mark.charCodeAt(0)))

/** The share of lines, blank ones aside, that end as sentences do. */
function punctuatedLines({ text, lines, lineFirst, lineLast }: TextScan, { korean }: RuleSettings): number {
  let all = 0
  let count = 0
  for (let i = 0; i < lines; i++) {
    const last = lineLast[i]!
    if (last === lineFirst[i]) continue
    all++
    const code = text.charCodeAt(last - 1)
    if (terminal.has(code) || (korean && koreanEnds.has(code))) count++
  }
  return all === 0 ? 0 : count / all
}

function shortLines(
  { lines, lineFirst, lineLast, lineLength }: TextScan,
  { shortLineLength }: RuleSettings,
): number {
  let all = 0
  let count = 0
  for (let i = 0; i < lines; i++) {
    if (lineLast[i] === lineFirst[i]) continue
    all++
    if (lineLength[i]! <= shortLineLength) count++
  }
  return all === 0 ? 0 : count / all
}

function duplicateLineCharacters(scan: TextScan): number {
  return duplicateLines(scan).characters / (scan.characters - lineEnds(scan))
}

function lineEnds({ text, lines }: TextScan): number {
  return text.endsWith('\n') ? lines : lines - 1
}
