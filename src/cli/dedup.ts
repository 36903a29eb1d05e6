import { availableParallelism } from 'node:os'
import { type Command, InvalidArgumentError } from 'commander'
import { anyNumber, examples, oneOfSeveral, wholeNumber } from './arguments.ts'
import { interruptible } from './interrupt.ts'
import { printFields, printJson, say } from './output.ts'

interface DedupOptions {
  readonly pairs: string
  readonly threshold: number
  readonly shingle: string
  readonly ignoreSpaces?: boolean
  readonly column?: string[]
  readonly permutations: number
  readonly recall: number
  readonly seed: number
  readonly limit: number
  readonly threads: number
  readonly json?: boolean
}

/** So many rows and files that could not be read are named; the rest is in the count. */
const named = 5

export function registerDedup(program: Command): void {
  const command = program
    .command('dedup')
    .description('find near-duplicate rows: all pairs of documents that share most of their shingles')
    .argument('<files...>', 'files of rows or texts, folders of them, or patterns such as data/*.jsonl')
    .requiredOption(
      '--pairs <file>',
      'where the pairs are written, one JSON line each, with their Jaccard index',
    )
    .option('--threshold <share>', 'the least Jaccard index of a pair', share, 0.5)
    .option(
      '--shingle <unit:length>',
      'what is compared: word:N, character:N or morpheme:N (Korean)',
      'word:5',
    )
    .option('--ignore-spaces', 'of shingles of characters: leave spaces out, as Korean is spaced freely')
    .option('--column <name>', 'column of the document, found by itself otherwise; repeatable', oneOfSeveral)
    .option('--permutations <number>', 'minima of a signature at most', wholeNumber(1, 4096), 128)
    .option('--recall <share>', 'how many of the pairs just at the threshold are found', share, 0.99)
    .option('--seed <number>', 'decides the permutations', wholeNumber(0), 0)
    .option('--limit <number>', 'more pairs than this are not written', wholeNumber(1), 1e8)
    .option('--threads <number>', 'threads that work on it', wholeNumber(1, 256), availableParallelism())
    .option('--json', 'print what was found as one JSON object')
    .action(dedup)
  examples(
    command,
    'yuksu dedup train.jsonl.gz dev.jsonl --threshold 0.5 --shingle word:5 --pairs pairs.jsonl',
    'yuksu dedup reviews.tsv.gz --column document --shingle character:4 --ignore-spaces --threshold 0.7 --pairs pairs.jsonl',
  )
}

async function dedup(
  files: readonly string[],
  { shingle, ignoreSpaces, column, json, ...options }: DedupOptions,
): Promise<void> {
  const [{ deduplicateFiles }, { parseShingle }, { createProgress }] = await Promise.all([
    import('../data/deduplicate/deduplicate-files.ts'),
    import('../data/deduplicate/shingles.ts'),
    import('../runs/progress.ts'),
  ])
  const shingles = { ...parseShingle(shingle), ignoreSpaces }
  const progress = createProgress({ label: 'Comparing', unit: 'rows' })
  const start = performance.now()
  let told = 0
  const tell = (message: string) => {
    told += 1
    if (told <= named) say(`yuksu: ${message}`)
  }
  const report = await interruptible('stopping; nothing is written', (signal) =>
    deduplicateFiles(files, {
      ...options,
      shingles,
      columns: column,
      signal,
      onProgress: (stage, done) => stage === 'reading' && progress.update(done),
      onUnreadable: ({ place, detail }) => tell(`left out row ${place.number} of ${place.file}: ${detail}`),
      onFault: ({ file, detail }) => tell(detail.includes(file) ? detail : `${file}: ${detail}`),
    }),
  )
  progress.finish()
  if (told > named) say(`yuksu: ${told - named} more rows or files could not be read`)
  const seconds = Number(((performance.now() - start) / 1e3).toFixed(3))
  if (json) printJson({ ...report, shingle, seconds })
  else printFields({ ...report, shingle, seconds })
}

/** Parses a share of more than 0 and at most 1. */
function share(text: string): number {
  const value = anyNumber(text)
  if (value <= 0 || value > 1) throw new InvalidArgumentError('Expected a number above 0 and at most 1.')
  return value
}
