// The Korean two-set keyboard (KS X 5002) as keys of the Latin layout, and its input method: syllables into the keys that type
// them, and keys into the syllables that come out. A mistyped key therefore gives what it gives on a real keyboard: 안녕 without
// its second ㄴ is 아녕.

const initials = 'ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ'
const medials = 'ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ'
const finals = ' ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ'

const keyOfJamo = new Map<string, string>()
const jamoOfKey = new Map<string, string>()
for (const [keys, jamos] of [
  ['qwertyuiop', 'ㅂㅈㄷㄱㅅㅛㅕㅑㅐㅔ'],
  ['asdfghjkl', 'ㅁㄴㅇㄹㅎㅗㅓㅏㅣ'],
  ['zxcvbnm', 'ㅋㅌㅊㅍㅠㅜㅡ'],
  ['QWERTOP', 'ㅃㅉㄸㄲㅆㅒㅖ'],
] as const) {
  for (let index = 0; index < keys.length; index++) {
    keyOfJamo.set(jamos[index]!, keys[index]!)
    jamoOfKey.set(keys[index]!, jamos[index]!)
  }
}

/** Jamo that take two keys: the first and the second. */
const pairs: Readonly<Record<string, string>> = {
  ㅘ: 'ㅗㅏ',
  ㅙ: 'ㅗㅐ',
  ㅚ: 'ㅗㅣ',
  ㅝ: 'ㅜㅓ',
  ㅞ: 'ㅜㅔ',
  ㅟ: 'ㅜㅣ',
  ㅢ: 'ㅡㅣ',
  ㄳ: 'ㄱㅅ',
  ㄵ: 'ㄴㅈ',
  ㄶ: 'ㄴㅎ',
  ㄺ: 'ㄹㄱ',
  ㄻ: 'ㄹㅁ',
  ㄼ: 'ㄹㅂ',
  ㄽ: 'ㄹㅅ',
  ㄾ: 'ㄹㅌ',
  ㄿ: 'ㄹㅍ',
  ㅀ: 'ㄹㅎ',
  ㅄ: 'ㅂㅅ',
}
const jamoOfPair = new Map(Object.entries(pairs).map(([jamo, pair]) => [pair, jamo]))

function keysOfJamo(jamo: string): string | undefined {
  const pair = pairs[jamo]
  return pair === undefined ? keyOfJamo.get(jamo) : keyOfJamo.get(pair[0]!)! + keyOfJamo.get(pair[1]!)!
}

function isSyllable(letter: string): boolean {
  return letter >= '가' && letter <= '힣'
}

/** The keys that type a syllable or a single jamo, such as `rkr` for 각; undefined for every other character. */
export function keysOfHangul(letter: string): string | undefined {
  if (!isSyllable(letter)) return keysOfJamo(letter)
  const code = letter.charCodeAt(0) - 0xac00
  const jamos = [
    initials[Math.floor(code / 588)]!,
    medials[Math.floor((code % 588) / 28)]!,
    finals[code % 28]!,
  ]
  return jamos.map((jamo) => (jamo === ' ' ? '' : keysOfJamo(jamo)!)).join('')
}

/** A key, and whether what was typed before it is finished, as at a single jamo: ㅋ after 하 does not become its final. */
export interface HangulKey {
  readonly key: string
  readonly fresh: boolean
}

/** The keys of a run of syllables and jamo, such that `composeHangul` gives the run back; other characters are not allowed. */
export function hangulKeys(run: string): HangulKey[] {
  const keys: HangulKey[] = []
  let single = false
  for (const letter of run) {
    const typed = keysOfHangul(letter)
    if (typed === undefined) throw new RangeError(`hangulKeys: ${JSON.stringify(letter)} is no Hangul`)
    const fresh = single || !isSyllable(letter)
    single = !isSyllable(letter)
    for (let index = 0; index < typed.length; index++)
      keys.push({ key: typed[index]!, fresh: fresh && index === 0 })
  }
  return keys
}

/** Whether a key gives a letter of Hangul; shift without a letter of its own gives the plain one. */
function jamoOf(key: string): string | undefined {
  return jamoOfKey.get(key) ?? jamoOfKey.get(key.toLowerCase())
}

/** What the input method shows when the keys have been pressed one after another; a key without a jamo stands as it is. */
export function composeHangul(keys: Iterable<HangulKey>): string {
  let text = ''
  let initial = ''
  let medial = ''
  let final = ''
  const flush = (): void => {
    if (initial !== '' && medial !== '') {
      const place = initials.indexOf(initial) * 588 + medials.indexOf(medial) * 28
      text += String.fromCharCode(0xac00 + place + (final === '' ? 0 : finals.indexOf(final)))
    } else text += initial + medial
    initial = medial = final = ''
  }
  for (const { key, fresh } of keys) {
    const jamo = jamoOf(key)
    if (fresh || jamo === undefined) flush()
    if (jamo === undefined) {
      text += key
    } else if (medials.includes(jamo)) {
      if (final !== '') {
        // The vowel takes the final, or the second half of it, for the syllable that it begins.
        const pair = pairs[final]
        const next = pair === undefined ? final : pair[1]!
        final = pair === undefined ? '' : pair[0]!
        flush()
        initial = next
        medial = jamo
      } else if (medial === '') {
        const pair = pairs[initial]
        if (pair !== undefined) {
          initial = pair[0]!
          flush()
          initial = pair[1]!
        }
        medial = jamo
      } else {
        const joined = jamoOfPair.get(medial + jamo)
        if (joined === undefined) flush()
        medial = joined ?? jamo
      }
    } else if (initial === '' || medial === '') {
      const joined = initial === '' ? undefined : jamoOfPair.get(initial + jamo)
      if (joined === undefined) flush()
      initial = joined ?? jamo
    } else if (final === '' && finals.includes(jamo)) final = jamo
    else {
      const joined = final === '' ? undefined : jamoOfPair.get(final + jamo)
      if (joined === undefined) {
        flush()
        initial = jamo
      } else final = joined
    }
  }
  flush()
  return text
}

const rows = ['qwertyuiop', 'asdfghjkl', 'zxcvbnm'] as const
/** How far each row is set to the right of the first, in keys. */
const offsets = [0, 0.25, 0.75] as const
/** Keys whose middles are nearer than this touch each other. */
const reach = 1.3

const neighbours = new Map<string, string>()
const places = rows.flatMap((row, y) => [...row].map((key, x) => ({ key, x: x + offsets[y]!, y })))
for (const { key, x, y } of places) {
  const near = places.filter((other) => other.key !== key && Math.hypot(other.x - x, other.y - y) < reach)
  neighbours.set(key, near.map((other) => other.key).join(''))
}

/** The keys that touch a letter key on the usual keyboard, in the same case; empty for what is no letter from a to z. */
export function neighbourKeys(key: string): string {
  const lower = key.toLowerCase()
  const near = neighbours.get(lower) ?? ''
  return key === lower ? near : near.toUpperCase()
}
