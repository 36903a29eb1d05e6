import { characterClass, characterClasses, classOfPair } from './character-classes.ts'
import { sameText } from './scan-text.ts'
import type { TextScan } from './scan-text.ts'

/*
 * Repeated n-grams by names: the name of an n-gram is the place of its first occurrence, and that of a longer one stands for the pair
 * (name of its first n units, name of its last n units), which may overlap (Karp, Miller and Rosenberg 1972). The longer one can only
 * repeat where both of these do, so after the first passes few places are left.
 */

/** Units of a text in order: a number for each, the same for the same unit, and the characters up to each. */
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
/** Then stamps start again. */
const lastStamp = 0x7fffffff

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
  if (stamp === lastStamp) {
    stamps.fill(0)
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
      name[count] = firstRun + nameOfRun(text, start, i, hash, count, mask)
      last = -1
      count++
      continue
    }
    const kind = classes[code]!
    let unit = code
    if ((kind & characterClass.surrogate) !== 0) {
      unit = text.codePointAt(i)!
      i += unit > 0xffff ? 2 : 1
      if (unit <= 0xffff || (classOfPair(text, i - 2) & characterClass.letter) === 0) continue
    } else {
      i++
      if ((kind & characterClass.letter) === 0) continue
    }
    if (unit === last) continue
    last = unit
    name[count] = unit
    before[count] = sum++
    count++
  }
  before[count] = sum
  result.count = count
  return result
}

/** Runs are told from characters by numbers above these. */
const firstRun = 0x110000

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
let aliveAt = new Int32Array(256)
let places = new Int32Array(256)

/** Lengths of n-grams from 2 in rising order, and what is asked of each; from one to the next it is at most the double. */
export type GramSteps = readonly {
  readonly length: number
  readonly top: boolean
  readonly duplicate: boolean
}[]

/** The steps that lead through all lengths asked. */
export function gramSteps(topLengths: readonly number[], duplicateLengths: readonly number[]): GramSteps {
  const wanted = [...new Set([...topLengths, ...duplicateLengths])].sort((a, b) => a - b)
  const lengths: number[] = []
  for (const length of wanted) {
    let reached = lengths.at(-1) ?? 1
    while (reached * 2 < length) lengths.push((reached *= 2))
    lengths.push(length)
  }
  return lengths.map((length) => ({
    length,
    top: topLengths.includes(length),
    duplicate: duplicateLengths.includes(length),
  }))
}

/**
 * The shares of repeated n-grams of a scanned text (Gopher, Rae et al. 2021, table A1; formulas of datatrove's GopherRepetitionFilter, save
 * that an n-gram seen less often than `minimumOccurrences`, at least 2, is no repetition). By words, shares are of all characters of
 * the text; by characters, of letters and digits.
 */
export function repeatedShares(
  scan: TextScan,
  unit: 'word' | 'character',
  steps: GramSteps,
  minimumOccurrences = 2,
): RepeatedShares {
  const top = new Map<number, number>()
  const duplicate = new Map<number, number>()
  const { count, name, before } = unit === 'word' ? wordUnits(scan) : characterUnits(scan.text)
  const total = unit === 'word' ? scan.characters : before[count]!
  const gap = unit === 'word' ? 1 : 0
  makeRoom(count)
  let left = unit === 'word' ? nameUnits(count, name) : namePairs(count, name)
  let reached = unit === 'word' ? 1 : 2
  for (const step of steps) {
    const { length } = step
    if (length > reached) left = lengthen(left, reached, length, count)
    if (left === 0) break
    reached = length
    if (step.top) {
      let best = gramName[places[0]!]!
      for (let k = 1; k < left; k++) {
        const candidate = gramName[places[k]!]!
        if (gramCount[candidate]! > gramCount[best]!) best = candidate
      }
      if (gramCount[best]! >= minimumOccurrences) {
        const size = before[best + length]! - before[best]! + gap * (length - 1)
        // Occurrences that overlap would come to more than all.
        top.set(length, Math.min(1, (size * gramCount[best]!) / total))
      }
    }
    if (step.duplicate) duplicate.set(length, duplicated(left, length, before) / total)
  }
  return { top, duplicate }
}

function makeRoom(count: number): void {
  if (gramName.length >= count) return
  gramName = new Int32Array(count * 2)
  gramCount = new Int32Array(count * 2)
  aliveAt = new Int32Array(count * 2)
  places = new Int32Array(count * 2)
}

/** Starts from single units: how many places have one that stands more than once. */
function nameUnits(count: number, name: Int32Array): number {
  for (let i = 0; i < count; i++) {
    const first = name[i]!
    gramName[i] = first
    places[i] = i
    if (first === i) gramCount[i] = 1
    else gramCount[first]!++
    aliveAt[i] = 0
  }
  return keepRepeated(count, 1)
}

/** Keeps the places whose n-gram stands more than once. */
function keepRepeated(left: number, length: number): number {
  let kept = 0
  for (let k = 0; k < left; k++) {
    const place = places[k]!
    if (gramCount[gramName[place]!]! < 2) continue
    aliveAt[place] = length
    places[kept++] = place
  }
  return kept
}

/** From n-grams of one length to those of another, at most the double: names them at the places left and keeps those that repeat. */
function lengthen(left: number, from: number, length: number, count: number): number {
  const mask = openTable(left)
  const step = length - from
  let candidates = 0
  for (let k = 0; k < left; k++) {
    const place = places[k]!
    // Its last part must repeat too.
    if (place + length > count || aliveAt[place + step] !== from) continue
    const first = gramName[place]!
    const second = gramName[place + step]!
    nameGram(place, first, second, mask)
    places[candidates++] = place
  }
  return keepRepeated(candidates, length)
}

/** Starts from pairs of units, whatever numbers the units have. */
function namePairs(count: number, unit: Int32Array): number {
  const mask = openTable(count)
  for (let place = 0; place + 1 < count; place++) {
    aliveAt[place] = 0
    places[place] = place
    nameGram(place, unit[place]!, unit[place + 1]!, mask)
  }
  if (count > 0) aliveAt[count - 1] = 0
  return keepRepeated(Math.max(0, count - 1), 2)
}

/** Gives the n-gram at a place the name of the first one of the same parts. */
function nameGram(place: number, first: number, second: number, mask: number): void {
  let slot = Math.imul(first, 0x9e3779b1) ^ Math.imul(second, 0x85ebca6b)
  slot = (slot ^ (slot >>> 15)) & mask
  while (stamps[slot] === stamp) {
    if (slotFirst[slot] === first && slotSecond[slot] === second) {
      const found = slots[slot]!
      gramName[place] = found
      gramCount[found]!++
      return
    }
    slot = (slot + 1) & mask
  }
  stamps[slot] = stamp
  slotFirst[slot] = first
  slotSecond[slot] = second
  slots[slot] = place
  gramName[place] = place
  gramCount[place] = 1
}

let seenGram = new Int32Array(256)
let gramStamp = 0

/** Characters of the n-grams that stood before, from left to right, going on behind each that did. */
function duplicated(left: number, length: number, before: Int32Array): number {
  if (seenGram.length < gramName.length || gramStamp === lastStamp) {
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
