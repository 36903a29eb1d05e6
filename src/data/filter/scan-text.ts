import { characterClass, characterClasses, classOfPair } from './character-classes.ts'

/**
 * Words and lines of a text, found in one pass over it. Words are what spaces separate (in Korean, eojeol); lengths are in
 * characters (code points), places in code units. Arrays are longer than their counts say.
 */
export interface TextScan {
  text: string
  /** Characters of the text. */
  characters: number
  words: number
  wordStart: Int32Array
  wordEnd: Int32Array
  wordLength: Int32Array
  wordHash: Int32Array
  /** Code of a word's last letter, 0 where it has none. */
  wordTail: Uint16Array
  /** Words that are not symbols alone, and the characters of these. */
  plainWords: number
  plainCharacters: number
  /** Words with a letter. */
  alphabeticWords: number
  letters: number
  hangulLetters: number
  /** `#` outside of marks such as `#Person1#`. */
  hashes: number
  /** `...` and `…`. */
  ellipses: number
  /** Ends of sentences; a line that ends without one counts as one too. */
  sentences: number
  /** Lines; the empty one after a last line end is none. */
  lines: number
  lineStart: Int32Array
  /** Before the line end. */
  lineEnd: Int32Array
  /** Characters of the line. */
  lineLength: Int32Array
  /** The same for lines of the same words. */
  lineHash: Int32Array
  /** Place of the first and after the last character that is no space; equal in a blank line. */
  lineFirst: Int32Array
  lineLast: Int32Array
}

const scan: TextScan = {
  text: '',
  characters: 0,
  words: 0,
  wordStart: new Int32Array(256),
  wordEnd: new Int32Array(256),
  wordLength: new Int32Array(256),
  wordHash: new Int32Array(256),
  wordTail: new Uint16Array(256),
  plainWords: 0,
  plainCharacters: 0,
  alphabeticWords: 0,
  letters: 0,
  hangulLetters: 0,
  hashes: 0,
  ellipses: 0,
  sentences: 0,
  lines: 0,
  lineStart: new Int32Array(64),
  lineEnd: new Int32Array(64),
  lineLength: new Int32Array(64),
  lineHash: new Int32Array(64),
  lineFirst: new Int32Array(64),
  lineLast: new Int32Array(64),
}

function larger(array: Int32Array): Int32Array<ArrayBuffer> {
  const copy = new Int32Array(array.length * 2)
  copy.set(array)
  return copy
}

function growWords(): void {
  scan.wordStart = larger(scan.wordStart)
  scan.wordEnd = larger(scan.wordEnd)
  scan.wordLength = larger(scan.wordLength)
  scan.wordHash = larger(scan.wordHash)
  const tail = new Uint16Array(scan.wordTail.length * 2)
  tail.set(scan.wordTail)
  scan.wordTail = tail
}

function growLines(): void {
  scan.lineStart = larger(scan.lineStart)
  scan.lineEnd = larger(scan.lineEnd)
  scan.lineLength = larger(scan.lineLength)
  scan.lineHash = larger(scan.lineHash)
  scan.lineFirst = larger(scan.lineFirst)
  scan.lineLast = larger(scan.lineLast)
}

const hangulLetter = characterClass.letter | characterClass.hangul
const hashSeed = 0x811c9dc5 | 0
const hashPrime = 0x01000193

/** The hash that `wordHash` has for a word. */
export function hashOfWord(word: string): number {
  let hash = hashSeed
  for (let i = 0; i < word.length; i++) hash = Math.imul(hash ^ word.charCodeAt(i), hashPrime)
  return hash
}

/** The scan of a text; it holds until the next text is scanned. */
export function scanText(text: string): TextScan {
  if (scan.text === text) return scan
  const classes = characterClasses()
  const { length } = text
  let { wordStart, wordEnd, wordLength, wordHash, wordTail } = scan
  let words = 0
  let lines = 0
  let plainWords = 0
  let plainCharacters = 0
  let alphabeticWords = 0
  let letters = 0
  let hangulLetters = 0
  let hashes = 0
  let ellipses = 0
  let sentences = 0
  let pairs = 0

  let lineStart = 0
  let linePairs = 0
  let lineFirst = -1
  let lineHash = hashSeed
  let lineLast = 0
  // Whether the last word of the line ended a sentence.
  let ended = true

  for (let i = 0; i <= length;) {
    const code = i < length ? text.charCodeAt(i) : 10
    if (classes[code] === characterClass.space) {
      if (code === 10 && !(i === length && lineStart === length)) {
        if (lines === scan.lineStart.length) growLines()
        scan.lineStart[lines] = lineStart
        scan.lineEnd[lines] = i
        scan.lineLength[lines] = i - lineStart - (pairs - linePairs)
        scan.lineHash[lines] = lineHash
        scan.lineFirst[lines] = lineFirst < 0 ? i : lineFirst
        scan.lineLast[lines] = lineFirst < 0 ? i : lineLast
        lines++
        if (!ended) sentences++
        ended = true
        lineStart = i + 1
        linePairs = pairs
        lineFirst = -1
        lineHash = hashSeed
      }
      i++
      continue
    }
    const start = i
    let hash = hashSeed
    let symbols = false
    let solid = false
    let tail = 0
    let pairsHere = 0
    let unit = code
    let wordLetters = 0
    for (;;) {
      let kind = classes[unit]!
      if (kind === characterClass.letter || kind === hangulLetter) {
        const run = kind
        const from = i
        do {
          hash = Math.imul(hash ^ unit, hashPrime)
          if (++i === length) break
          unit = text.charCodeAt(i)
          kind = classes[unit]!
        } while (kind === run)
        wordLetters += i - from
        if (run === hangulLetter) hangulLetters += i - from
        tail = text.charCodeAt(i - 1)
        if (i === length) break
        if (kind === hangulLetter || kind === characterClass.letter) continue
      }
      if (kind === characterClass.space) break
      if (kind === characterClass.symbol) {
        symbols = true
        if (unit === 35) {
          if (!isMark(text, i)) hashes++
        } else if (unit === 0x2026) ellipses++
      } else if (kind === characterClass.surrogate && text.codePointAt(i)! > 0xffff) {
        const whole = classOfPair(text, i)
        if ((whole & characterClass.letter) !== 0) wordLetters++
        else if (whole === characterClass.symbol) symbols = true
        else solid = true
        hash = Math.imul(hash ^ unit, hashPrime)
        pairsHere++
        unit = text.charCodeAt(++i)
      } else solid = true
      hash = Math.imul(hash ^ unit, hashPrime)
      if (++i >= length) break
      unit = text.charCodeAt(i)
    }
    letters += wordLetters
    pairs += pairsHere
    if (words === wordStart.length) {
      growWords()
      ;({ wordStart, wordEnd, wordLength, wordHash, wordTail } = scan)
    }
    const size = i - start - pairsHere
    wordStart[words] = start
    wordEnd[words] = i
    wordLength[words] = size
    wordHash[words] = hash
    wordTail[words] = tail
    words++
    if (wordLetters > 0) alphabeticWords++
    if (wordLetters > 0 || solid) {
      plainWords++
      plainCharacters += size
    }
    ended = false
    if (symbols) {
      ellipses += ellipsesWithin(text, start, i)
      if (endsSentence(text, start, i)) {
        sentences++
        ended = true
      }
    }
    lineHash = Math.imul(lineHash ^ hash, hashPrime)
    if (lineFirst < 0) lineFirst = start
    lineLast = i
  }

  scan.text = text
  scan.characters = length - pairs
  scan.words = words
  scan.lines = lines
  scan.plainWords = plainWords
  scan.plainCharacters = plainCharacters
  scan.alphabeticWords = alphabeticWords
  scan.letters = letters
  scan.hangulLetters = hangulLetters
  scan.hashes = hashes
  scan.ellipses = ellipses
  scan.sentences = sentences
  return scan
}

/** Three full stops each, without overlap. */
function ellipsesWithin(text: string, start: number, end: number): number {
  let count = 0
  let stops = 0
  for (let i = start; i < end; i++) {
    if (text.charCodeAt(i) !== 46) stops = 0
    else if (++stops === 3) {
      count++
      stops = 0
    }
  }
  return count
}

/** Whether the `#` at a place opens or closes a mark such as `#Person1#`. */
function isMark(text: string, at: number): boolean {
  for (const step of [1, -1]) {
    let i = at + step
    while (isMarkCharacter(text.charCodeAt(i))) i += step
    if (text.charCodeAt(i) === 35 && Math.abs(i - at) > 2 && Math.abs(i - at) < 32) return true
  }
  return false
}

function isMarkCharacter(code: number): boolean {
  return (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122)
}

const abbreviations = new Set([
  'Mr.',
  'Mrs.',
  'Ms.',
  'Dr.',
  'St.',
  'No.',
  'vs.',
  'etc.',
  'e.g.',
  'i.e.',
  'Jr.',
  'Prof.',
])

/** Whether a word ends a sentence: its last mark, quotes and brackets aside, is a terminal one, and it is no initial or title. */
function endsSentence(text: string, start: number, end: number): boolean {
  let last = end - 1
  while (last > start && isClosing(text.charCodeAt(last))) last--
  const code = text.charCodeAt(last)
  if (code === 46) {
    const size = last - start
    if (size === 1) {
      const letter = text.charCodeAt(start)
      return !(letter >= 65 && letter <= 90)
    }
    return size > 4 || !abbreviations.has(text.slice(start, last + 1))
  }
  return (
    code === 33 || code === 63 || code === 0x2026 || code === 0x3002 || code === 0xff01 || code === 0xff1f
  )
}

function isClosing(code: number): boolean {
  return (
    code === 34 ||
    code === 39 ||
    code === 41 ||
    code === 93 ||
    code === 0x2019 ||
    code === 0x201d ||
    code === 0xbb ||
    code === 0x300d
  )
}

/** Whether two stretches of a text are the same. */
export function sameText(text: string, start: number, end: number, other: number, otherEnd: number): boolean {
  if (end - start !== otherEnd - other) return false
  for (let i = start, j = other; i < end; i++, j++)
    if (text.charCodeAt(i) !== text.charCodeAt(j)) return false
  return true
}
