import type { Random } from '../../random.ts'
import { composeHangul, hangulKeys, neighbourKeys } from './korean-keyboard.ts'
import type { Span } from './protected-spans.ts'

/** How often each mistake is made: a share of the keys, spaces, marks or words that it can happen to. */
export interface NoiseRates {
  /** Of keys: one that touches it is pressed instead. */
  readonly neighbour: number
  /** Of keys: it is left out. */
  readonly drop: number
  /** Of keys: it is pressed twice. */
  readonly double: number
  /** Of keys: it changes places with the next. */
  readonly swap: number
  /** Of keys: shift is pressed where it was not, or not where it was: case in English, ㅂ and ㅃ in Korean. */
  readonly shift: number
  /** Of spaces between words: left out. */
  readonly spaceDropped: number
  /** Of places within a word: a space stands there. */
  readonly spaceAdded: number
  /** Of `.`, `,`, `!`, `?`, `…`, `~`, `;`, apostrophes and quotes: left out or doubled. */
  readonly punctuation: number
  /** Of words: typed with the other keyboard on, 안녕 as `dkssud` and `hello` as ㅗ디ㅣㅐ. */
  readonly layout: number
}

export type NoiseKind = keyof NoiseRates
export type NoiseCounts = Partial<Record<NoiseKind, number>>

type Script = 'hangul' | 'latin'

interface Key {
  key: string
  fresh: boolean
}

const hangulRun = /[가-힣ㄱ-ㅎㅏ-ㅣ]+/y
const latinRun = /[A-Za-z]+/y
const punctuationMark = /[.,!?…~;'"’”]/
const shiftedHangul = new Set('qwertopQWERTOP')

/**
 * `text` as a hurried person types it. Mistakes happen to keys, not to letters: a Korean syllable is the two to five keys that type
 * it, and what comes out is what the input method makes of them. Nothing within `spans` changes, nor spaces beside them, digits,
 * line ends or characters without a key. Adds what was done to `counts`; the same random numbers give the same text.
 */
export function addTypingNoise(
  text: string,
  spans: readonly Span[],
  rates: NoiseRates,
  random: Random,
  counts: NoiseCounts,
): string {
  const happens = (kind: NoiseKind): boolean => {
    if (rates[kind] === 0 || !random.chance(rates[kind])) return false
    counts[kind] = (counts[kind] ?? 0) + 1
    return true
  }
  let result = ''
  let at = 0
  for (const span of [...spans, { start: text.length, end: text.length }]) {
    while (at < span.start) {
      const run = runAt(text, at, span.start)
      if (run !== undefined) {
        result += noisyRun(run.text, run.script, rates, random, counts, happens)
        at += run.text.length
        continue
      }
      const letter = text[at]!
      const inside = at > 0 && at + 1 < text.length && !touches(spans, at)
      if (letter === ' ' && inside && isWordEnd(text[at - 1]!) && isWordEnd(text[at + 1]!)) {
        if (!happens('spaceDropped')) result += letter
      } else if (punctuationMark.test(letter) && happens('punctuation')) {
        if (random.chance(0.5)) result += letter + letter
      } else result += letter
      at++
    }
    result += text.slice(span.start, span.end)
    at = span.end
  }
  return result
}

function isWordEnd(letter: string): boolean {
  return letter !== ' ' && letter !== '\n' && letter !== '\t'
}

/** Whether a span ends right before or begins right after the character at `index`. */
function touches(spans: readonly Span[], index: number): boolean {
  return spans.some((span) => span.end === index || span.start === index + 1)
}

function runAt(text: string, start: number, end: number): { text: string; script: Script } | undefined {
  for (const [script, pattern] of [
    ['hangul', hangulRun],
    ['latin', latinRun],
  ] as const) {
    pattern.lastIndex = start
    const found = pattern.exec(text)
    if (found !== null) return { text: found[0].slice(0, end - start), script }
  }
  return undefined
}

function noisyRun(
  run: string,
  script: Script,
  rates: NoiseRates,
  random: Random,
  counts: NoiseCounts,
  happens: (kind: NoiseKind) => boolean,
): string {
  if (run.length > 1 && happens('layout')) return inOtherLayout(run, script)
  // Korean letters are parted where syllables end, so that a space added there is one that a person would add.
  const pieces = rates.spaceAdded === 0 || run.length < 2 ? [run] : withSpaces(run, happens)
  const count = (kind: NoiseKind): void => {
    counts[kind] = (counts[kind] ?? 0) + 1
  }
  return pieces
    .map((piece) => {
      const keys = script === 'hangul' ? hangulKeys(piece) : [...piece].map((key) => ({ key, fresh: false }))
      const pressed = mistype(keys, script, rates, random, count)
      if (pressed === undefined) return piece
      return script === 'hangul' ? composeHangul(pressed) : pressed.map(({ key }) => key).join('')
    })
    .join(' ')
}

function withSpaces(run: string, happens: (kind: NoiseKind) => boolean): string[] {
  const pieces: string[] = []
  let start = 0
  for (let index = 1; index < run.length; index++) {
    if (!happens('spaceAdded')) continue
    pieces.push(run.slice(start, index))
    start = index
  }
  pieces.push(run.slice(start))
  return pieces
}

/** The keys as they were pressed, or undefined where no mistake was made. At most one mistake happens to a key. */
function mistype(
  keys: readonly Key[],
  script: Script,
  rates: NoiseRates,
  random: Random,
  count: (kind: NoiseKind) => void,
): Key[] | undefined {
  const total = rates.neighbour + rates.drop + rates.double + rates.swap + rates.shift
  if (total === 0) return undefined
  const pressed: Key[] = []
  let changed = false
  for (let index = 0; index < keys.length; index++) {
    const one = keys[index]!
    const next = keys[index + 1]
    const kind = chooseMistake(random.fraction(), rates)
    const made = kind === undefined ? undefined : mistakes(kind, one, next, script, random)
    if (made === undefined) {
      pressed.push(one)
      continue
    }
    count(kind!)
    changed = true
    pressed.push(...made)
    if (kind === 'swap') index++
  }
  return changed ? pressed : undefined
}

const keyMistakes = ['neighbour', 'drop', 'double', 'swap', 'shift'] as const
type KeyMistake = (typeof keyMistakes)[number]

function chooseMistake(fraction: number, rates: NoiseRates): KeyMistake | undefined {
  let below = 0
  for (const kind of keyMistakes) {
    below += rates[kind]
    if (fraction < below) return kind
  }
  return undefined
}

/** What is pressed instead of `one`, or undefined where this mistake cannot happen to it or would change nothing. */
function mistakes(
  kind: KeyMistake,
  one: Key,
  next: Key | undefined,
  script: Script,
  random: Random,
): Key[] | undefined {
  switch (kind) {
    case 'neighbour':
      return [{ ...one, key: random.pick([...neighbourKeys(one.key)]) }]
    case 'drop':
      return []
    case 'double':
      return [one, { key: one.key, fresh: false }]
    case 'swap':
      if (next === undefined || next.key === one.key) return undefined
      return [
        { key: next.key, fresh: one.fresh },
        { key: one.key, fresh: next.fresh },
      ]
    case 'shift': {
      if (script === 'hangul' && !shiftedHangul.has(one.key)) return undefined
      const lower = one.key.toLowerCase()
      return [{ ...one, key: one.key === lower ? lower.toUpperCase() : lower }]
    }
  }
}

function inOtherLayout(run: string, script: Script): string {
  if (script === 'latin') return composeHangul([...run].map((key) => ({ key, fresh: false })))
  return hangulKeys(run)
    .map(({ key }) => key)
    .join('')
}
