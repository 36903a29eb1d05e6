import { replaceCounted, type Changes } from './changes.ts'

/** Marks whose repetition says nothing. Not `*`, `-`, `=`, `_`, `#` (rules, headings, blanks to fill) nor stars (ratings). */
export const repeatableMarks = '!?.,~;^…‥·ㆍᆢ。、！？～〜∼♥♡❤@'
const escaped = repeatableMarks.replace(/[\\\]^-]/g, '\\$&')
const loneJamo = /(?<![ㄱ-ㅣ])[ㄱ-ㅊㅌㅍㅏ-ㅛㅝ-ㅟㅡ-ㅣ](?![ㄱ-ㅣ])/g

/** What emoticons of two to four signs are made of. */
export const emoticonSigns = `${repeatableMarks}:()<>_=ㅡㅠㅜㅋㅎㅇㅁㅅㅂ'-`
const escapedSigns = emoticonSigns.replace(/[\\\]^-]/g, '\\$&')

/**
 * Runs of one punctuation mark or heart longer than `limit` cut to it (`!!!!!!`, `......`, `~~~~`). Points
 * of a path stay, and `~` or `^` that stand under something: alone on a line, or behind spaces in a text of several. Kind
 * `repeated-punctuation`.
 */
export function limitMarks(text: string, limit: number, changes: Changes = {}): string {
  const hasLines = text.includes('\n')
  return replaceCounted(
    text,
    markRuns(limit),
    ([run, mark], at, whole) => {
      const points = hasLines && (mark === '~' || mark === '^') && isBelow(whole, at, run!.length)
      return points || (mark === '.' && whole[at - 1] === '/') ? run! : mark!.repeat(limit)
    },
    changes,
    'repeated-punctuation',
  )
}

/** Mouths of emoticons longer than `limit` cut to it (`:)))))`, `ㅎ))))`). Kind `repeated-emoticon`. */
export function limitMouths(text: string, limit: number, changes: Changes = {}): string {
  return replaceCounted(
    text,
    mouthRuns(limit),
    ([run, mouth], at, whole) =>
      eyes.test(whole.slice(Math.max(0, at - 2), at)) ? mouth!.repeat(limit) : run!,
    changes,
    'repeated-emoticon',
  )
}

/**
 * Emoticons repeated more than `limit` times cut to it: `^^;^^;^^;^^;`, `ㅠㅠ ㅠㅠ ㅠㅠ ㅠㅠ`, `?!?!?!?!`. Kind
 * `repeated-emoticon`.
 */
export function limitEmoticons(text: string, limit: number, changes: Changes = {}): string {
  return replaceCounted(
    text,
    unitRuns(limit),
    ([run, unit, space]) =>
      isEmoticon(unit!, space!) ? Array.from({ length: limit }, () => unit!).join(space) : run!,
    changes,
    'repeated-emoticon',
  )
}

/** One emoji more than `limit` times in a row cut to it (`😂😂😂😂`); stars stay, they are ratings. Kind `repeated-emoticon`. */
export function limitEmoji(text: string, limit: number, changes: Changes = {}): string {
  return replaceCounted(
    text,
    emojiRuns(limit),
    ([, sign]) => sign!.repeat(limit),
    changes,
    'repeated-emoticon',
  )
}

/** Runs of one and the same jamo longer than `limit` cut to it (`ㅋㅋㅋㅋㅋㅋ`, `ㅠㅠㅠㅠ`). Kind `jamo-run`. */
export function limitJamo(text: string, limit: number, changes: Changes = {}): string {
  return replaceCounted(text, jamoRuns(limit), ([, jamo]) => jamo!.repeat(limit), changes, 'jamo-run')
}

/**
 * Without jamo that stand alone, such as the ㄴ of `좋다ㄴ`: no jamo beside them, and not a laugh or a tear (ㅋ, ㅎ, ㅠ, ㅜ).
 * Kind `lone-jamo`.
 */
export function removeLoneJamo(text: string, changes: Changes = {}): string {
  return replaceCounted(text, loneJamo, '', changes, 'lone-jamo')
}

function isBelow(text: string, at: number, length: number): boolean {
  const start = text.lastIndexOf('\n', at - 1) + 1
  const end = text.indexOf('\n', at + length)
  if (text.slice(start, at).endsWith('  ')) return true
  return (text.slice(start, at) + text.slice(at + length, end < 0 ? undefined : end)).trim() === ''
}

/** A mark of mood is in it (without one, such as `, , , ,` or `(((`, it may be anything), and it is no run of one sign. */
function isEmoticon(unit: string, space: string): boolean {
  if (space === '' && /^(.)\1*$/.test(unit)) return false
  return /[!?~^♥♡❤ㅡㅠㅜㅋㅎ]|[:;][()]/.test(unit)
}

const eyes = /[:;=^ㅎㅋ]-?$/
const markRuns = byLimit((limit) => new RegExp(`([${escaped}])\\1{${limit},}`, 'g'))
const jamoRuns = byLimit((limit) => new RegExp(`([ㄱ-ㅎㅏ-ㅣ])\\1{${limit},}`, 'g'))
const mouthRuns = byLimit((limit) => new RegExp(`([()])\\1{${limit},}`, 'g'))
const unitRuns = byLimit(
  (limit) => new RegExp(`([${escapedSigns}]{2,4})( ?)\\1(?:\\2\\1){${limit - 1},}`, 'g'),
)
const emojiRuns = byLimit(
  (limit) =>
    new RegExp(
      `(\\p{RI}\\p{RI}|(?![\\u2b50\\u{1f31f}])(?:\\p{ExtPict}\\ufe0f|\\p{Emoji_Presentation})\\p{EMod}?(?:\\ufe0f?\\u200d\\p{ExtPict}\\p{EMod}?\\ufe0f?)*)\\1{${limit},}`,
      'gu',
    ),
)

function byLimit<Value>(make: (limit: number) => Value): (limit: number) => Value {
  const made = new Map<number, Value>()
  return (limit) => {
    let value = made.get(limit)
    if (value === undefined) made.set(limit, (value = make(limit)))
    return value
  }
}
