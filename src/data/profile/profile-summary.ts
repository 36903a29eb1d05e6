import { formatNumber, formatShare } from '../report/index.ts'
import { cutToWidth, displayWidth } from '../../runs/display-width.ts'
import { languageName } from './profile-page.ts'
import type { LengthProfile, ProfileReport } from './profile-report.ts'

/** Lines of a table of which all columns but the first stand to the right; a Korean syllable takes two places. */
function table(heads: readonly string[], rows: readonly (readonly string[])[], left = 1): string[] {
  const all = [heads, ...rows]
  const widths = heads.map((_, column) => Math.max(...all.map((row) => displayWidth(row[column] ?? ''))))
  return all.map((row) =>
    row
      .map((cell, column) => {
        const room = ' '.repeat(widths[column]! - displayWidth(cell))
        return column < left ? cell + room : room + cell
      })
      .join('  ')
      .trimEnd(),
  )
}

function lengthRow(name: string, profile: LengthProfile | undefined, scale = 1): string[][] {
  if (profile === undefined) return []
  const { min, max, mean, quantiles } = profile
  const { p5, p25, median, p75, p95, p99 } = quantiles
  const values = [min, p5, p25, median, mean, p75, p95, p99, max]
  return [[name, ...values.map((value) => formatNumber(Number((value / scale).toPrecision(4))))]]
}

/** The profile for a terminal of `width` columns. */
export function profileLines(report: ProfileReport, width = 100): string[] {
  const { rows, files, lengths, summary, languages, duplicates, columns, topicColumn, foundTopics } = report
  const lines: string[] = []
  const section = (title: string, body: readonly string[]) => {
    if (body.length > 0) lines.push('', title, ...body.map((line) => `  ${cutToWidth(line, width - 2)}`))
  }
  lines.push(`${formatNumber(rows)} rows of ${files.length === 1 ? files[0]!.file : `${files.length} files`}`)
  const documents = [...new Set(files.flatMap(({ document }) => document))]
  const summaries = [...new Set(files.flatMap((file) => file.summary ?? []))]
  lines.push(
    `document: ${documents.join(', ')}${summaries.length > 0 ? `; summary: ${summaries.join(', ')}` : ''}`,
  )
  section(
    'lengths',
    table(
      ['', 'least', '5 %', '25 %', 'median', 'mean', '75 %', '95 %', '99 %', 'most'],
      [
        ...lengthRow('characters', lengths.characters),
        ...lengthRow('words', lengths.words),
        ...lengthRow('tokens', lengths.tokens),
        ...lengthRow('summary, characters', summary?.characters),
        ...lengthRow('summary, % of document', summary?.ratio, 10),
      ],
    ),
  )
  section(
    'columns',
    table(
      ['', 'type', 'filled', 'missing', 'empty', 'different'],
      columns.map(({ name, types, filled, missing, empty, distinct, isExact }) => [
        cutToWidth(name, 40),
        Object.keys(types).join(', '),
        formatShare(filled / rows),
        formatNumber(missing),
        formatNumber(empty),
        isExact ? formatNumber(distinct) : `≈ ${formatNumber(Number(distinct.toPrecision(3)))}`,
      ]),
      2,
    ),
  )
  section(
    'languages',
    table(
      ['', 'rows', ''],
      languages
        .slice(0, 5)
        .map(({ language, rows, share }) => [languageName(language), formatNumber(rows), formatShare(share)]),
    ).slice(1),
  )
  const { exact, near } = duplicates
  section('duplicates', [
    `exact: ${formatNumber(exact.rows)} rows (${formatShare(exact.rows / rows)}) of ${formatNumber(exact.texts)} texts`,
    near === undefined
      ? 'near: not looked for among so many rows; --near does'
      : `near (${near.shingle}, Jaccard index ≥ ${near.threshold}): ${formatNumber(near.rows)} rows in ${formatNumber(near.clusters)} groups, ${formatNumber(near.pairs)} pairs`,
    ...exact.most.slice(0, 3).map(({ count, excerpt }) => `${formatNumber(count)} × ${excerpt}`),
  ])
  if (topicColumn !== undefined)
    section(`rows by ${topicColumn.column}`, [
      `${formatNumber(topicColumn.topics)} values, as even as ${formatNumber(Math.round(topicColumn.effective))} of equal size`,
      ...table(
        ['', '', '', ''],
        topicColumn.largest
          .slice(0, 8)
          .map(({ name, rows, share }) => [cutToWidth(name, 40), formatNumber(rows), formatShare(share)]),
      ).slice(1),
    ])
  if (foundTopics !== undefined)
    section(
      'topics found',
      foundTopics.topics
        .slice(0, 8)
        .map(
          ({ share, terms }) =>
            `${formatShare(share).padStart(5)}  ${terms.map(({ term }) => term).join(' ')}`,
        ),
    )
  section(
    'frequent terms',
    wrapped(
      report.terms.slice(0, 40).map(({ term }) => term),
      width - 2,
    ).slice(0, 4),
  )
  const { unreadable, withoutText } = report
  if (unreadable.rows > 0 || withoutText > 0)
    section('rows without use', [
      ...(withoutText > 0 ? [`without text: ${formatNumber(withoutText)}`] : []),
      ...Object.entries(unreadable.reasons).map(
        ([reason, rows]) => `unreadable, ${reason}: ${formatNumber(rows)}`,
      ),
    ])
  return lines
}

function wrapped(words: readonly string[], width: number): string[] {
  const lines: string[] = []
  for (const word of words) {
    const last = lines.at(-1)
    if (last === undefined || displayWidth(last) + 1 + displayWidth(word) > width) lines.push(word)
    else lines[lines.length - 1] = `${last} ${word}`
  }
  return lines
}
