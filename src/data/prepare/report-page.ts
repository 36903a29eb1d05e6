import { formatDuration } from '../../runs/format-units.ts'
import {
  barChart,
  type FlowStage,
  flowChart,
  formatNumber,
  formatShare,
  type Markup,
  markup,
  type MarkupValue,
  type PageCard,
  type PageSection,
  reportPage,
  tableOf,
} from '../report/index.ts'
import type { Evidence } from '../step.ts'
import { someNames } from './input-files.ts'
import type { Preparation } from './recipe.ts'
import type { InputReport, PreparationReport, StepReport } from './report.ts'
import { placeText } from './row-name.ts'
import type { Example } from './tally.ts'

/** Tables of files end here; the JSON has them all. */
const filesShown = 100

/** The report of a preparation as one HTML page that needs nothing else. It holds places and counts, no text of a row. */
export function reportPageOf(report: PreparationReport, recipe: Preparation): string {
  const { rowsIn, rowsOut, inputs, outputs, steps, seconds } = report
  const changed = steps.reduce((most, step) => Math.max(most, step.changed), 0)
  return reportPage({
    title: `${formatNumber(rowsOut)} of ${formatNumber(rowsIn)} rows prepared`,
    lead: markup`${countOf(inputs.length, 'file')} went through ${
      steps.length === 0
        ? 'no step'
        : someNames(
            steps.map(({ name }) => name),
            12,
          )
    }. Every dropped row is in <code>dropped.jsonl</code> with its reason, every changed one in <code>changed.jsonl</code>; beside each prepared file <code>.origins.jsonl</code> says line by line where a row came from.`,
    facts: facts(report),
    sections: [
      flowSection(report),
      duplicatesSection(report),
      faultsSection(report),
      stepsSection(steps),
      filesSection(inputs, outputs, report.files),
      recipeSection(recipe),
    ],
    foot: markup`<p>Made by <code>yuksu prepare</code> in ${formatDuration(seconds)}. ${changed > 0 ? 'Changes are counted in the rows that reach a step; a row that is changed may still be dropped later.' : ''} <code>report.json</code> holds these figures, <code>preparation.json</code> the recipe and the hashes of all files.</p>`,
  })
}

function facts({ rowsIn, rowsOut, unreadable, steps, duplicates, faults }: PreparationReport) {
  const dropped = steps.reduce((total, step) => total + step.dropped, 0)
  const made = steps.reduce((total, step) => total + step.made, 0)
  const share = (rows: number) => (rowsIn === 0 ? '–' : formatShare(rows / rowsIn))
  return [
    { name: 'rows in', value: formatNumber(rowsIn) },
    { name: 'rows out', value: formatNumber(rowsOut), note: share(rowsOut) },
    { name: 'dropped', value: formatNumber(dropped), note: share(dropped) },
    ...(made > 0 ? [{ name: 'made', value: formatNumber(made) }] : []),
    ...(duplicates.clusters > 0
      ? [
          {
            name: 'groups of duplicates',
            value: formatNumber(duplicates.clusters),
            ...(duplicates.pairs > 0 && { note: countOf(duplicates.pairs, 'pair') }),
          },
        ]
      : []),
    {
      name: 'unreadable rows',
      value: formatNumber(unreadable.rows),
      ...(unreadable.rows > 0 && { note: share(unreadable.rows), bad: true }),
    },
    ...(faults.length > 0
      ? [{ name: 'faults of files', value: formatNumber(faults.length), bad: true }]
      : []),
  ]
}

function flowSection({ rowsIn, unreadable, steps }: PreparationReport): PageSection {
  const stages: FlowStage[] = []
  if (unreadable.rows > 0)
    stages.push({
      label: 'read',
      rowsIn,
      rowsOut: rowsIn - unreadable.rows,
      reasons: reasonsOf(unreadable.reasons),
    })
  for (const { name, rowsIn, rowsOut, reasons } of steps)
    stages.push({ label: name, rowsIn, rowsOut, reasons: reasonsOf(reasons) })
  if (stages.length === 0) stages.push({ label: 'read', rowsIn, rowsOut: rowsIn })
  const labels = reasonLabels(steps)
  const reasons = [
    ...Object.entries(unreadable.reasons).map(([reason, rows]) => ({ label: reason, value: rows })),
    ...steps.flatMap(({ name, reasons }) =>
      Object.entries(reasons).map(([reason, rows]) => ({ label: labels(name, reason), value: rows })),
    ),
  ].sort((a, b) => b.value - a.value)
  const changes = steps
    .flatMap(({ name, changes }) =>
      Object.entries(changes).map(([kind, { rows, places }]) => ({
        label: labels(name, kind),
        value: rows,
        note: places > rows ? `${formatNumber(rows)} (${formatNumber(places)} places)` : formatNumber(rows),
      })),
    )
    .sort((a, b) => b.value - a.value)
  const cards: PageCard[] = [
    { title: 'Rows through the steps', body: flowChart(stages, 'Rows through the steps') },
  ]
  if (reasons.length > 0)
    cards.push({
      title: 'Why rows were dropped',
      body: barChart(
        reasons.slice(0, 20).map((bar) => ({ ...bar, tone: 'bad' as const })),
        { title: 'Dropped rows by reason' },
      ),
    })
  if (changes.length > 0)
    cards.push({
      title: 'What was changed, in rows',
      body: barChart(changes.slice(0, 20), { title: 'Changed rows by kind of change' }),
    })
  return { id: 'flow', title: 'Rows in, rows out', cards }
}

/** What a reason or a kind of change is called: by its step too where another step has the same. */
function reasonLabels(steps: readonly StepReport[]): (step: string, reason: string) => string {
  const times = new Map<string, number>()
  for (const { reasons, changes } of steps)
    for (const reason of new Set([...Object.keys(reasons), ...Object.keys(changes)]))
      times.set(reason, (times.get(reason) ?? 0) + 1)
  return (step, reason) => (times.get(reason) === 1 ? reason : `${reason} (${step})`)
}

function reasonsOf(reasons: Readonly<Record<string, number>>) {
  return Object.entries(reasons).map(([label, rows]) => ({ label, rows }))
}

function duplicatesSection({ steps, duplicates }: PreparationReport): PageSection {
  const finders = steps.filter(({ figures }) => figures?.['clusters'] !== undefined)
  if (finders.length === 0) return { id: 'duplicates', title: 'Duplicates', cards: [] }
  return {
    id: 'duplicates',
    title: 'Duplicates',
    text: `${countOf(duplicates.clusters, 'group')} of rows that say the same; of each group one row is kept, and the others name it.`,
    cards: [
      {
        title: 'By step',
        wide: true,
        body: tableOf(
          [
            { head: 'step' },
            { head: 'rows in', align: 'right' },
            { head: 'groups', align: 'right' },
            { head: 'pairs', align: 'right' },
            { head: 'dropped', align: 'right' },
            { head: 'of its rows', align: 'right' },
          ],
          finders.map(({ name, rowsIn, dropped, figures }) => [
            unbroken(name),
            rowsIn,
            Number(figures!['clusters']),
            figures!['pairs'] ?? '',
            dropped,
            rowsIn === 0 ? '–' : formatShare(dropped / rowsIn),
          ]),
        ),
      },
    ],
  }
}

function faultsSection({ faults, unreadable }: PreparationReport): PageSection {
  const cards: PageCard[] = []
  if (faults.length > 0)
    cards.push({
      title: 'Files',
      text: 'Rows before the fault were used, those behind it were not.',
      wide: true,
      body: tableOf(
        [{ head: 'file' }, { head: 'fault' }, { head: 'what it is', wide: true }],
        faults.slice(0, filesShown).map(({ file, reason, detail }) => [file, reason, detail]),
      ),
    })
  if (unreadable.rows > 0)
    cards.push({
      title: 'Rows that could not be read',
      wide: true,
      body: kindTable('reason', unreadable.reasons, unreadable.examples),
    })
  return { id: 'faults', title: 'What could not be read', cards }
}

function stepsSection(steps: readonly StepReport[]): PageSection {
  return {
    id: 'steps',
    title: 'Steps',
    cards: steps.map((step) => ({
      title: step.name,
      text: stepSentence(step),
      wide: true,
      body: [
        Object.keys(step.reasons).length > 0
          ? kindTable('dropped because', step.reasons, step.examples)
          : undefined,
        Object.keys(step.changes).length > 0 ? changeTable(step) : undefined,
        step.outputs === undefined
          ? undefined
          : barChart(
              Object.entries(step.outputs).map(([label, value]) => ({ label, value })),
              { title: `Rows by output of ${step.name}` },
            ),
        figuresOf(step),
      ],
    })),
  }
}

function stepSentence({ rowsIn, rowsOut, dropped, changed, made }: StepReport): string {
  const parts = [
    dropped > 0 ? `${formatNumber(dropped)} dropped (${formatShare(dropped / rowsIn)})` : '',
    changed > 0 ? `${formatNumber(changed)} changed (${formatShare(changed / rowsIn)})` : '',
    made > 0 ? `${formatNumber(made)} made` : '',
  ].filter((part) => part !== '')
  if (parts.length === 0) return `${countOf(rowsIn, 'row')} went through as they were.`
  return `${countOf(rowsIn, 'row')} came in, ${formatNumber(rowsOut)} went on: ${parts.join(', ')}.`
}

function kindTable(
  head: string,
  reasons: Readonly<Record<string, number>>,
  examples: Readonly<Record<string, readonly Example[]>>,
): Markup {
  return tableOf(
    [{ head }, { head: 'rows', align: 'right' }, { head: 'the first of them', wide: true }],
    Object.entries(reasons).map(([reason, rows]) => [reason, rows, exampleList(examples[reason] ?? [])]),
  )
}

function changeTable({ changes, examples }: StepReport): Markup {
  return tableOf(
    [
      { head: 'changed' },
      { head: 'rows', align: 'right' },
      { head: 'places', align: 'right' },
      { head: 'the first of them', wide: true },
    ],
    Object.entries(changes).map(([kind, { rows, places }]) => [
      kind,
      rows,
      places,
      exampleList(examples[kind] ?? []),
    ]),
  )
}

function exampleList(examples: readonly Example[]): MarkupValue {
  return examples.slice(0, 3).map(({ row, evidence }, index) => {
    const id = row.id === undefined ? '' : ` (${String(row.id).slice(0, 40)})`
    const place = markup`<code>${placeText({ ...row, file: shortName(row.file) })}</code>${id}${evidenceText(evidence ?? {})}`
    return index === 0 ? place : markup`<br>${place}`
  })
}

/** Evidence in words; the file and row of a kept twin as places are written everywhere. */
function evidenceText(evidence: Evidence): string {
  const { keptFile, keptRow, ...others } = evidence
  const kept = typeof keptFile === 'string' && keptRow !== undefined
  const parts = [
    ...(kept ? [`kept is ${shortName(keptFile)} row ${keptRow}`] : []),
    ...Object.entries(kept ? others : evidence).map(
      ([name, value]) =>
        `${words(name)} ${typeof value === 'number' ? formatNumber(value) : String(value).slice(0, 160)}`,
    ),
  ]
  return parts.length === 0 ? '' : `: ${parts.join(', ')}`
}

/** The last parts of a path are enough to know it by; the table of files has it whole. */
function shortName(file: string): string {
  const parts = file.split('/')
  return parts.length > 2 ? parts.slice(-1).join('/') : file
}

/** What a step says besides; its groups and pairs of duplicates stand above. */
function figuresOf({ figures = {} }: StepReport): Markup | undefined {
  const others = Object.entries(figures).filter(([name]) => name !== 'clusters' && name !== 'pairs')
  if (others.length === 0) return undefined
  return tableOf(
    [{ head: 'figure' }, { head: 'value', wide: true }],
    others.map(([name, value]) => [words(name), typeof value === 'number' ? formatNumber(value) : value]),
  )
}

/** `pairsFound` as `pairs found`. */
function words(name: string): string {
  return name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ').toLowerCase()
}

function filesSection(
  inputs: readonly InputReport[],
  outputs: PreparationReport['outputs'],
  files: readonly string[],
): PageSection {
  const more = (count: number) =>
    count > filesShown
      ? `The first ${filesShown} of ${formatNumber(count)}; report.json has them all.`
      : undefined
  return {
    id: 'files',
    title: 'Files',
    cards: [
      {
        title: 'Read',
        ...(more(inputs.length) !== undefined && { text: more(inputs.length) }),
        wide: true,
        body: tableOf(
          [
            { head: 'file' },
            { head: 'bytes', align: 'right' },
            { head: 'rows', align: 'right' },
            { head: 'unreadable', align: 'right' },
            { head: 'encoding' },
            { head: 'document' },
            { head: 'summary' },
            { head: 'other text', wide: true },
          ],
          inputs
            .slice(0, filesShown)
            .map(({ file, size, rows, unreadable, encoding, otherEncodings, columns }) => [
              file,
              size ?? '–',
              rows,
              unreadable,
              [
                encoding ?? '',
                ...Object.entries(otherEncodings ?? {}).map(
                  ([name, rows]) => `${formatNumber(rows)} rows ${name}`,
                ),
              ]
                .filter(Boolean)
                .join(', '),
              columns?.document.join(', ') ?? '–',
              columns?.summary ?? '',
              columns?.texts
                .filter((name) => !columns.document.includes(name) && name !== columns.summary)
                .join(', ') ?? '',
            ]),
        ),
      },
      {
        title: 'Written',
        ...(more(outputs.length) !== undefined && { text: more(outputs.length) }),
        wide: true,
        body: tableOf(
          [
            { head: 'file', wide: true },
            { head: 'rows', align: 'right' },
            { head: 'bytes', align: 'right' },
            { head: 'SHA-256' },
          ],
          outputs
            .slice(0, filesShown)
            .map(({ file, rows, size, sha256 }) => [
              file,
              rows,
              size,
              markup`<code>${sha256.slice(0, 12)}</code>`,
            ]),
        ),
      },
      ...(files.length > 0
        ? [
            {
              title: 'Left by steps',
              body: tableOf(
                [{ head: 'file', wide: true }],
                files.map((file) => [file]),
              ),
            },
          ]
        : []),
    ],
  }
}

function recipeSection({ seed, steps }: Preparation): PageSection {
  return {
    id: 'recipe',
    title: 'Recipe',
    cards: [
      {
        title: `Seed ${seed}`,
        text: markup`Whole, with every default, in <code>preparation.json</code>.`,
        wide: true,
        body: tableOf(
          [{ head: 'step' }, { head: 'options', wide: true }],
          steps.map(({ name, options }) => [unbroken(name), optionText(options)]),
        ),
      },
    ],
  }
}

function optionText(options: unknown): string {
  const entries = Object.entries((options ?? {}) as Record<string, unknown>)
  const cut = (text: string) => (text.length > 80 ? `${text.slice(0, 80)}…` : text)
  return entries.map(([name, value]) => `${name}: ${cut(JSON.stringify(value))}`).join(', ')
}

function countOf(count: number, noun: string): string {
  return `${formatNumber(count)} ${noun}${count === 1 ? '' : 's'}`
}

/** A name with hyphens that stays on one line. */
function unbroken(name: string): string {
  return name.replaceAll('-', '\u2011')
}
