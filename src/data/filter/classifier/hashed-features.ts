// Features of a text: its n-grams of words, characters and jamo, each hashed into one of a fixed number of buckets (Weinberger
// et al., 2009), so that no vocabulary is kept and nothing of the training text can be read out of a model.
import { splitWords } from '../language-model/units.ts'

export interface FeatureOptions {
  /** Lengths of n-grams of words, from and to; none by default. */
  readonly words?: readonly [number, number] | undefined
  /** Of characters, within lines. */
  readonly characters?: readonly [number, number] | undefined
  /** Of the jamo that Korean syllables are made of, other characters as they are: so a syllable misspelt differs by little. */
  readonly jamo?: readonly [number, number] | undefined
  /** Buckets are 2 to this power. */
  readonly bits: number
}

/** Longer texts are judged by their beginning, in UTF-16 units. */
const longestText = 20_000

export interface TextFeatures {
  /** Buckets in ascending order. */
  readonly buckets: Uint32Array
  /** How often each occurs. */
  readonly counts: Float32Array
}

/** A function from a text to its features. Case, normal form and lengths of white space make no difference. */
export function createFeatures({
  words,
  characters,
  jamo,
  bits,
}: FeatureOptions): (text: string) => TextFeatures {
  const mask = 2 ** bits - 1
  const counts = new Float32Array(mask + 1)
  let touched: number[] = []
  const add = (hash: number): void => {
    const bucket = finish(hash) & mask
    const before = counts[bucket]!
    if (before === 0) touched.push(bucket)
    counts[bucket] = before + 1
  }
  const addUnits = (units: ArrayLike<number>, [from, to]: readonly [number, number], seed: number): void => {
    for (let start = 0; start < units.length; start++) {
      let hash = seed
      const end = Math.min(start + to, units.length)
      for (let i = start; i < end; i++) {
        hash = Math.imul(hash ^ units[i]!, 0x01000193) ^ (hash >>> 13)
        if (i - start + 1 >= from) add(hash)
      }
    }
  }
  return (text) => {
    const plain = ` ${text.slice(0, longestText).normalize('NFC').toLowerCase().replaceAll(/\s+/gu, ' ').trim()} `
    if (plain.trim() !== '') {
      if (words) addUnits(splitWords(plain).map(hashWord), words, 0x811c9dc5)
      if (characters) addUnits(unitsOf(plain), characters, 0x2545f491)
      if (jamo) addUnits(unitsOf(toJamo(plain)), jamo, 0x7feb352d)
    }
    const buckets = Uint32Array.from(touched).sort()
    const found = Float32Array.from(buckets, (bucket) => counts[bucket]!)
    for (const bucket of touched) counts[bucket] = 0
    touched = []
    return { buckets, counts: found }
  }
}

function unitsOf(text: string): Uint16Array {
  const units = new Uint16Array(text.length)
  for (let i = 0; i < text.length; i++) units[i] = text.charCodeAt(i)
  return units
}

function hashWord(word: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < word.length; i++) hash = Math.imul(hash ^ word.charCodeAt(i), 0x01000193)
  return hash
}

function finish(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}

const initials = 'ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ'
const vowels = 'ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ'
const finals = ' ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ'

/** Syllables as the jamo they are typed with: `한ㅎ` is `ㅎㅏㄴㅎ`. */
export function toJamo(text: string): string {
  let result = ''
  for (let i = 0; i < text.length; i++) {
    const syllable = text.charCodeAt(i) - 0xac00
    if (syllable < 0 || syllable > 11_171) {
      result += text[i]
      continue
    }
    result += initials[Math.floor(syllable / 588)]! + vowels[Math.floor(syllable / 28) % 21]!
    if (syllable % 28 > 0) result += finals[syllable % 28]
  }
  return result
}
