/*
 * A text as the set of its shingles: every stretch of n words, characters or morphemes that stand together (Broder 1997).
 * How alike two texts are is the Jaccard index of their sets, |A ∩ B| / |A ∪ B|.
 *
 * A shingle is kept as 62 bits of hash in the place of a positive float: typed arrays sort floats natively, in the order of
 * their bits, and their lower halves are at hand as 32-bit words.
 */
import { YuksuError } from '../../errors.ts'
import { loadMorphemes } from '../../tokenizers/korean-morphemes.ts'
import { finishMixing, mixFirst, mixSecond } from './mixing.ts'

export const shingleUnits = ['word', 'character', 'morpheme'] as const
export type ShingleUnit = (typeof shingleUnits)[number]

export interface ShingleOptions {
  readonly unit: ShingleUnit
  /** Units in a shingle. */
  readonly length: number
  /** Whether spaces are left out of shingles of characters, so that Korean counts as alike however it is spaced. */
  readonly ignoreSpaces?: boolean
}

/** The longest shingle: beyond it only whole copies are found, which other steps do better. */
export const longestShingle = 100

/**
 * Reads `word:5`, `character:8` or `morpheme:3`.
 *
 * @throws YuksuError `invalid-shingle`.
 */
export function parseShingle(text: string): { unit: ShingleUnit; length: number } {
  const found = /^(word|character|morpheme):(\d{1,3})$/.exec(text)
  const length = Number(found?.[2])
  if (found === null || length < 1 || length > longestShingle) {
    throw new YuksuError(
      'invalid-shingle',
      `'${text}' is no kind of shingle; give word:N, character:N or morpheme:N with N from 1 to ${longestShingle}, such as word:5`,
    )
  }
  return { unit: found[1] as ShingleUnit, length }
}

/** For each character code whether it belongs to a word: a letter, a mark or a digit of any script. 2: half of a pair. */
let wordCodes: Uint8Array | undefined

function loadWordCodes(): Uint8Array {
  if (wordCodes !== undefined) return wordCodes
  const codes = new Uint8Array(0x10000)
  const text = String.fromCharCode(...Array.from({ length: 0xd800 }, (_, code) => code))
  for (const match of text.matchAll(/[\p{L}\p{M}\p{N}]/gu)) codes[match.index] = 1
  codes.fill(2, 0xd800, 0xe000)
  for (let code = 0xe000; code < 0x10000; code++)
    if (/[\p{L}\p{M}\p{N}]/u.test(String.fromCharCode(code))) codes[code] = 1
  wordCodes = codes
  return codes
}

const wordPair = /^[\p{L}\p{M}\p{N}]/u
const pairsOfWords = new Map<number, boolean>()

function isWordPair(codePoint: number): boolean {
  let known = pairsOfWords.get(codePoint)
  if (known === undefined) {
    known = wordPair.test(String.fromCodePoint(codePoint))
    pairsOfWords.set(codePoint, known)
  }
  return known
}

/** The text as it is compared: normal form C, lower case. */
function comparable(text: string): string {
  return text.normalize('NFC').toLowerCase()
}

/**
 * Makes the set of shingles of one text after another, in memory that it uses again.
 *
 * - `word`: runs of letters, marks and digits of any script; what stands between them does not count.
 * - `character`: code points, a run of white space as one space, or none with `ignoreSpaces`.
 * - `morpheme`: Korean by the analysis of garu-ko; of other text its words.
 *
 * All in normal form C and lower case. A text of fewer units than a shingle has is one shingle, a text without any has none.
 */
export class Shingler {
  /** The distinct shingles of the text last given, in ascending order: the first `count` count. */
  values: Float64Array = new Float64Array(256)
  /** The same memory: the lower half of shingle i is at 2 i, the upper at 2 i + 1. */
  words: Uint32Array = new Uint32Array(this.values.buffer)
  count = 0
  private first = new Int32Array(256)
  private second = new Int32Array(256)
  private units = 0
  private readonly options: ShingleOptions
  private readonly codes = loadWordCodes()
  private readonly morphemes: ((text: string) => string[]) | undefined

  private constructor(options: ShingleOptions, morphemes: ((text: string) => string[]) | undefined) {
    this.options = options
    this.morphemes = morphemes
  }

  /** Morphemes load their analyser (about 0.15 s). */
  static async create(options: ShingleOptions): Promise<Shingler> {
    return new Shingler(options, options.unit === 'morpheme' ? await loadMorphemes() : undefined)
  }

  /** Puts the set of shingles of `text` in place of the last one. */
  read(text: string): void {
    const { unit } = this.options
    this.units = 0
    if (unit === 'character') this.readCharacters(comparable(text))
    else if (unit === 'word') this.readWords(comparable(text))
    else for (const morpheme of this.morphemes!(text.normalize('NFC'))) this.readWords(morpheme.toLowerCase())
    this.hashShingles()
    this.sort()
  }

  /** 62 bits of hash of the whole set, in the place of a float as a shingle is; texts of the same shingles have the same. */
  setHash(): number {
    let low = this.count
    let high = this.count ^ 0x5bd1e995
    for (let at = 0; at < 2 * this.count; at += 2) {
      low = mixFirst(low, this.words[at]!)
      high = mixSecond(high, this.words[at + 1]!)
    }
    return floatOf(low, high)
  }

  private readWords(text: string): void {
    const { codes } = this
    const { length } = text
    for (let at = 0; at < length; at++) {
      let kind = codes[text.charCodeAt(at)]!
      if (kind === 2) kind = isWordPair(text.codePointAt(at)!) ? 1 : 0
      if (kind === 0) continue
      let first = 0x2f0b4f27
      let second = 0x6a09e667
      while (at < length) {
        const code = text.charCodeAt(at)
        kind = codes[code]!
        if (kind === 2) {
          const point = text.codePointAt(at)!
          if (!isWordPair(point)) break
          first = mixFirst(first, point)
          second = mixSecond(second, point)
          at += point > 0xffff ? 2 : 1
          continue
        }
        if (kind === 0) break
        first = mixFirst(first, code)
        second = mixSecond(second, code)
        at++
      }
      this.push(first, second)
    }
  }

  private readCharacters(text: string): void {
    const keepsSpaces = this.options.ignoreSpaces !== true
    let pendingSpace = false
    for (let at = 0; at < text.length; at++) {
      let point = text.charCodeAt(at)
      if (point >= 0xd800 && point < 0xdc00) {
        point = text.codePointAt(at)!
        if (point > 0xffff) at++
      }
      if (isSpace(point)) {
        pendingSpace = keepsSpaces && this.units > 0
        continue
      }
      if (pendingSpace) this.push(0x20, 0x20)
      pendingSpace = false
      this.push(point, point)
    }
  }

  private push(first: number, second: number): void {
    if (this.units === this.first.length) {
      this.first = grown(this.first)
      this.second = grown(this.second)
    }
    this.first[this.units] = first
    this.second[this.units++] = second
  }

  private hashShingles(): void {
    const { units, first, second } = this
    const width = Math.min(this.options.length, units)
    const count = units === 0 ? 0 : units - width + 1
    if (count > this.values.length) {
      this.values = new Float64Array(Math.max(count, 2 * this.values.length))
      this.words = new Uint32Array(this.values.buffer)
    }
    const { words } = this
    for (let start = 0; start < count; start++) {
      let low = 0x1b873593
      let high = 0x7ed55d16
      for (let at = start; at < start + width; at++) {
        low = mixFirst(low, first[at]!)
        high = mixSecond(high, second[at]!)
      }
      words[2 * start] = finishMixing(low ^ Math.imul(high, 0x27d4eb2f))
      words[2 * start + 1] = upperHalf(finishMixing(high + Math.imul(low, 0x165667b1)))
    }
    this.count = count
  }

  private sort(): void {
    const { values, count } = this
    if (count < 24) insertionSort(values, count)
    else values.subarray(0, count).sort()
    let kept = Math.min(1, count)
    for (let at = 1; at < count; at++) {
      const value = values[at]!
      if (value !== values[kept - 1]) values[kept++] = value
    }
    this.count = kept
  }
}

/** Thirty bits such that the float they lead is positive and neither tiny nor infinite. */
function upperHalf(bits: number): number {
  return (bits & 0x3fffffff) + 0x20000000
}

const float = new Float64Array(1)
const halves = new Uint32Array(float.buffer)

function floatOf(low: number, high: number): number {
  halves[0] = finishMixing(low ^ Math.imul(high, 0x27d4eb2f))
  halves[1] = upperHalf(finishMixing(high + Math.imul(low, 0x165667b1)))
  return float[0]!
}

function isSpace(code: number): boolean {
  if (code <= 0x20) return code === 0x20 || (code >= 0x09 && code <= 0x0d)
  return (
    code === 0xa0 ||
    code === 0x3000 ||
    (code >= 0x2000 && code <= 0x200b) ||
    code === 0x2028 ||
    code === 0x2029 ||
    code === 0x202f ||
    code === 0x205f ||
    code === 0xfeff ||
    code === 0x1680 ||
    code === 0x85
  )
}

function insertionSort(values: Float64Array, count: number): void {
  for (let at = 1; at < count; at++) {
    const value = values[at]!
    let to = at
    while (to > 0 && values[to - 1]! > value) {
      values[to] = values[to - 1]!
      to--
    }
    values[to] = value
  }
}

function grown(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(2 * array.length)
  larger.set(array)
  return larger
}

/** How many shingles two sets share; both in ascending order. */
export function sharedShingles(a: Float64Array, b: Float64Array): number {
  let shared = 0
  let left = 0
  let right = 0
  while (left < a.length && right < b.length) {
    const one = a[left]!
    const other = b[right]!
    if (one === other) shared++
    if (one <= other) left++
    if (other <= one) right++
  }
  return shared
}
