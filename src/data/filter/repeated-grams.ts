import { characterClass, characterClasses } from './character-classes.ts'
import type { TextScan } from './scan-text.ts'

/*
 * Repeated n-grams by names: the name of an n-gram is the place of its first occurrence, and the name of an (n + 1)-gram that of
 * the pair (name of its first n units, name of its last unit) (Karp, Miller and Rosenberg 1972). An (n + 1)-gram can only
 * repeat where its first and its last n units do, so after the first passes few places are left.
 */

/** Units of a text by number: their names, the characters up to each, and how many characters a space between two counts. */
interface Units {
  count: number
  name: Int32Array
  /** `before[i]`: characters of the units before i. */
  before: Int32Array
}

/** Shares of the text's characters in repeated n-grams, by n. */
export interface RepeatedShares {
  /** Of the most frequent n-gram (of those seen twice or more, the first), all occurrences; by words with a space between them. */
  readonly top: ReadonlyMap<number, number>
  /** Of n-grams that stood before already, none counted twice. */
  readonly duplicate: ReadonlyMap<number, number>
}

let slots = new Int32Array(1024)
let slotFirst = new Int32Array(1024)
let slotSecond = new Int32Array(1024)
let stamps = new Int32Array(1024)
let stamp = 0

/** Empties the table and makes room for `entries`. Returns its mask: a small text does not roam the table of a large one. */
function openTable(entries: number): number {
  let size = 64
  while (size < entries * 2) size *= 2
  if (size > slots.length) {
    slots = new Int32Array(size)
    slotFirst = new Int32Array(size)
    slotSecond = new Int32Array(size)
    stamps = new Int32Array(size)
    stamp = 0
  }
  stamp++
  return size - 1
}

let units: Units = { count: 0, name: new Int32Array(256), before: new Int32Array(257) }

function unitsFor(count: number): Units {
  if (units.name.length < count) {
    units = { count: 0, name: new Int32Array(count * 2), before: new Int32Array(count * 2 + 1) }
  }
  units.count = count
  return units
}

function wordUnits({ text, words, wordStart, wordEnd, wordLength, wordHash }: TextScan): Units {
  const result = unitsFor(words)
  const { name, before } = result
  const mask = openTable(words)
  let sum = 0
  for (let i = 0; i < words; i++) {
    before[i] = sum
    sum += wordLength[i]!
    const hash = wordHash[i]!
    let slot = (hash ^ (hash >>> 15)) & mask
    for (;;) {
      if (stamps[slot] !== stamp) {
        stamps[slot] = stamp
        slots[slot] = i
        name[i] = i
        break
      }
      const other = slots[slot]!
      if (
        wordHash[other] === hash &&
        sameText(text, wordStart[other]!, wordEnd[other]!, wordStart[i]!, wordEnd[i]!)
      ) {
        name[i] = other
        break
      }
      slot = (slot + 1) & mask
    }
  }
  before[words] = sum
  return result
}

function sameText(text: string, start: number, end: number, other: number, otherEnd: number): boolean {
  if (end - start !== otherEnd - other) return false
  for (let i = start, j = other; i < end; i++, j++)
    if (text.charCodeAt(i) !== text.charCodeAt(j)) return false
  return true
}

const firstSeen = new Int32Array(0x10000)
const seenIn = new Int32Array(0x10000)
let seenStamp = 0

/**
 * Letters and digits: each by itself in scripts such as Hangul, a run of Latin ones (a name, a mark such as `#Person1#`) as one. The same
 * one again and again (`ㅋㅋㅋ`) counts once, for capping such runs is the work of `clean`.
 */
function characterUnits(text: string): Units {
  const { length } = text
  const result = unitsFor(length)
  const { name, before } = result
  const classes = characterClasses()
  const mask = openTable(length >> 1)
  seenStamp++
  let count = 0
  let sum = 0
  let last = -1
  for (let i = 0; i < length;) {
    const code = text.charCodeAt(i)
    if (code < 0x80) {
      if (!isNameCharacter(code)) {
        i++
        continue
      }
      const start = i
      let hash = 0
      let unit = code
      do {
        hash = Math.imul(hash ^ unit, 0x01000193)
        unit = ++i < length ? text.charCodeAt(i) : 0
      } while (isNameCharacter(unit))
      before[count] = sum
      sum += i - start
      name[count] = nameOfRun(text, start, i, hash, count, mask)
      last = -1
      count++
      continue
    }
    i++
    if ((classes[code]! & (characterClass.letter | characterClass.surrogate)) === 0 || code === last) continue
    last = code
    if (seenIn[code] !== seenStamp) {
      seenIn[code] = seenStamp
      firstSeen[code] = count
    }
    name[count] = firstSeen[code]!
    before[count] = sum++
    count++
  }
  before[count] = sum
  result.count = count
  return result
}

function isNameCharacter(code: number): boolean {
  return (
    (code >= 97 && code <= 122) ||
    (code >= 65 && code <= 90) ||
    (code >= 48 && code <= 57) ||
    code === 35 ||
    code === 95
  )
}

/** The name of a run of Latin letters: the number of the unit where it stood first. */
function nameOfRun(
  text: string,
  start: number,
  end: number,
  hash: number,
  unit: number,
  mask: number,
): number {
  let slot = (hash ^ (hash >>> 15)) & mask
  while (stamps[slot] === stamp) {
    if (sameText(text, slotFirst[slot]!, slotSecond[slot]!, start, end)) return slots[slot]!
    slot = (slot + 1) & mask
  }
  stamps[slot] = stamp
  slots[slot] = unit
  slotFirst[slot] = start
  slotSecond[slot] = end
  return unit
}

let gramName = new Int32Array(256)
let gramCount = new Int32Array(256)
let places = new Int32Array(256)

/**
 * The shares of repeated n-grams of a scanned text, for the lengths asked (Gopher, Rae et al. 2021, table A1; formulas of datatrove's
 * GopherRepetitionFilter, save that an n-gram seen less often than `minimumOccurrences`, at least 2, is no repetition). By words, shares are of all characters of the
 * text; by characters, of letters and digits.
 */
export function repeatedShares(
  scan: TextScan,
  unit: 'word' | 'character',
  topLengths: readonly number[],
  duplicateLengths: readonly number[],
  minimumOccurrences = 2,
): RepeatedShares {
  const top = new Map<number, number>()
  const duplicate = new Map<number, number>()
  const { count, name, before } = unit === 'word' ? wordUnits(scan) : characterUnits(scan.text)
  const total = unit === 'word' ? scan.characters : before[count]!
  const gap = unit === 'word' ? 1 : 0
  const longest = Math.max(0, ...topLengths, ...duplicateLengths)
  if (gramName.length < count) {
    gramName = new Int32Array(count * 2)
    gramCount = new Int32Array(count * 2)
    places = new Int32Array(count * 2)
  }
  // Places whose n-gram repeats, in order; gramName[place] is its name, gramCount[name] how often it stands.
  let left = count
  for (let i = 0; i < count; i++) {
    places[i] = i
    gramName[i] = name[i]!
    gramCount[i] = 0
  }
  for (let i = 0; i < count; i++) gramCount[name[i]!]!++
  left = keepRepeated(left)
  for (let length = 1; length <= longest && left > 0; length++) {
    if (length > 1) left = lengthen(left, length, name, count)
    if (topLengths.includes(length)) {
      let best = -1
      for (let k = 0; k < left; k++) {
        const candidate = gramName[places[k]!]!
        if (best < 0 || gramCount[candidate]! > gramCount[best]!) best = candidate
      }
      if (best >= 0 && gramCount[best]! >= minimumOccurrences) {
        const size = before[best + length]! - before[best]! + gap * (length - 1)
        // Occurrences that overlap would come to more than all.
        top.set(length, Math.min(1, (size * gramCount[best]!) / total))
      }
    }
    if (duplicateLengths.includes(length) && left > 0) {
      duplicate.set(length, duplicated(left, length, before) / total)
    }
  }
  return { top, duplicate }
}

/** Keeps the places whose n-gram stands more than once. */
function keepRepeated(left: number): number {
  let kept = 0
  for (let k = 0; k < left; k++) {
    const place = places[k]!
    if (gramCount[gramName[place]!]! > 1) places[kept++] = place
  }
  return kept
}

/** Names the n-grams of one more unit at the places left, and keeps those that repeat. */
function lengthen(left: number, length: number, name: Int32Array, count: number): number {
  const mask = openTable(left)
  let candidates = 0
  for (let k = 0; k < left; k++) {
    const place = places[k]!
    // What follows must repeat too: the next place is still there.
    if (place + length > count || k + 1 >= left || places[k + 1] !== place + 1) continue
    const first = gramName[place]!
    const second = name[place + length - 1]!
    let slot = (Math.imul(first, 0x9e3779b1) ^ Math.imul(second, 0x85ebca6b)) & 0x7fffffff
    slot = (slot ^ (slot >>> 15)) & mask
    for (;;) {
      if (stamps[slot] !== stamp) {
        stamps[slot] = stamp
        slotFirst[slot] = first
        slotSecond[slot] = second
        slots[slot] = place
        gramName[place] = place
        gramCount[place] = 1
        break
      }
      if (slotFirst[slot] === first && slotSecond[slot] === second) {
        const found = slots[slot]!
        gramName[place] = found
        gramCount[found]!++
        break
      }
      slot = (slot + 1) & mask
    }
    places[candidates++] = place
  }
  return keepRepeated(candidates)
}

let seenGram = new Int32Array(256)
let gramStamp = 0

/** Characters of the n-grams that stood before, from left to right, going on behind each that did. */
function duplicated(left: number, length: number, before: Int32Array): number {
  if (seenGram.length < gramName.length) {
    seenGram = new Int32Array(gramName.length)
    gramStamp = 0
  }
  gramStamp++
  let characters = 0
  let next = 0
  for (let k = 0; k < left; k++) {
    const place = places[k]!
    if (place < next) continue
    const name = gramName[place]!
    if (seenGram[name] === gramStamp) {
      characters += before[place + length]! - before[place]!
      next = place + length
    } else seenGram[name] = gramStamp
  }
  return characters
}
