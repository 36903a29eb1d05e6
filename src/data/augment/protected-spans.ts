import { speakersOf } from './speakers.ts'

/** A part of a text that stays as it is, from `start` to before `end`. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** Marks such as `#Person1#`, `<url>`, `[NAME]`, `{{city}}` and `__value__`, addresses of pages and of mail. */
const marks =
  /#[^\s#]{1,40}#|<[^\s<>][^<>\n]{0,39}>|\[[\p{Lu}_][\p{Lu}\p{N}_ -]{0,39}\]|\{\{?[^{}\n]{1,40}\}\}?|__\w{1,40}__|https?:\/\/\S+|[\w.+-]+@[\w-]+\.[\w.-]*\w/gu

/** What no noise may touch, in order and without overlaps: marks, addresses, the speakers' names before their lines, and `others`. */
export function protectedSpans(text: string, others: readonly Span[] = []): Span[] {
  const spans: Span[] = [...others]
  for (const match of text.matchAll(marks))
    spans.push({ start: match.index, end: match.index + match[0].length })
  for (const label of speakersOf(text)?.labels ?? []) spans.push({ start: label.start, end: label.words })
  spans.sort((first, second) => first.start - second.start || second.end - first.end)
  const merged: Span[] = []
  for (const span of spans) {
    const last = merged.at(-1)
    if (last === undefined || span.start >= last.end) merged.push(span)
    else if (span.end > last.end) merged[merged.length - 1] = { start: last.start, end: span.end }
  }
  return merged
}

/** The marks of a text in order, such as `#Person1#`: what a text made from it must name too. */
export function marksOf(text: string): string[] {
  return text.match(/#[^\s#]{1,40}#/gu) ?? []
}
