import { replaceCounted, type Changes } from './changes.ts'

const initials = 'ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ'
const vowels = 'ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ'
const finals = ['', ...'ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ']
/** Vowels and finals that are typed by two keys. */
const pairs = new Map(
  'ㅗㅏㅘ ㅗㅐㅙ ㅗㅣㅚ ㅜㅓㅝ ㅜㅔㅞ ㅜㅣㅟ ㅡㅣㅢ ㄱㅅㄳ ㄴㅈㄵ ㄴㅎㄶ ㄹㄱㄺ ㄹㅁㄻ ㄹㅂㄼ ㄹㅅㄽ ㄹㅌㄾ ㄹㅍㄿ ㄹㅎㅀ ㅂㅅㅄ'
    .split(' ')
    .map((row) => [row.slice(0, 2), row[2]!] as const),
)

const firstSyllable = 0xac00
const khieukh = finals.indexOf('ㅋ')
const hieuh = finals.indexOf('ㅎ')

function finalOf(syllable: string): number {
  return (syllable.charCodeAt(0) - firstSyllable) % 28
}

/**
 * Syllables whose last keys went into the next letter, or stand beside it, put right where only one reading is possible:
 *
 * - a laugh caught as a final: `했엌ㅋㅋ` → `했어ㅋㅋㅋ`, `안녕하세욯ㅎ` → `안녕하세요ㅎㅎ`, `ㅋㅋ큐ㅠ` → `ㅋㅋㅋㅠㅠ`;
 * - a syllable left as jamo inside a word: `갑ㅈㅏ기` → `갑자기`, `무ㅓ지` → `뭐지`;
 * - a final left beside its syllable where an ending follows: `이ㅂ니다` → `입니다`, `재밌어ㅆ다` → `재밌었다`.
 *
 * Kind `half-typed-syllable`.
 */
export function repairHalfTyped(text: string, changes: Changes = {}): string {
  if (!mayBeHalfTyped(text)) return text
  let result = text
  for (const [pattern, repair] of repairs) {
    result = replaceCounted(result, pattern, repair, changes, 'half-typed-syllable')
  }
  return result
}

const isConsonant = (code: number) => code >= 0x3131 && code <= 0x314e
const isVowel = (code: number) => code >= 0x314f && code <= 0x3163
const isSyllable = (code: number) => code >= 0xac00 && code <= 0xd7a3

/** Whether a jamo stands beside another letter as no laugh does; most texts with jamo have laughs and tears alone. */
function mayBeHalfTyped(text: string): boolean {
  let before = 0
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (isConsonant(code)) {
      const next = text.charCodeAt(index + 1)
      if (isVowel(next) || (isSyllable(next) && beforeSyllable.has(code))) return true
      if (isSyllable(before) && caughtFinals.get(code) === (before - firstSyllable) % 28) return true
    } else if (isVowel(code) && isSyllable(before) && isSyllable(text.charCodeAt(index + 1))) return true
    before = code
  }
  return false
}

const beforeSyllable = new Set(Array.from('ㅋㅎㅂㅆ', (jamo) => jamo.charCodeAt(0)))
const caughtFinals = new Map([
  ['ㅋ'.charCodeAt(0), khieukh],
  ['ㅎ'.charCodeAt(0), hieuh],
])

type Repair = (match: readonly string[]) => string

const repairs: readonly (readonly [RegExp, Repair])[] = [
  [
    /([가-힣])(?=([ㅋㅎ]))/g,
    ([syllable, , laugh]) => {
      const isCaught = finalOf(syllable!) === (laugh === 'ㅋ' ? khieukh : hieuh)
      if (!isCaught || finishedWords.has(syllable!)) return syllable!
      return withoutFinal(syllable!) + laugh!
    },
  ],
  // 부엌 is a kitchen; the k of any other 엌 is a laugh.
  [/(?<!부)엌(?=ㅋ)/g, () => '어ㅋ'],
  [/(?<=ㅋ)(?:큐(?=ㅠ)|쿠(?=ㅜ))/g, ([syllable]) => (syllable === '큐' ? 'ㅋㅠ' : 'ㅋㅜ')],
  [/(?<=ㅎ)(?:휴(?=ㅠ)|후(?=ㅜ))/g, ([syllable]) => (syllable === '휴' ? 'ㅎㅠ' : 'ㅎㅜ')],
  // Not with ㅠ, ㅜ, ㅡ and ㅗ behind ㅋ, ㅎ and ㅇ, which make faces and sobs.
  [
    /(?<=[가-힣])(?![ㅋㅎㅇ][ㅠㅜㅡㅗ])[ㄱ-ㅎ][ㅏ-ㅣ](?:[ㄱ-ㅊㅌㅍ](?=[가-힣\s.,!?]|$))?(?![ㄱ-ㅣ])/g,
    ([jamo]) => syllables(jamo!) ?? jamo!,
  ],
  [
    /(?<![ㄱ-ㅣ])(?![ㅋㅎㅇ][ㅠㅜㅡㅗ])[ㄱ-ㅎ][ㅏ-ㅣ](?:[ㄱ-ㅊㅌㅍ])?(?=[가-힣])/g,
    ([jamo]) => syllables(jamo!) ?? jamo!,
  ],
  [/([가-힣])([ㅏㅐㅓㅔㅣ])(?=[가-힣])/g, ([both, syllable, vowel]) => withVowel(syllable!, vowel!) ?? both!],
  [
    /([가-힣])(?:ㅂ(?=니다|니까)|ㅆ(?=다|던|는데|네요|지만|습니다|어요|음))/g,
    ([both, syllable]) => (finalOf(syllable!) === 0 ? withFinal(syllable!, both![1]!) : both!),
  ],
]

/** Words that end in ㅋ or ㅎ by themselves: 녘, 엌 (judged apart), and stems that people laugh behind. */
const finishedWords = new Set('녘엌좋놓넣쌓떻렇')

const looseRun = /(?<![ㄱ-ㅣ])[ㄱ-ㅎ][ㅏ-ㅣ][ㄱ-ㅣ]{2,}(?![ㄱ-ㅣ])/g
const faces = /^[ㅋㅎㅇㅅㅁㅠㅜㅡㅗㅛ]+$/

/**
 * Words typed as loose jamo put together (`ㅇㅏㄴㄴㅕㅇ` → `안녕`): a run that can be read as two syllables or more with nothing left,
 * and is no face or sob (`ㅇㅗㅇ`, `ㅠㅅㅠ`). Kind `loose-jamo`, one place a run.
 */
export function composeLooseJamo(text: string, changes: Changes = {}): string {
  return replaceCounted(
    text,
    looseRun,
    ([run]) => {
      if (faces.test(run!)) return run!
      const composed = syllables(run!)
      return composed !== undefined && composed.length > 1 ? composed : run!
    },
    changes,
    'loose-jamo',
  )
}

/** Jamo as syllables, or undefined where one is left over. A consonant before a vowel begins a syllable. */
function syllables(jamo: string): string | undefined {
  let result = ''
  let at = 0
  while (at < jamo.length) {
    const initial = initials.indexOf(jamo[at]!)
    if (initial < 0) return undefined
    at += 1
    let vowel = jamo[at]
    if (vowel === undefined || !vowels.includes(vowel)) return undefined
    at += 1
    const double = pairs.get(vowel + (jamo[at] ?? ' '))
    if (double !== undefined) {
      vowel = double
      at += 1
    }
    let consonants = ''
    while (at < jamo.length && !vowels.includes(jamo[at]!)) consonants += jamo[at++]!
    // The last one before a vowel belongs to the next syllable.
    if (at < jamo.length) {
      consonants = consonants.slice(0, -1)
      at -= 1
    }
    const final = finals.indexOf(consonants.length === 2 ? (pairs.get(consonants) ?? '?') : consonants)
    if (final < 0 || (at < jamo.length && initials.indexOf(jamo[at]!) < 0)) return undefined
    result += String.fromCharCode(firstSyllable + (initial * 21 + vowels.indexOf(vowel)) * 28 + final)
  }
  return result
}

function withoutFinal(syllable: string): string {
  return String.fromCharCode(syllable.charCodeAt(0) - finalOf(syllable))
}

function withFinal(syllable: string, final: string): string {
  return String.fromCharCode(syllable.charCodeAt(0) + finals.indexOf(final))
}

function withVowel(syllable: string, vowel: string): string | undefined {
  const index = syllable.charCodeAt(0) - firstSyllable
  if (index % 28 !== 0) return undefined
  const before = Math.floor(index / 28) % 21
  const double = pairs.get(vowels[before]! + vowel)
  if (double === undefined) return undefined
  return String.fromCharCode(syllable.charCodeAt(0) + (vowels.indexOf(double) - before) * 28)
}
