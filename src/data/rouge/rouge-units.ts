import { YuksuError } from '../../errors.ts'
import { loadMorphemes } from '../../tokenizers/korean-morphemes.ts'

/** What counts as one token: see `rougeTokenizer`. */
export type RougeUnit = 'word' | 'morpheme' | 'character'
export type RougeLanguage = 'en' | 'ko'

/** The tokens of one line of text, in order. */
export interface Tokenize {
  (line: string): string[]
  /** Of ASCII text the tokens are the runs of letters and digits in lower case, which can be read faster. */
  readonly asciiWords?: true
}

/** From this share of Hangul among the letters on, `auto` takes a text for Korean. */
const koreanShare = 0.2

const letterPattern = /\p{L}/gu
const anyHangul = /\p{Script=Hangul}/u
const hangulPattern = /\p{Script=Hangul}/gu
/** Not visible and of no meaning to a score: joiners, variation selectors, keycaps, soft hyphens. */
const invisiblePattern = /\u00ad|[\u200b-\u200d]|\u20e3|[\ufe00-\ufe0f]|\ufeff/gu
const asciiPattern = /^[\0-\x7f]*$/
const characterPattern = /[\p{L}\p{N}]\p{M}*/gu
const wordPattern = /[\p{L}\p{N}][\p{L}\p{M}\p{N}]*/gu
const asciiWordPattern = /[a-z0-9]+/g
const englishWordPattern =
  /[a-z0-9]+|(?![\p{Script=Latin}\p{Script=Common}])[\p{L}\p{Nd}](?:(?![\p{Script=Latin}\p{Script=Common}])[\p{L}\p{M}\p{Nd}])*/gu

/**
 * The language of texts by the share of Hangul among their letters, syllables and jamo in either normal form:
 * `ko` from one in five on (a Hangul letter says as much as two or three Latin ones), `en` below and where there
 * are no letters.
 */
export function detectLanguage(texts: Iterable<string>): RougeLanguage {
  const all = [...texts].map((text) => text.normalize('NFC'))
  if (!all.some((text) => anyHangul.test(text))) return 'en'
  const count = (pattern: RegExp) => all.reduce((sum, text) => sum + (text.match(pattern)?.length ?? 0), 0)
  return count(hangulPattern) >= koreanShare * count(letterPattern) ? 'ko' : 'en'
}

/** Normal form C, lower case, nothing invisible: the same text however it was typed. */
function clean(text: string): string {
  return text.normalize('NFC').replace(invisiblePattern, '').toLowerCase()
}

/**
 * Words as google's rouge_score cuts them: runs of `a-z` and `0-9` of the lower-cased text; the rest separates.
 * Letters of other scripts are tokens here too (rouge_score drops them, so that Korean scores zero).
 */
function englishWords(line: string): string[] {
  if (asciiPattern.test(line)) return line.toLowerCase().match(asciiWordPattern) ?? []
  return clean(line).match(englishWordPattern) ?? []
}

/** Korean words (eojeol): runs of letters and digits of any script, cut at spaces, punctuation and emoji. */
function words(line: string): string[] {
  return clean(line).match(wordPattern) ?? []
}

/** Every letter and digit by itself, a Hangul syllable being one; spaces, punctuation and emoji are none. */
function characters(line: string): string[] {
  return clean(line).match(characterPattern) ?? []
}

/** The unit that is usual for a language: words in English, morphemes in Korean. */
export function defaultUnit(language: RougeLanguage): RougeUnit {
  return language === 'ko' ? 'morpheme' : 'word'
}

/**
 * The tokenizer for a language and unit. All work on normal form C in lower case; letters and digits count,
 * punctuation, symbols and emoji do not, so `#Person1#은` is `person1`, `은`.
 *
 * - `word` in English: runs of `a-z0-9` as in google's rouge_score, and runs of letters of other scripts.
 * - `word` in Korean: what stands between spaces and punctuation (eojeol), particles included: `학교에` is one.
 * - `morpheme`, Korean only: the analysis of garu-ko, a sentence at a time; `학교에 간다` is `학교`, `에`, `가`,
 *   `ㄴ다`. English words and numbers inside stay whole. Where the analysis is empty the
 *   words count.
 * - `character`: every letter and digit, a syllable being one.
 *
 * The first use of `morpheme` loads a model of 1.2 MB (about 0.15 s). Throws `YuksuError` `rouge-unit` for
 * English morphemes.
 */
export async function rougeTokenizer(language: RougeLanguage, unit: RougeUnit): Promise<Tokenize> {
  if (unit === 'character') return characters
  if (unit === 'word')
    return Object.assign(language === 'ko' ? words : englishWords, { asciiWords: true as const })
  if (language !== 'ko') {
    throw new YuksuError(
      'rouge-unit',
      "the unit 'morpheme' is for Korean, the language given is 'en'; choose the unit 'word' or the language 'ko'",
    )
  }
  const morphemes = await loadMorphemes()
  return (line) => {
    const composed = line.normalize('NFC').replace(invisiblePattern, '')
    const found = morphemes(composed).flatMap((morpheme) => morpheme.toLowerCase().match(wordPattern) ?? [])
    return found.length > 0 ? found : words(composed)
  }
}
