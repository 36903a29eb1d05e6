import {
  barChart,
  formatNumber,
  formatShare,
  histogram,
  type Markup,
  markup,
  type PageCard,
  type PageSection,
  reportPage,
  tableOf,
  wordCloud,
} from '../report/index.ts'
import type { LengthProfile, NamedExcerpt, ProfileReport, TopicTerm } from './profile-report.ts'

const cloudWords = 70

/** The profile of files as one HTML page that needs nothing else. It shows beginnings of rows. */
export function profilePage(report: ProfileReport): string {
  const { files, rows } = report
  return reportPage({
    title: titleOf(report),
    lead: leadOf(report),
    facts: factsOf(report),
    sections: [
      lengthSection(report),
      termSection(report),
      topicSection(report),
      languageSection(report),
      duplicateSection(report),
      outlierSection(report),
      columnSection(report),
      fileSection(report),
    ],
    foot: markup`<p>Made by <code>yuksu profile</code> of ${count(files.length, 'file')} and ${count(rows, 'row')}. Lengths, languages, columns and copies are of all rows. Terms and topics are of ${formatNumber(report.sample.documents)} different documents drawn at random (seed ${report.sample.seed}): Korean nouns found word by word with garu-ko, words of other languages in lower case, without function words. Words are counted between spaces, in Korean eojeol.</p>`,
  })
}

function titleOf({ files, rows }: ProfileReport): string {
  const name = files.length === 1 ? nameOf(files[0]!.file) : count(files.length, 'file')
  return `${formatNumber(rows)} rows of ${name}`
}

function leadOf({ files, columns }: ProfileReport): Markup {
  const documents = [...new Set(files.flatMap(({ document }) => document))]
  const summaries = [...new Set(files.flatMap(({ summary }) => (summary === undefined ? [] : [summary])))]
  return markup`${count(columns.length, 'column')}; the document of a row is ${names(documents)}${
    summaries.length > 0 ? markup`, its summary ${names(summaries)}` : undefined
  }.`
}

function names(columns: readonly string[]): Markup {
  return markup`${columns.map((name, index) => markup`${index > 0 ? ' and ' : ''}<code>${name}</code>`)}`
}

function factsOf(report: ProfileReport) {
  const { rows, lengths, languages, duplicates, unreadable, withoutText, faults } = report
  const { characters, words, tokens } = lengths
  const [language] = languages
  const { near, exact } = duplicates
  return [
    { name: 'rows', value: formatNumber(rows) },
    ...(characters === undefined
      ? []
      : [
          {
            name: 'characters',
            value: formatNumber(characters.sum),
            note: `median ${formatNumber(characters.quantiles.median)} a row`,
          },
        ]),
    ...(words === undefined
      ? []
      : [
          {
            name: 'words',
            value: formatNumber(words.sum),
            note: `median ${formatNumber(words.quantiles.median)}`,
          },
        ]),
    ...(tokens === undefined
      ? []
      : [
          {
            name: 'tokens',
            value: formatNumber(tokens.sum),
            note: `median ${formatNumber(tokens.quantiles.median)}`,
          },
        ]),
    ...(language === undefined
      ? []
      : [
          {
            name: 'language',
            value: languageName(language.language),
            note: `${formatShare(language.share)} of the rows`,
          },
        ]),
    {
      name: 'exact copies',
      value: formatNumber(exact.rows),
      note: formatShare(exact.rows / rows),
      bad: exact.rows > rows * 0.01,
    },
    ...(near === undefined
      ? []
      : [
          {
            name: 'near-duplicates',
            value: formatNumber(near.rows),
            note: count(near.pairs, 'pair'),
            bad: near.rows > rows * 0.01,
          },
        ]),
    ...(withoutText > 0 ? [{ name: 'without text', value: formatNumber(withoutText), bad: true }] : []),
    ...(unreadable.rows > 0
      ? [{ name: 'unreadable rows', value: formatNumber(unreadable.rows), bad: true }]
      : []),
    ...(faults.length > 0
      ? [{ name: 'faults of files', value: formatNumber(faults.length), bad: true }]
      : []),
  ]
}

function lengthCard(title: string, profile: LengthProfile, unit: string, text?: string): PageCard {
  const { histogram: columns, quantiles, min, max, mean } = profile
  const { p5, p25, median, p75, p95, p99 } = quantiles
  return {
    title,
    ...(text !== undefined && { text }),
    body: markup`${histogram(columns.bins, {
      title: `Histogram of ${title.toLowerCase()}`,
      unit,
      axis: columns.axis,
      marks: [
        { at: median, label: 'median' },
        { at: p95, label: '95 %' },
      ],
    })}<dl class="figures">${Object.entries({
      least: min,
      '5 %': p5,
      '25 %': p25,
      median,
      mean: Number(mean.toPrecision(3)),
      '75 %': p75,
      '95 %': p95,
      '99 %': p99,
      most: max,
    }).map(([name, value]) => markup`<div><dt>${name}</dt><dd>${formatNumber(value)}</dd></div>`)}</dl>`,
  }
}

function lengthSection({ lengths, summary, tokenizer }: ProfileReport): PageSection {
  const cards: PageCard[] = []
  if (lengths.characters !== undefined)
    cards.push(lengthCard('Characters of a document', lengths.characters, 'characters'))
  if (lengths.words !== undefined) cards.push(lengthCard('Words of a document', lengths.words, 'words'))
  if (lengths.tokens !== undefined)
    cards.push(
      lengthCard('Tokens of a document', lengths.tokens, 'tokens', `By the tokenizer of ${tokenizer}.`),
    )
  if (summary?.characters !== undefined)
    cards.push(lengthCard('Characters of a summary', summary.characters, 'characters'))
  if (summary?.ratio !== undefined)
    cards.push(
      lengthCard(
        'Length of a summary',
        perCent(summary.ratio),
        '% of its document',
        summary.longer > 0
          ? `${count(summary.longer, 'summary', 'summaries')} longer than the document.`
          : undefined,
      ),
    )
  return { id: 'lengths', title: 'Lengths', cards }
}

/** Thousandths as per cent. */
function perCent({ histogram, quantiles, min, max, mean, ...rest }: LengthProfile): LengthProfile {
  const tenth = (value: number) => Math.round(value) / 10
  return {
    ...rest,
    min: tenth(min),
    max: tenth(max),
    mean: mean / 10,
    quantiles: Object.fromEntries(
      Object.entries(quantiles).map(([name, value]) => [name, tenth(value)]),
    ) as LengthProfile['quantiles'],
    histogram: {
      axis: histogram.axis,
      bins: histogram.bins.map(({ from, to, count }) => ({ from: from / 10, to: to / 10, count })),
    },
  }
}

function termSection({ terms, sample }: ProfileReport): PageSection {
  const words = terms.slice(0, cloudWords).map(({ term, documents }) => ({ text: term, weight: documents }))
  if (words.length < 3) return { id: 'terms', title: 'Terms', cards: [] }
  return {
    id: 'terms',
    title: 'Terms',
    cards: [
      {
        title: 'What it is about',
        text: `The larger a word, the more of ${formatNumber(sample.documents)} documents have it.`,
        wide: true,
        body: wordCloud(words, 'The most frequent terms', 'documents'),
      },
    ],
  }
}

function termList(terms: readonly TopicTerm[]): Markup {
  return markup`<ul class="terms">${terms.map(({ term }) => markup`<li>${term}</li>`)}</ul>`
}

function topicSection({ topicColumn, foundTopics }: ProfileReport): PageSection {
  const cards: PageCard[] = []
  if (topicColumn !== undefined) {
    const { column, topics, single, effective, evenness, largest, largestShare } = topicColumn
    cards.push({
      title: `Rows by ${column}`,
      text: `${formatNumber(topics)} different values, ${formatNumber(single)} of them in one row; the largest has ${formatShare(largestShare)}. As even as ${formatNumber(Math.round(effective))} of equal size (evenness ${evenness.toFixed(2)} of 1).`,
      body: barChart(
        largest.map(({ name, rows, share }) => ({
          label: visible(name),
          value: rows,
          note: `${formatNumber(rows)} · ${formatShare(share)}`,
        })),
        { title: `Rows by ${column}` },
      ),
    })
    const told = largest.filter(({ terms }) => terms.length > 0).slice(0, 10)
    if (told.length > 0)
      cards.push({
        title: `Terms by ${column}`,
        text: 'Those whose mean TF-IDF is most above that of all rows drawn.',
        body: tableOf(
          [{ head: column }, { head: 'terms', wide: true }],
          told.map(({ name, terms }) => [visible(name), termList(terms)]),
        ),
      })
  }
  if (foundTopics !== undefined)
    cards.push({
      title: 'Topics found',
      text: `Documents that share terms, by non-negative factorization of the TF-IDF matrix of ${formatNumber(foundTopics.documents)} documents; each document counts to its strongest topic.`,
      wide: true,
      body: markup`<div class="topics">${foundTopics.topics.map(
        ({ share, terms, example }) =>
          markup`<div class="topic"><b>${formatShare(share)}</b>${termList(terms)}<p>${example}</p></div>`,
      )}</div>`,
    })
  return { id: 'topics', title: 'Topics', cards }
}

/** Below this share a language is one of the others. */
const rareLanguage = 0.0005

function languageSection({ languages, rows }: ProfileReport): PageSection {
  if (languages.length === 0) return { id: 'languages', title: 'Languages', cards: [] }
  const shown = languages.filter(({ share }, index) => index === 0 || (index < 8 && share >= rareLanguage))
  const others = languages.slice(shown.length).reduce((sum, { rows }) => sum + rows, 0)
  const bars = [
    ...shown.map(({ language, rows }) => ({ label: languageName(language), rows })),
    ...(others > 0 ? [{ label: 'others', rows: others }] : []),
  ]
  return {
    id: 'languages',
    title: 'Languages',
    text: 'The main language of each document. Short texts and names may be taken for a language that they are not.',
    cards: [
      {
        title: 'Rows by language',
        body: barChart(
          bars.map(({ label, rows: own }) => ({
            label,
            value: own,
            note: `${formatNumber(own)} · ${formatShare(own / rows)}`,
          })),
          { title: 'Rows by language' },
        ),
      },
    ],
  }
}

function duplicateSection({ duplicates, rows, files }: ProfileReport): PageSection {
  const { exact, near } = duplicates
  const nearText =
    near === undefined
      ? 'Near-duplicates were not looked for; yuksu dedup finds them.'
      : `By words (${near.shingle}, Jaccard index ≥ ${near.threshold}), ${formatNumber(near.pairs)} pairs are alike; ${formatNumber(near.rows)} rows could go if one of each of ${formatNumber(near.clusters)} groups stayed.`
  const exactText =
    exact.rows === 0
      ? 'No row is an exact copy of another.'
      : `${formatNumber(exact.rows)} rows (${formatShare(exact.rows / rows)}) are exact copies of another: ${formatNumber(exact.texts)} texts come more than once.`
  return {
    id: 'duplicates',
    title: 'Duplicates',
    text: `${exactText} ${nearText}`,
    cards:
      exact.most.length === 0
        ? []
        : [
            {
              title: 'The most repeated texts',
              wide: true,
              body: tableOf(
                [{ head: 'times', align: 'right' }, { head: 'text', wide: true }, { head: 'a copy is at' }],
                exact.most.map(({ count, excerpt, place }) => [
                  count,
                  excerpt,
                  placeOf(place, files.length > 1),
                ]),
              ),
            },
          ],
  }
}

function outlierSection({ outliers, summary, files }: ProfileReport): PageSection {
  const cards: PageCard[] = []
  const place = (row: NamedExcerpt) => placeOf(row, files.length > 1)
  for (const { unit, belowFence, aboveFence, longest, shortest } of outliers) {
    for (const [title, rows, far] of [
      ['Longest', longest, farText(aboveFence.rows, `over ${formatNumber(aboveFence.fence)} ${unit}`)],
      ['Shortest', shortest, farText(belowFence.rows, `under ${formatNumber(belowFence.fence)} ${unit}`)],
    ] as const)
      cards.push({
        title: `${title} documents`,
        text: far,
        body: tableOf(
          [{ head: unit, align: 'right' }, { head: 'row' }, { head: 'begins', wide: true }],
          rows.map((row) => [row.value, place(row), row.excerpt]),
        ),
      })
  }
  if (summary !== undefined && summary.examples.length > 0)
    cards.push({
      title: 'Longest summaries for their documents',
      wide: true,
      body: tableOf(
        [{ head: '% of it', align: 'right' }, { head: 'row' }, { head: 'summary', wide: true }],
        summary.examples.map((row) => [row.value / 10, place(row), row.excerpt]),
      ),
    })
  return {
    id: 'outliers',
    title: 'Outliers',
    text: 'Far from the others: beyond three times the middle half of the lengths, measured in logarithms (Tukey).',
    cards,
  }
}

function farText(rows: number, where: string): string {
  return rows === 0
    ? `None is far from the others (${where}).`
    : `${count(rows, 'row')} ${where}, far from the others.`
}

/** Bars of values are worth a look where there are a few that repeat. */
const barsOfValues = { most: 30, shown: 12 }

function columnSection({ columns, rows, topicColumn }: ProfileReport): PageSection {
  const cards: PageCard[] = [
    {
      title: 'All columns',
      wide: true,
      body: tableOf(
        [
          { head: 'column' },
          { head: 'is' },
          { head: 'type' },
          { head: 'filled', align: 'right' },
          { head: 'missing', align: 'right' },
          { head: 'empty', align: 'right' },
          { head: 'different', align: 'right' },
          { head: 'from – to, or most frequent', wide: true },
        ],
        columns.map(({ name, role, types, filled, missing, empty, distinct, isExact, numbers, values }) => [
          markup`<code>${name}</code>`,
          role === 'other' ? '' : role,
          Object.keys(types).join(', '),
          formatShare(filled / rows),
          missing,
          empty,
          isExact ? formatNumber(distinct) : `about ${formatNumber(Number(distinct.toPrecision(3)))}`,
          numbers !== undefined
            ? `${plainNumber(numbers.min)} – ${plainNumber(numbers.max)}, mean ${formatNumber(numbers.mean)}`
            : values
                .slice(0, 4)
                .map(({ value, count }) => `${visible(value)} (${formatNumber(count)})`)
                .join(', '),
        ]),
      ),
    },
  ]
  for (const { name, values, distinct, role, numbers } of columns) {
    if (role !== 'other' || distinct > barsOfValues.most || distinct < 2 || name === topicColumn?.column)
      continue
    const shown =
      numbers === undefined ? values : values.toSorted((a, b) => Number(a.value) - Number(b.value))
    if (shown.length === 0) continue
    cards.push({
      title: `Rows by ${name}`,
      body: barChart(
        shown.slice(0, barsOfValues.shown).map(({ value, count }) => ({
          label: visible(value),
          value: count,
          note: `${formatNumber(count)} · ${formatShare(count / rows)}`,
        })),
        { title: `Rows by ${name}` },
      ),
    })
  }
  return { id: 'columns', title: 'Columns', cards }
}

/** A value as it is told from others: spaces at its ends and what cannot be seen are spelled out. */
export function visible(value: string): string {
  return value.replace(/^\s+|\s+$|[\p{Cc}\p{Cf}]/gu, (hidden) =>
    Array.from(hidden, (letter) => `\\u{${letter.codePointAt(0)!.toString(16)}}`).join(''),
  )
}

/** Not 1,999 for a year. */
function plainNumber(value: number): string {
  return String(Number(value.toPrecision(12)))
}

function fileSection({ files, faults, unreadable }: ProfileReport): PageSection {
  const cards: PageCard[] = []
  if (files.length > 1 || unreadable.rows > 0)
    cards.push({
      title: 'Files',
      wide: true,
      body: tableOf(
        [
          { head: 'file', wide: true },
          { head: 'rows', align: 'right' },
          { head: 'unreadable', align: 'right' },
          { head: 'document' },
        ],
        files
          .slice(0, 100)
          .map(({ file, rows, unreadable, document }) => [file, rows, unreadable, document.join(', ')]),
      ),
    })
  if (unreadable.rows > 0)
    cards.push({
      title: 'Rows that could not be read',
      body: barChart(
        Object.entries(unreadable.reasons)
          .toSorted(([, a], [, b]) => b - a)
          .map(([label, value]) => ({ label, value, tone: 'bad' as const })),
        { title: 'Unreadable rows by reason' },
      ),
    })
  if (faults.length > 0)
    cards.push({
      title: 'Faults',
      wide: true,
      body: tableOf(
        [{ head: 'file' }, { head: 'what is wrong', wide: true }],
        faults.slice(0, 100).map(({ file, detail }) => [nameOf(file), detail]),
      ),
    })
  return { id: 'files', title: 'Files', cards }
}

function placeOf({ file, row, line }: Omit<NamedExcerpt, 'value' | 'excerpt'>, withFile: boolean): string {
  // Not broken into two lines.
  const place = line > 0 ? `line\u00a0${formatNumber(line)}` : `row\u00a0${formatNumber(row)}`
  return withFile ? `${nameOf(file)} ${place}` : place
}

function nameOf(file: string): string {
  return file.replaceAll('\\', '/').split('/').at(-1)!
}

const languageNames = new Intl.DisplayNames(['en'], { type: 'language' })

/** `Korean` for `ko`. */
export function languageName(code: string): string {
  return code === 'unknown' ? 'no language' : (languageNames.of(code) ?? code)
}

function count(number: number, one: string, more = `${one}s`): string {
  return `${formatNumber(number)} ${number === 1 ? one : more}`
}
