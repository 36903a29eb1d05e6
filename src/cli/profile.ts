import { open } from 'node:fs/promises'
import type { Command } from 'commander'
import { YuksuError } from '../errors.ts'
import { examples, oneOfSeveral, wholeNumber } from './arguments.ts'
import { interruptible } from './interrupt.ts'
import { printJson, say } from './output.ts'

interface ProfileCommandOptions {
  readonly html?: string
  readonly json?: string | true
  readonly column?: string[]
  readonly topic?: string
  readonly tokenizer?: string
  readonly sample?: number
  readonly seed?: number
  readonly near?: boolean
}

/** The exit status where rows were profiled, but not all could be read, as that of `yuksu prepare`. */
const faultStatus = 2

export function registerProfile(program: Command): void {
  const command = program
    .command('profile')
    .description('lengths, columns, languages, duplicates, topics and frequent terms of rows, with pictures')
    .argument('<files...>', 'files of rows or texts, folders of them, or patterns such as data/*.jsonl')
    .option('--html <file>', 'write the profile as one page with pictures, which shows beginnings of rows')
    .option('--json [file]', 'print one JSON object, or write it to a .json file')
    .option('--column <name>', 'column of the document, found by itself otherwise; repeatable', oneOfSeveral)
    .option('--topic <name>', 'column of topics, found by its name otherwise')
    .option('--tokenizer <model>', 'folder or model on the hub whose tokens are counted')
    .option('--sample <number>', 'documents drawn for terms and topics, 5000 by default', wholeNumber(1))
    .option('--seed <number>', 'decides which', wholeNumber(0))
    .option('--near', 'look for near-duplicates among more than 50,000 rows too')
    .option('--no-near', 'look for none')
    .action(profile)
  examples(
    command,
    'yuksu profile reviews.tsv.gz --html profile.html',
    'yuksu profile train.jsonl dev.jsonl --topic category --tokenizer runs/tickets/model --json profile.json',
  )
}

async function profile(files: readonly string[], options: ProfileCommandOptions): Promise<void> {
  const { html, json, column, ...settings } = options
  // Before the work, and because `--json data.jsonl` would write over what was meant to be read.
  if (typeof json === 'string') {
    if (!json.endsWith('.json'))
      throw new YuksuError(
        'usage',
        `--json writes a file that ends in .json, given ${json}; put files that are read before it`,
      )
    await refuseOther(json, '{"files":', 'a profile')
  }
  if (html !== undefined) await refuseOther(html, '<!doctype html>', 'a page')
  const [{ profileFiles, profilePage, profileLines }, { createProgress }] = await Promise.all([
    import('../data/profile/index.ts'),
    import('../runs/progress.ts'),
  ])
  const progress = createProgress({ label: 'Profiling', unit: 'rows' })
  const report = await interruptible('stopping; nothing is written', (signal) =>
    profileFiles(files, {
      ...settings,
      columns: column,
      signal,
      onProgress: (stage, rows) => progress.update(rows, { stage }),
    }),
  )
  progress.finish()
  for (const { file, detail } of report.faults)
    say(`yuksu: ${detail.includes(file) ? detail : `${file}: ${detail}`}`)
  if (report.unreadable.rows > 0) say(`yuksu: ${report.unreadable.rows} rows could not be read`)
  const { writeFileAtomic } = await import('../formats/atomic-file.ts')
  const encoder = new TextEncoder()
  if (html !== undefined) {
    await writeFileAtomic(html, [encoder.encode(profilePage(report))])
    say(`wrote ${html}`)
  }
  if (typeof json === 'string') {
    await writeFileAtomic(json, [encoder.encode(`${JSON.stringify(report)}\n`)])
    say(`wrote ${json}`)
  }
  if (json === true) printJson(report)
  else process.stdout.write(`${profileLines(report, process.stdout.columns || 100).join('\n')}\n`)
  if (report.faults.length > 0 || report.unreadable.rows > 0) process.exitCode = faultStatus
}

/** Throws `file-exists` where a file is there that is nothing this command wrote. */
async function refuseOther(path: string, beginning: string, what: string): Promise<void> {
  const file = await open(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw new YuksuError('cannot-write', `cannot write ${path}: ${error.message}`)
  })
  if (file === undefined) return
  try {
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(beginning.length) })
    if (bytesRead === 0 || buffer.toString('latin1', 0, bytesRead).toLowerCase() === beginning) return
  } finally {
    await file.close()
  }
  throw new YuksuError(
    'file-exists',
    `${path} is there and no ${what.slice(2)} of this command; give another name`,
  )
}
