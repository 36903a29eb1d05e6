import { firstLetterScript, type Script, scriptCode, scriptNames, scriptTable } from './letters.ts'
import { createSpellingModel, type SpellingModel } from './spelling-model.ts'
import { cyrillicWords } from './words-cyrillic.ts'
import { latinWords } from './words-latin.ts'

export interface DetectedLanguage {
  /** ISO 639-1 code (`tl` for Filipino), or `unknown` for numbers, code and what has no letters. */
  readonly language: string
  /** From 0 to 1: how sure the language is, times its share of the letters; 0 for `unknown`. */
  readonly confidence: number
}

/** How many Latin letters a character of a script is worth: one syllable of Hangul says about what two or three letters say. */
export const letterWorth: Partial<Record<Script, number>> = { hangul: 2.5, kana: 2, han: 3 }

/** Scripts that one language here is written in; Han, kana, Latin, Cyrillic and Arabic need a closer look. */
const languageOfScript: Partial<Record<Script, string>> = {
  hangul: 'ko',
  greek: 'el',
  hebrew: 'he',
  devanagari: 'hi',
  thai: 'th',
  georgian: 'ka',
  armenian: 'hy',
  bengali: 'bn',
  gurmukhi: 'pa',
  gujarati: 'gu',
  tamil: 'ta',
  telugu: 'te',
  kannada: 'kn',
  malayalam: 'ml',
  sinhala: 'si',
  lao: 'lo',
  tibetan: 'bo',
  burmese: 'my',
  khmer: 'km',
  ethiopic: 'am',
}

/** Every language that can be found, in alphabetical order. */
export const detectableLanguages: readonly string[] = [
  ...new Set([
    ...Object.keys(latinWords),
    ...Object.keys(cyrillicWords),
    ...Object.values(languageOfScript),
    'ja',
    'zh',
    'ar',
    'fa',
    'ur',
  ]),
].sort()

/** Of a longer text, pieces of this length are read, evenly spread. */
const readAtMost = { units: 1 << 16, pieces: 16 }
/** Signs of code, in all and for each Latin letter, from which a text is code. */
const leastCodeSigns = 3
const codeShare = 0.06
/** Share of letters below which a text is numbers. */
const letterShare = 0.3
/** Kana among kana and Han from which a text is Japanese. */
const kanaShare = 0.08
/** Hangul among Hangul and Han from which a text is Korean. */
const hangulShare = 0.3
/** UTF-16 units from which a text is read at three places. */
const longText = 1500
/** Lead in nats at which no more words are read. */
const margin = 20
/** Neighbouring letters say the same thing twice, so that the sum of their logarithms overstates what is known. */
const temperature = 2.5
/** Languages further behind than this are out of the question. */
const leastLogarithm = 15

const worth = Float64Array.from(scriptNames, (name) => letterWorth[name] ?? 1)

let latin: SpellingModel | undefined
let cyrillic: SpellingModel | undefined

/**
 * The language of a text. Its scripts decide first (Hangul is Korean, Han with kana Japanese), weighed by what a character
 * says, so that Korean with English words in it is Korean; languages that share Latin or Cyrillic letters are told apart by
 * their frequent words and their spelling. Texts of one or two words are often anyone's guess, which the confidence shows.
 * The same text gives the same answer everywhere.
 */
export function detectLanguage(text: string): DetectedLanguage {
  const found = judge(text)
  if (found.model === undefined) return found
  const { model, shares } = found
  let best = 0
  for (let language = 1; language < shares.length; language++) {
    if (shares[language]! > shares[best]!) best = language
  }
  return { language: model.languages[best]!, confidence: shares[best]! }
}

/** How sure it is that a text is in one of these languages: the sum of their confidences. */
export function languageConfidence(text: string, languages: ReadonlySet<string>): number {
  const found = judge(text)
  if (found.model === undefined) return languages.has(found.language) ? found.confidence : 0
  let sum = 0
  found.shares.forEach((share, language) => {
    if (languages.has(found.model.languages[language]!)) sum += share
  })
  return sum
}

const unknown = { language: 'unknown', confidence: 0, model: undefined } as const

type Judgement =
  | { readonly language: string; readonly confidence: number; readonly model: undefined }
  /** The confidence of each language of the model. */
  | { readonly model: SpellingModel; readonly shares: Float64Array }

function judge(text: string): Judgement {
  const counts = countScripts(text)
  let letters = 0
  for (let code = firstLetterScript; code < counts.length; code++) letters += counts[code]! * worth[code]!
  const signs = counts[scriptCode.digit]! + counts[scriptCode.sign]! + counts[scriptCode.code]!
  if (letters === 0 || letters / (letters + signs) < letterShare) return unknown

  const weight = (code: number) => counts[code]! * worth[code]!
  const han = weight(scriptCode.han)
  const kana = weight(scriptCode.kana)
  const hangul = weight(scriptCode.hangul)
  // Han belongs to the kana or the Hangul it stands with.
  let hanWith: number = scriptCode.han
  if (kana > kanaShare * (kana + han)) hanWith = scriptCode.kana
  else if (hangul > hangulShare * (hangul + han)) hanWith = scriptCode.hangul
  let lead: number = scriptCode.latin
  let leadWeight = -1
  for (let code = firstLetterScript; code < counts.length; code++) {
    let whole = weight(code)
    if (code === scriptCode.han && hanWith !== code) whole = 0
    else if (code === hanWith && code !== scriptCode.han) whole += han
    if (whole > leadWeight) {
      lead = code
      leadWeight = whole
    }
  }
  const share = leadWeight / letters
  if (lead !== scriptCode.latin && lead !== scriptCode.cyrillic) {
    return { language: languageOf(scriptNames[lead]!, text), confidence: share, model: undefined }
  }
  if (lead === scriptCode.latin && isCode(counts)) return unknown
  // Letters whose marks stand apart are words of their own to the model.
  const composed = counts[scriptCode.mark]! > 0 ? text.normalize('NFC') : text
  const model =
    lead === scriptCode.latin
      ? (latin ??= createSpellingModel(latinWords))
      : (cyrillic ??= createSpellingModel(cyrillicWords))
  return { model, shares: spelled(model, composed, share) }
}

function isCode(counts: Uint32Array): boolean {
  const signs = counts[scriptCode.code]!
  return signs >= leastCodeSigns && signs > codeShare * counts[scriptCode.latin]!
}

function languageOf(script: Script, text: string): string {
  if (script === 'han') return 'zh'
  if (script === 'kana') return 'ja'
  if (script === 'arabic') {
    const urdu = text.match(/[ٹڈڑےںھہ]/g)?.length ?? 0
    const persian = text.match(/[پچژگکی]/g)?.length ?? 0
    if (urdu > 0 && urdu * 4 > persian) return 'ur'
    return persian > 0.02 * text.length ? 'fa' : 'ar'
  }
  return languageOfScript[script]!
}

const counts = new Uint32Array(scriptNames.length)

/** How many UTF-16 units of each script there are; a bracket or point between letters counts as code. */
function countScripts(text: string): Uint32Array {
  const table = scriptTable()
  counts.fill(0)
  const { units, pieces } = readAtMost
  const parts = text.length > units ? pieces : 1
  const length = parts === 1 ? text.length : units / pieces
  for (let part = 0; part < parts; part++) {
    const start = parts === 1 ? 0 : Math.floor(((text.length - length) * part) / (parts - 1))
    let before: number = scriptCode.space
    for (let i = start; i < start + length; i++) {
      const unit = text.charCodeAt(i)
      const code = table[unit]!
      counts[code]!++
      if (before === scriptCode.latin && (unit === 0x28 || unit === 0x2e) && isCodeSign(text, i, table)) {
        counts[scriptCode.code]!++
      }
      before = code
    }
  }
  return counts
}

/** `name(` and `name.other`, where running text has a space. */
function isCodeSign(text: string, at: number, table: Uint8Array): boolean {
  if (text.charCodeAt(at) === 0x28) return true
  const next = text.charCodeAt(at + 1)
  return table[next] === scriptCode.latin && next >= 0x61
}

function spelled(model: SpellingModel, text: string, share: number): Float64Array {
  const size = model.languages.length
  const sums = new Float64Array(size)
  const scores = new Float64Array(size)
  // A long text is read at its beginning and at two further places, so that a foreign quotation does not decide.
  const places = text.length < longText ? 1 : 3
  for (let place = 0; place < places; place++) {
    scores.fill(0)
    const start = Math.floor((text.length * place) / places)
    model.score(text, start, Math.floor((text.length * (place + 1)) / places), margin, scores)
    let best = -Infinity
    for (let language = 0; language < size; language++) best = Math.max(best, scores[language]!)
    let whole = 0
    for (let language = 0; language < size; language++) {
      const behind = (scores[language]! - best) / temperature
      whole += scores[language] = behind < -leastLogarithm ? 0 : Math.exp(behind)
    }
    for (let language = 0; language < size; language++) {
      sums[language]! += ((scores[language]! / whole) * share) / places
    }
  }
  return sums
}
