import { replaceCounted, type Changes } from './changes.ts'

// oxlint-disable-next-line no-control-regex
const lineEnds = /\r\n?|[\u000b\u000c\u0085\u2028\u2029]/g

/**
 * Every line end as `\n`: CRLF, CR, vertical tab, form feed, next line, and Unicode's separators of lines and paragraphs.
 * Kind `line-end`.
 */
export function unifyLineEnds(text: string, changes: Changes = {}): string {
  return replaceCounted(text, lineEnds, '\n', changes, 'line-end')
}
