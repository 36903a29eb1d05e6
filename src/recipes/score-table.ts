import type { RecipeScores, ReportedScores } from './run-recipe.ts'

const measures = ['rouge1', 'rouge2', 'rougeL'] as const
const headings = ['ROUGE-1', 'ROUGE-2', 'ROUGE-L']

function row(name: string, cells: readonly string[]): string {
  return `  ${name.padEnd(12)}${cells.map((cell) => cell.padStart(9)).join('')}`
}

function percentages(scores: ReportedScores, part: 'precision' | 'recall' | 'f1' = 'f1'): string[] {
  return measures.map((name) => (scores[name][part] * 100).toFixed(1))
}

/** The scores beside those of the baselines, as lines for a person: F1 in percent, and how texts were split. */
export function scoreTable(scores: RecipeScores): string[] {
  const { rows, unit, stem } = scores
  const low = measures.map((name) => (scores[name].interval.f1[0] * 100).toFixed(1))
  const high = measures.map((name) => (scores[name].interval.f1[1] * 100).toFixed(1))
  return [
    `ROUGE F1 in percent on ${rows.toLocaleString('en')} rows, by ${unit}${stem ? ', stemmed' : ''}`,
    row('', headings),
    row('this model', percentages(scores)),
    row('  95 % from', low),
    row('        to', high),
    row('LEAD-3', percentages(scores.lead3)),
    row('LONGEST', percentages(scores.longest)),
  ]
}
