import { addChanges, replaceCounted, type Changes } from './changes.ts'

const unusualSpaces = /[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000\u3164\uffa0]/g
const run = / {2,}/g
/** Lines whose columns may stand where they stand on purpose: indented, of a table, of a Python session. */
const arranged = /(?:[ \t]|\||>>> |\.\.\. )/y

/**
 * Every Unicode space, and the filler that Korean keyboards type for one, as a plain space; line ends and tabs stay. Kind
 * `space`.
 */
export function unifySpaces(text: string, changes: Changes = {}): string {
  return replaceCounted(text, unusualSpaces, ' ', changes, 'space')
}

/**
 * Runs of spaces within a line as one. Indentation stays, and so do lines that are indented, lines of tables, and whatever
 * stands between code fences. Kind `space`, one place a run.
 */
export function collapseSpaces(text: string, changes: Changes = {}): string {
  return text.includes('```') ? collapseOutsideFences(text, changes) : collapseLines(text, changes)
}

function collapseLines(text: string, changes: Changes): string {
  let start = 0
  let end = -1
  let isArranged = false
  return replaceCounted(
    text,
    run,
    ([spaces], at) => {
      if (at > end) {
        start = text.lastIndexOf('\n', at) + 1
        end = text.indexOf('\n', at)
        if (end < 0) end = text.length
        arranged.lastIndex = start
        isArranged = arranged.test(text)
      }
      const isInside = at > start && at + spaces!.length < end
      return isInside && !isArranged ? ' ' : spaces!
    },
    changes,
    'space',
  )
}

function collapseOutsideFences(text: string, changes: Changes): string {
  let fenced = false
  const lines = text.split('\n').map((line) => {
    if (line.startsWith('```')) fenced = !fenced
    return fenced || line.startsWith('```') ? line : collapseLines(line, changes)
  })
  return lines.join('\n')
}

/**
 * Without spaces at the ends of lines and around the text. Indentation of other lines stays, and with it that of the first line
 * where it is deeper than one space and shared by another, as in a piece of a program. Kind `space`.
 */
export function trimLines(text: string, changes: Changes = {}): string {
  const trimmed = text.includes('\n') ? trimmedLines(text) : text.trim()
  if (trimmed !== text) addChanges(changes, 'space', 1)
  return trimmed
}

function trimmedLines(text: string): string {
  const all = text.split('\n').map((line) => line.trimEnd())
  const lines = all.slice(
    all.findIndex((line) => line !== ''),
    all.findLastIndex((line) => line !== '') + 1,
  )
  if (lines.length === 0) return ''
  const indentation = /^(?: {2,}|\t[ \t]*)/.exec(lines[0]!)?.[0]
  const isShared =
    indentation !== undefined && lines.some((line, at) => at > 0 && line.startsWith(indentation))
  if (!isShared) lines[0] = lines[0]!.trimStart()
  return lines.join('\n')
}

/** At most `limit` blank lines in a row. Kind `space`, one place a run. */
export function limitBlankLines(text: string, limit: number, changes: Changes = {}): string {
  const most = '\n'.repeat(limit + 1)
  if (!text.includes(`${most}\n`)) return text
  return replaceCounted(
    text,
    /\n{2,}/g,
    ([run]) => (run!.length > most.length ? most : run!),
    changes,
    'space',
  )
}
