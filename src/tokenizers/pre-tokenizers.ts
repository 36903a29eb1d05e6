/** Cuts a normalized text into the pre-tokens that a model encodes one by one, as the Rust library does. */
import { toByteAlphabet } from './byte-alphabet.ts'
import { type Scanner, scanText } from './scanner.ts'
import { type Matcher, splitMatcher } from './split-expression.ts'
import { scanGpt2, scannerOf } from './split-patterns.ts'
import type { PatternPart, PreTokenizerPart, SplitBehavior } from './tokenizer-parts.ts'
import { codePointAt, kindOf, whiteSpace } from './unicode-classes.ts'

/** `isFirst` tells whether the text stands at the very beginning of what was given. */
export interface PreTokenizer {
  /** What is done to the text before it is scanned. */
  prepare(text: string, isFirst: boolean): string
  /** The scan that cuts the prepared text, where one scan is all there is to it. */
  readonly scanner?: Scanner
  /** The pre-tokens of the prepared text, otherwise. */
  split?(text: string, isFirst: boolean): string[]
}

/**
 * The pre-tokenizer of these parts. With `bytesByModel` a ByteLevel step at the end leaves it to the model to read text as bytes.
 */
export function createPreTokenizer(parts: readonly PreTokenizerPart[], bytesByModel: boolean): PreTokenizer {
  const last = parts.at(-1)
  const rest =
    bytesByModel && last?.type === 'ByteLevel' && !last.use_regex && !last.add_prefix_space
      ? parts.slice(0, -1)
      : parts
  if (rest.length === 0) return { prepare: (text) => text, scanner: (_text, _start, limit) => limit }
  const steps = rest.map((part, index) => stepOf(part, bytesByModel && index === parts.length - 1))
  const [first] = steps
  if (steps.length === 1 && first!.scanner !== undefined && first!.finish === undefined) {
    return { prepare: first!.prepare ?? ((text) => text), scanner: first!.scanner }
  }
  return { prepare: (text) => text, split: (text, isFirst) => splitBySteps(steps, text, isFirst) }
}

function splitBySteps(steps: readonly Step[], text: string, isFirst: boolean): string[] {
  let pieces = [text]
  let first = isFirst
  for (const step of steps) {
    const [found, stillFirst] = splitByStep(step, pieces, first)
    pieces = found
    first = stillFirst
  }
  return pieces
}

/** One step of several: what is done to each piece, then where it is cut. */
interface Step {
  readonly prepare?: (text: string, isFirst: boolean) => string
  readonly scanner?: Scanner
  readonly split?: (text: string) => string[]
  readonly finish?: (piece: string) => string
}

function splitByStep(step: Step, pieces: readonly string[], first: boolean): [string[], boolean] {
  const found: string[] = []
  let stillFirst = first
  pieces.forEach((piece, index) => {
    const isFirst = first && index === 0
    const text = step.prepare?.(piece, isFirst) ?? piece
    const own = step.scanner !== undefined ? scanText(step.scanner, text) : (step.split?.(text) ?? [text])
    // What was dropped at the beginning is what stood first.
    if (isFirst && !text.startsWith(own[0] ?? '\0')) stillFirst = false
    for (const each of own) if (each !== '') found.push(step.finish?.(each) ?? each)
  })
  return [found, stillFirst && found.length > 0]
}

function stepOf(part: PreTokenizerPart, bytesByModel: boolean): Step {
  switch (part.type) {
    case 'ByteLevel':
      return {
        ...(part.add_prefix_space && {
          prepare: (text) => (text === '' || text.startsWith(' ') ? text : ` ${text}`),
        }),
        ...(part.use_regex && { scanner: scanGpt2 }),
        ...(!bytesByModel && { finish: toByteAlphabet }),
      }
    case 'Split':
      return splitStep(part.pattern, part.behavior, part.invert)
    case 'Metaspace':
      return metaspaceStep(part)
    case 'BertPreTokenizer':
      return { scanner: scanBert }
    case 'WhitespaceSplit':
      return { scanner: scanWords }
    case 'Whitespace':
      return {
        split: behave(
          expressionMatcher(
            /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]+|[^\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}\p{White_Space}]+/gu,
          ),
          'Removed',
          true,
        ),
      }
    case 'Punctuation':
      return { split: behave(expressionMatcher(punctuation), part.behavior, false) }
    case 'Digits':
      return {
        split: behave(
          expressionMatcher(/\p{N}/gu),
          part.individual_digits ? 'Isolated' : 'Contiguous',
          false,
        ),
      }
    case 'FixedLength':
      return { split: (text) => text.match(new RegExp(`[^]{1,${part.length}}`, 'gu')) ?? [] }
    case 'CharDelimiterSplit':
      return splitStep({ String: part.delimiter }, 'Removed', false)
  }
}

/** A Split step; by hand where the pattern is one of the known ones, in all of which nothing lies between matches. */
export function splitStep(pattern: PatternPart, behavior: SplitBehavior, invert: boolean): Step {
  if ('String' in pattern) return { split: behave(literalMatcher(pattern.String), behavior, invert) }
  const isolates = behavior === 'Isolated' || (behavior === 'Removed' && invert)
  const scanner = isolates ? scannerOf(pattern.Regex) : undefined
  return scanner === undefined
    ? { split: behave(splitMatcher(pattern.Regex), behavior, invert) }
    : { scanner }
}

function metaspaceStep(part: Extract<PreTokenizerPart, { type: 'Metaspace' }>): Step {
  const { replacement } = part
  const scheme = part.prepend_scheme ?? (part.add_prefix_space === false ? 'never' : 'always')
  const space = replacement.charCodeAt(0)
  return {
    prepare: (text, isFirst) => {
      const spaced = text.replaceAll(' ', replacement)
      const isBare = spaced !== '' && !spaced.startsWith(replacement)
      return isBare && (scheme === 'always' || (scheme === 'first' && isFirst))
        ? replacement + spaced
        : spaced
    },
    scanner: part.split
      ? (text, start, limit) => {
          let end = start + 1
          while (end < limit && text[end] !== space) end++
          return end
        }
      : (_text, _start, limit) => limit,
  }
}

const punctuation = /[\p{P}$+<=>^`|~]/gu

function isPunctuation(codePoint: number): boolean {
  if (codePoint < 0x80) {
    return (
      codePoint > 0x20 &&
      codePoint < 0x7f &&
      (codePoint < 0x30 || codePoint > 0x39) &&
      ((codePoint | 0x20) < 0x61 || (codePoint | 0x20) > 0x7a)
    )
  }
  return punctuationSeen[codePoint] === 0 ? lookUpPunctuation(codePoint) : punctuationSeen[codePoint] === 2
}

const punctuationSeen = new Uint8Array(0x110000)

function lookUpPunctuation(codePoint: number): boolean {
  const found = /\p{P}/u.test(String.fromCodePoint(codePoint))
  punctuationSeen[codePoint] = found ? 2 : 1
  return found
}

/** White space is dropped, every sign of punctuation stands alone. */
function scanBert(text: Uint16Array, start: number, limit: number): number {
  let index = start
  while (index < limit) {
    const codePoint = codePointAt(text, index, limit)
    const length = codePoint > 0xffff ? 2 : 1
    if (kindOf(codePoint) & whiteSpace) return index > start ? index : ~(index + 1)
    if (isPunctuation(codePoint)) return index > start ? index : index + length
    index += length
  }
  return index
}

/** White space is dropped. */
function scanWords(text: Uint16Array, start: number, limit: number): number {
  let index = start
  while (index < limit && (kindOf(text[index]!) & whiteSpace) === 0) index++
  return index > start ? index : ~(start + 1)
}

function expressionMatcher(expression: RegExp): Matcher {
  return (text) =>
    Array.from(text.matchAll(expression), ({ 0: { length }, index }) => [index, index + length])
}

function literalMatcher(literal: string): Matcher {
  return (text) => {
    const found: [number, number][] = []
    if (literal === '') return found
    for (
      let index = text.indexOf(literal);
      index >= 0;
      index = text.indexOf(literal, index + literal.length)
    ) {
      found.push([index, index + literal.length])
    }
    return found
  }
}

/** The pieces that a matcher makes of a text by one of the library's five behaviours. */
export function behave(
  matcher: Matcher,
  behavior: SplitBehavior,
  invert: boolean,
): (text: string) => string[] {
  return (text) => {
    const spans: { start: number; end: number; matched: boolean }[] = []
    let begin = 0
    for (const [start, end] of matcher(text)) {
      if (start > begin) spans.push({ start: begin, end: start, matched: invert })
      spans.push({ start, end, matched: !invert })
      begin = end
    }
    if (begin < text.length) spans.push({ start: begin, end: text.length, matched: invert })
    return arranged(spans, behavior).flatMap(({ start, end }) =>
      end > start ? [text.slice(start, end)] : [],
    )
  }
}

type Span = { start: number; end: number; matched: boolean }

function arranged(spans: readonly Span[], behavior: SplitBehavior): readonly Span[] {
  if (behavior === 'Isolated') return spans
  if (behavior === 'Removed') return spans.filter(({ matched }) => !matched)
  const made: Span[] = []
  let previous = false
  for (const span of behavior === 'MergedWithNext' ? spans.toReversed() : spans) {
    const joins = behavior === 'Contiguous' ? span.matched === previous : span.matched && !previous
    const before = made.at(-1)
    if (!joins || before === undefined) made.push({ ...span })
    else if (behavior === 'MergedWithNext') before.start = span.start
    else before.end = span.end
    previous = span.matched
  }
  return behavior === 'MergedWithNext' ? made.toReversed() : made
}
