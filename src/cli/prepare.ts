import { existsSync } from 'node:fs'
import { readdir, realpath, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Command } from 'commander'
import type { ChatModel } from '../data/augment/chat-model.ts'
import type { PreparationProgress } from '../data/prepare/prepare.ts'
import { YuksuError } from '../errors.ts'
import type { OpenLanguageModel } from '../generate/language-model.ts'
import type { TextEmbedder } from '../models/text-embedder.ts'
import { examples, wholeNumber } from './arguments.ts'
import { interruptible } from './interrupt.ts'
import { printJson, say } from './output.ts'

interface PrepareCommandOptions {
  readonly out: string
  readonly recipe?: string
  readonly threads?: number
  readonly json?: boolean
  readonly print?: boolean
}

/** The exit status where rows were prepared, but not all could be read. */
const faultStatus = 2

export function registerPrepare(program: Command): void {
  const command = program
    .command('prepare')
    .description('clean, filter and deduplicate rows, with every dropped and changed row accounted for')
    .argument('<files...>', 'files, folders or patterns, and key=value to set something of the recipe')
    .requiredOption('--out <folder>', 'where the prepared rows and the report are written')
    .option('--recipe <file>', 'a YAML file with the steps; without it, those that need no training')
    .option(
      '--threads <number>',
      'threads that work on rows; as many as processors by default',
      wholeNumber(1),
    )
    .option('--print', 'print the recipe with every default filled in, and stop')
    .option('--json', 'print one JSON object')
    .action(async (words: string[], options: PrepareCommandOptions) => {
      const [{ loadPreparation }, { stepDefinitions }] = await Promise.all([
        import('../data/prepare/recipe.ts'),
        import('../data/prepare/steps.ts'),
      ])
      const keys = new Set(['columns', 'read', 'seed', 'steps', ...stepDefinitions.map(({ name }) => name)])
      const isOverride = (word: string) => overrideKey(word, keys)
      const files = words.filter((word) => !isOverride(word))
      if (files.length === 0)
        throw new YuksuError('usage', 'no file is given; name files, folders or patterns')
      const recipe = loadPreparation(options.recipe, words.filter(isOverride))
      if (options.print) {
        const { stringify } = await import('yaml')
        const steps = recipe.steps.map(({ name, options }) => ({ [name]: options }))
        if (options.json) printJson({ ...recipe, steps })
        else process.stdout.write(stringify({ ...recipe, steps }))
        return
      }
      const { prepare } = await import('../data/prepare/prepare.ts')
      const { faultLines, summaryLines } = await import('../data/prepare/summary.ts')
      const progress = await progressLine()
      const models = chatModels()
      const embedders = textEmbedders()
      const report = await interruptible('keeping what is done; the same command continues', (signal) =>
        prepare({
          files,
          out: options.out,
          recipe,
          threads: options.threads,
          signal,
          onProgress: progress.show,
          openChatModel: models.open,
          openEmbedder: embedders.open,
        }),
      ).finally(() => {
        progress.end()
        return Promise.all([models.close(), embedders.close()])
      })
      if (report.wasDone) say(`${options.out} already holds this preparation; nothing was done`)
      for (const line of faultLines(report)) say(`yuksu: ${line}`)
      if (options.json) printJson(report)
      else process.stdout.write(`${summaryLines(report, join(options.out, 'report.html')).join('\n')}\n`)
      if (report.faults.length > 0 || report.unreadable.rows > 0) process.exitCode = faultStatus
    })
  examples(
    command,
    "yuksu prepare 'reviews/*.csv.gz' --out prepared",
    'yuksu prepare tickets.jsonl --out prepared --recipe preparation.yaml seed=7',
    "yuksu prepare pairs.tsv --out prepared 'columns.document=[en, ko]' 'steps=[clean, exact-duplicates]'",
  )
}

/** Whether a word sets something of the recipe. A file that is there is one, and so is a path such as `year=2024/a.parquet`. */
function overrideKey(word: string, keys: ReadonlySet<string>): boolean {
  const key = /^([A-Za-z][\w-]*)(?:\.[^=/]+)?=/.exec(word)?.[1]
  if (key === undefined || existsSync(word)) return false
  return keys.has(key) || !/[/*?\\]/.test(word)
}

/** Opens model folders that steps name as chat models, for as long as the command runs. */
function chatModels() {
  const opened: OpenLanguageModel[] = []
  return {
    async open(name: string): Promise<ChatModel | undefined> {
      if (!existsSync(join(name, 'config.json'))) return undefined
      const [{ openLanguageModel }, { languageModelChat }] = await Promise.all([
        import('../generate/language-model.ts'),
        import('../data/augment/language-model-chat.ts'),
      ])
      const model = await openLanguageModel(name)
      opened.push(model)
      return languageModelChat(model, await folderIdentity(name))
    },
    close: async () => void (await Promise.all(opened.map((model) => model.close()))),
  }
}

/** What tells a model folder from what it was before it was written anew: when its files were, and how long they are. */
async function folderIdentity(folder: string): Promise<string> {
  const names = (await readdir(folder)).filter((name) => /\.(?:safetensors|json|jinja|model)$/.test(name))
  const files = await Promise.all(
    names.sort().map(async (name) => {
      const { size, mtimeMs } = await stat(join(folder, name))
      return [name, size, mtimeMs]
    }),
  )
  return JSON.stringify([await realpath(folder), files])
}

/** Opens models that steps name for embeddings, for as long as the command runs. */
function textEmbedders() {
  const opened: TextEmbedder[] = []
  return {
    async open(name: string) {
      const { TextEmbedder } = await import('../models/text-embedder.ts')
      const embedder = await TextEmbedder.open(name)
      opened.push(embedder)
      return (texts: readonly string[]) => embedder.embed(texts)
    },
    close: async () => void (await Promise.all(opened.map((embedder) => embedder.release()))),
  }
}

/** A line for each thing that is done, once that takes more than two seconds. */
async function progressLine() {
  const { createProgress, formatCount, formatDuration } = await import('../runs/progress.ts')
  const quiet = 2000
  let label = ''
  let began = 0
  let last: PreparationProgress | undefined
  let line: ReturnType<typeof createProgress> | undefined
  const end = () => {
    const seconds = (performance.now() - began) / 1000
    line?.finish(`${label}: ${formatCount(last!.done)} ${last!.unit} in ${formatDuration(seconds)}`)
    line = undefined
  }
  const show = (progress: PreparationProgress) => {
    if (progress.label !== label) {
      end()
      label = progress.label
      began = performance.now()
    }
    last = progress
    if (line === undefined && performance.now() - began < quiet) return
    line ??= createProgress({
      label,
      unit: progress.unit,
      stream: process.stderr,
      ...(progress.total !== undefined && { total: progress.total }),
    })
    line.update(progress.done)
  }
  return { show, end }
}
