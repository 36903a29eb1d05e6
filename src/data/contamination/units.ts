import { loadMorphemes } from '../../tokenizers/korean-morphemes.ts'

export const overlapUnits = ['word', 'character', 'morpheme'] as const
export type OverlapUnit = (typeof overlapUnits)[number]

/** A text cut into the units that are compared. */
export interface CutText {
  /** The text in normal form C, which the places are in. */
  readonly text: string
  /** The units in order, in lower case. */
  readonly units: readonly string[]
  /** Where each begins and ends in the text; undefined for morphemes, which have no place of their own. */
  readonly starts: readonly number[] | undefined
  readonly ends: readonly number[] | undefined
}

const asciiOnly = /^[\0-\x7f]*$/
const asciiWords = /[a-z0-9]+/g
const words = /[\p{L}\p{N}][\p{L}\p{M}\p{N}]*/gu
const characters = /[\p{L}\p{N}]\p{M}*/gu

/**
 * What cuts a text into units, all in normal form C and lower case, without spaces, punctuation and symbols:
 *
 * - `word`: runs of letters, marks and digits of any script, as GPT-3 compares (Brown et al. 2020, appendix C); in
 *   Korean what stands between spaces (eojeol), particles included.
 * - `character`: each letter or digit with its marks, a Hangul syllable being one, as GPT-4 compares.
 * - `morpheme`: Korean by the analysis of garu-ko (about a thousand sentences a second), other text by word.
 */
export async function unitCutter(unit: OverlapUnit): Promise<(text: string) => CutText> {
  if (unit === 'morpheme') {
    const morphemes = await loadMorphemes()
    return (given) => {
      const text = given.normalize('NFC')
      const units = morphemes(text).flatMap((morpheme) => morpheme.toLowerCase().match(words) ?? [])
      return { text, units, starts: undefined, ends: undefined }
    }
  }
  if (unit === 'character') return (text) => cut(text.normalize('NFC'), characters)
  return (text) => {
    if (!asciiOnly.test(text)) return cut(text.normalize('NFC'), words)
    const lower = text.toLowerCase()
    return { ...cut(lower, asciiWords), text }
  }
}

function cut(text: string, pattern: RegExp): CutText {
  const units: string[] = []
  const starts: number[] = []
  const ends: number[] = []
  pattern.lastIndex = 0
  for (let found = pattern.exec(text); found !== null; found = pattern.exec(text)) {
    units.push(found[0].toLowerCase())
    starts.push(found.index)
    ends.push(pattern.lastIndex)
  }
  return { text, units, starts, ends }
}
