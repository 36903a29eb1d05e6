import { Option } from 'commander'
import type { Command } from 'commander'
import type { RougeMeasure, RougeOptions, RougeReport } from '../evaluate/metrics/rouge.ts'

interface ScoreRougeOptions extends Pick<RougeOptions, 'stem' | 'language' | 'unit' | 'aggregate'> {
  readonly references: string
  readonly predictions: string
  readonly seed: string
  readonly json?: boolean
}

const example = `
Plain text has a row a line; JSONL has 'references' (a list) or 'reference', and 'prediction'.

Example:
  $ yuksu score rouge --references dev.txt --predictions out.jsonl --stem`

function tokenization({ language, unit, stem }: RougeReport): string {
  if (unit === 'morpheme') return `Korean by morpheme (garu-ko)${stem ? ', English words stemmed' : ''}`
  if (unit === 'character') return 'by character'
  const words = language === 'ko' ? 'Korean by word (eojeol)' : 'English by word (as rouge_score)'
  return stem ? `${words}, ${language === 'ko' ? 'English words ' : ''}stemmed` : words
}

function cell(value: number, [low, high]: readonly [number, number]): string {
  return `${value.toFixed(4)} (${low.toFixed(4)} – ${high.toFixed(4)})`
}

function line(name: string, { precision, recall, f1, interval }: RougeMeasure): string {
  const cells = [cell(precision, interval.precision), cell(recall, interval.recall), cell(f1, interval.f1)]
  return [name.padEnd(10), ...cells].join('  ')
}

/** The scores as a table for a person, headed by how the text was cut into tokens. */
export function formatRouge(report: RougeReport): string {
  const { rows, confidence, aggregate } = report
  const percent = Number((confidence * 100).toPrecision(6))
  const heading = ['precision', 'recall', 'F1'].map((name) => name.padEnd(24)).join('  ')
  return [
    `tokens: ${tokenization(report)}`,
    `rows: ${rows} (${aggregate} over the references of a row; in brackets ${percent} % bootstrap intervals)`,
    '',
    `${' '.repeat(10)}  ${heading.trimEnd()}`,
    line('ROUGE-1', report.rouge1),
    line('ROUGE-2', report.rouge2),
    line('ROUGE-L', report.rougeL),
    line('ROUGE-Lsum', report.rougeLsum),
  ].join('\n')
}

function emptyRows({ emptyPredictions, emptyReferences, rows }: RougeReport): string[] {
  const notes: string[] = []
  if (emptyPredictions > 0)
    notes.push(`${emptyPredictions} of ${rows} predictions have no tokens and score 0`)
  if (emptyReferences > 0)
    notes.push(`${emptyReferences} of ${rows} rows have a reference without tokens, which scores 0`)
  return notes
}

async function scoreFiles(options: ScoreRougeOptions): Promise<void> {
  const [{ readPairs }, { scoreRouge }] = await Promise.all([
    import('../evaluate/pairs-file.ts'),
    import('../evaluate/metrics/rouge.ts'),
  ])
  const pairs = await readPairs(options.references, options.predictions)
  const { stem, language, unit, aggregate } = options
  const report = await scoreRouge(pairs, { stem, language, unit, aggregate, seed: Number(options.seed) })
  for (const note of emptyRows(report)) console.error(note)
  console.log(options.json ? JSON.stringify(report) : formatRouge(report))
}

/** Adds `rouge` to the command `yuksu score`. */
export function registerScoreRouge(score: Command): void {
  score
    .command('rouge')
    .description('ROUGE-1, ROUGE-2 and ROUGE-L of predictions, with bootstrap intervals')
    .requiredOption('--references <file>', 'the right answers: plain text or JSONL')
    .requiredOption(
      '--predictions <file>',
      'what the model wrote, in the same order; may be the same JSONL file',
    )
    .option('--stem', 'reduce English words to their stems, as published English scores do')
    .addOption(
      new Option('--language <language>', 'auto decides by the share of Hangul in the references')
        .choices(['auto', 'en', 'ko'])
        .default('auto'),
    )
    .addOption(
      new Option(
        '--unit <unit>',
        'what is compared (default: words in English, morphemes in Korean)',
      ).choices(['word', 'morpheme', 'character']),
    )
    .addOption(
      new Option('--aggregate <how>', 'over several references of a row')
        .choices(['mean', 'best'])
        .default('mean'),
    )
    .option('--seed <number>', 'of the bootstrap', '0')
    .option('--json', 'print the scores as JSON')
    .addHelpText('after', example)
    .action(scoreFiles)
}
