import { formatDuration } from '../../runs/format-units.ts'
import type { PreparationReport, StepReport } from './report.ts'

/** The report for a person at a terminal, in lines; `report.html` tells more. */
export function summaryLines(report: PreparationReport, reportPath: string): string[] {
  const { rowsIn, rowsOut, unreadable, steps, duplicates, outputs, seconds } = report
  const name = Math.max(4, ...steps.map(({ name }) => name.length))
  const lines = [
    `${count(rowsIn)} rows in, ${count(rowsOut)} out, ${formatDuration(seconds)}`,
    '',
    ...(unreadable.rows > 0
      ? [`  ${'read'.padEnd(name)}  ${count(unreadable.rows)} unreadable: ${kinds(unreadable.reasons)}`]
      : []),
    ...steps.map((step) => `  ${step.name.padEnd(name)}  ${stepText(step)}`),
    '',
  ]
  if (duplicates.clusters > 0)
    lines.push(`${count(duplicates.clusters)} groups of duplicates, ${count(duplicates.pairs)} pairs`)
  const shown = outputs.slice(0, 10)
  for (const { file, rows } of shown) lines.push(`${file}  ${count(rows)} rows`)
  if (outputs.length > shown.length) lines.push(`and ${count(outputs.length - shown.length)} more files`)
  lines.push(`The report is ${reportPath}`)
  return lines
}

/** What could not be read, for stderr. */
export function faultLines({ faults, unreadable }: PreparationReport): string[] {
  const lines = faults.slice(0, 10).map(({ reason, detail }) => `${reason}: ${detail}`)
  if (faults.length > 10) lines.push(`and ${count(faults.length - 10)} more faults of files`)
  if (unreadable.rows > 0)
    lines.push(
      `${count(unreadable.rows)} rows could not be read: ${kinds(unreadable.reasons)}; dropped.jsonl names them`,
    )
  return lines
}

function stepText({ dropped, reasons, changed, changes, made, outputs }: StepReport): string {
  const changedKinds = Object.fromEntries(Object.entries(changes).map(([kind, { rows }]) => [kind, rows]))
  const parts = [
    dropped > 0 ? `${count(dropped)} dropped: ${kinds(reasons)}` : '',
    changed > 0 ? `${count(changed)} changed: ${kinds(changedKinds)}` : '',
    made > 0 ? `${count(made)} made` : '',
    outputs === undefined ? '' : kinds(outputs),
  ].filter((part) => part !== '')
  return parts.length === 0 ? 'all rows as they were' : parts.join('; ')
}

function kinds(counts: Readonly<Record<string, number>>, shown = 4): string {
  const entries = Object.entries(counts)
  const text = entries.slice(0, shown).map(([kind, rows]) => `${kind} ${count(rows)}`)
  return entries.length > shown ? `${text.join(', ')} and ${entries.length - shown} more` : text.join(', ')
}

function count(rows: number): string {
  return rows.toLocaleString('en-US')
}
