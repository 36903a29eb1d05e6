import { statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import type { ProductPrecision } from '../engine/product-precisions.ts'
import { YuksuError } from '../errors.ts'
import type { GenerationOptions } from '../generate/options.ts'
import type { Summarizer } from '../recipes/generate-file.ts'
import { anyNumber, examples, optionNamedNo, productsOption, wholeNumber } from './arguments.ts'
import { interruptible } from './interrupt.ts'
import { printJson, say } from './output.ts'

/** What the command needs; the model's own generation settings hold where an option is not given. */
export interface SummarizerModule {
  openSummarizer(
    folder: string,
    options?: { readonly precision?: ProductPrecision },
  ): Promise<Summarizer<GenerationOptions> & { close(): Promise<void> }>
}

interface GenerateOptions {
  prompt?: string
  input?: string
  output?: string
  column: string
  batchSize: number
  json?: boolean
  beams?: number
  lengthPenalty?: number
  noRepeatNgramSize?: number
  repetitionPenalty?: number
  maxNewTokens?: number
  minNewTokens?: number
  sample?: boolean
  temperature?: number
  topK?: number
  topP?: number
  seed?: number
  products?: ProductPrecision
}

export function registerGenerate(program: Command, load: () => Promise<SummarizerModule>): void {
  const command = program
    .command('generate')
    .description('write a text for a prompt, or a prediction for every row of a file')
    .argument('<model>', 'a model folder, or a name on the hub: organization/model[@revision]')
    .option('--prompt <text>', 'text to answer; - reads it from stdin')
    .option('--input <file>', 'rows: .jsonl, .json, .csv or .tsv, each also with .gz')
    .option('--column <name>', 'column that the model reads', 'dialogue')
    .option(
      '--output <file>',
      'a .jsonl file for the rows with their prediction; one that was interrupted continues',
    )
    .option('--batch-size <number>', 'rows written at a time', wholeNumber(1), 16)
    .option('--beams <number>', 'beams of a beam search; 1 is greedy', wholeNumber(1))
    .option('--length-penalty <number>', 'above 0 favours long answers of a beam search', anyNumber)
    .addOption(
      optionNamedNo('--no-repeat-ngram-size <number>', 'no n-gram of this size occurs twice', wholeNumber(0)),
    )
    .option('--repetition-penalty <number>', 'above 1 makes tokens that occurred less likely', anyNumber)
    .option('--max-new-tokens <number>', 'longest answer', wholeNumber(1))
    .option('--min-new-tokens <number>', 'shortest answer', wholeNumber(0))
    .option('--sample', 'draw tokens at random; so do the next four options')
    .option('--temperature <number>', 'below 1 sharper, above 1 flatter', anyNumber)
    .option('--top-k <number>', 'draw from the k likeliest tokens', wholeNumber(0))
    .option('--top-p <number>', 'draw from the likeliest tokens that together reach this mass', anyNumber)
    .option('--seed <number>', 'makes drawing repeatable', wholeNumber(0))
    .addOption(productsOption())
    .option('--json', 'print one JSON object')
    .action(async (nameOrFolder: string, options: GenerateOptions) => {
      const generation = toGenerationOptions(options)
      const work = options.prompt === undefined ? rowsOf(options) : undefined
      if (work === undefined && (options.input !== undefined || options.output !== undefined))
        throw new YuksuError('usage', '--prompt and --input were both given; give one of the two')
      const [{ openSummarizer }, { resolveModelShown }] = await Promise.all([
        load(),
        import('../runs/resolve-shown.ts'),
      ])
      const folder = await resolveModelShown(nameOrFolder)
      const summarizer = await openSummarizer(folder, options.products && { precision: options.products })
      try {
        await interruptible('finishing this batch; the same command continues', async (signal) => {
          if (!work) await answerPrompt(summarizer, options, generation, signal)
          else await answerRows(summarizer, folder, { ...options, ...work }, generation, signal)
        })
      } finally {
        await summarizer.close()
      }
    })
  examples(
    command,
    'yuksu generate runs/dialogue-summarization/model --prompt "#Person1#: Are you coming? #Person2#: At eight."',
    'yuksu generate runs/dialogue-summarization/model --input rows.jsonl --column dialogue --output out.jsonl --beams 4',
  )
}

async function answerPrompt(
  summarizer: Summarizer<GenerationOptions>,
  options: GenerateOptions,
  generation: GenerationOptions,
  signal: AbortSignal,
): Promise<void> {
  const prompt = options.prompt === '-' ? await readStandardInput() : options.prompt!
  if (prompt.trim() === '')
    throw new YuksuError('empty-prompt', 'the prompt is empty; give some text with --prompt')
  const [text] = await summarizer.summarize([prompt], generation, signal)
  if (options.json) printJson({ prompt, text })
  else process.stdout.write(`${text}\n`)
}

async function readStandardInput(): Promise<string> {
  const { text } = await import('node:stream/consumers')
  return (await text(process.stdin)).trimEnd()
}

async function answerRows(
  summarizer: Summarizer<GenerationOptions>,
  folder: string,
  options: GenerateOptions & { input: string; output: string },
  generation: GenerationOptions,
  signal: AbortSignal,
): Promise<void> {
  const { input, output, column, batchSize } = options
  const { generateFile } = await import('../recipes/generate-file.ts')
  const settings = {
    model: resolve(folder),
    weights: weightsOf(folder),
    column,
    options: generation,
    ...(options.products && { products: options.products }),
  }
  const result = await generateFile({
    input,
    output,
    column,
    batchSize,
    summarizer,
    options: generation,
    settings,
    signal,
  })
  if (result.empty > 0) say(`yuksu: ${result.empty} rows have an empty ${column}; so is their prediction`)
  if (options.json) printJson({ output, ...result })
  else
    say(`${result.rows} rows are in ${output}${result.resumed > 0 ? `, ${result.resumed} from before` : ''}`)
}

function rowsOf(options: GenerateOptions): { input: string; output: string } {
  const { input, output } = options
  if (input === undefined)
    throw new YuksuError('usage', 'nothing to answer; give --prompt TEXT, or --input and --output')
  if (output === undefined)
    throw new YuksuError('usage', '--input needs --output, a .jsonl file for the predictions')
  return { input, output }
}

function toGenerationOptions(options: GenerateOptions): GenerationOptions {
  const { temperature, topK, topP, seed } = options
  const draws = options.sample || [temperature, topK, topP, seed].some((value) => value !== undefined)
  const all: GenerationOptions = {
    numBeams: options.beams,
    lengthPenalty: options.lengthPenalty,
    noRepeatNgramSize: options.noRepeatNgramSize,
    repetitionPenalty: options.repetitionPenalty,
    maxNewTokens: options.maxNewTokens,
    minNewTokens: options.minNewTokens,
    doSample: draws ? true : undefined,
    temperature,
    topK,
    topP,
    seed,
  }
  return Object.fromEntries(
    Object.entries(all).filter(([, value]) => value !== undefined),
  ) as GenerationOptions
}

/** Tells one training of a folder's model from the next without reading the weights. */
function weightsOf(folder: string): { bytes: number; modified: string } | undefined {
  try {
    const { size, mtime } = statSync(join(folder, 'model.safetensors'))
    return { bytes: size, modified: mtime.toISOString() }
  } catch {
    // Weights in several files; the model's folder alone names it then.
    return undefined
  }
}
