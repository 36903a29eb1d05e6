import { type Command, InvalidArgumentError, Option } from 'commander'
import { YuksuError } from '../errors.ts'
import type { LayerRange, MergeMethod, WeightType } from '../merge/index.ts'
import { anyNumber, examples, wholeNumber } from './arguments.ts'
import { printJson, say } from './output.ts'

/** What `merge-tensors.ts` and `write-merged.ts` know, which are loaded only when they are used. */
const methods: readonly MergeMethod[] = ['linear', 'slerp', 'task-arithmetic', 'ties', 'dare', 'dare-ties']
const types: readonly WeightType[] = ['f32', 'f16', 'bf16']

interface MergeCommandOptions {
  readonly out: string
  readonly method?: MergeMethod
  readonly base?: string
  readonly weights?: readonly number[]
  readonly t?: number
  readonly density?: number
  readonly scale?: number
  readonly seed?: number
  readonly upscale?: readonly LayerRange[] | true
  readonly type?: WeightType
  readonly json?: boolean
}

export function registerMerge(program: Command): void {
  const command = program
    .command('merge')
    .description('make one model of several of the same shape, or a deeper one of the layers of one')
    .argument('<models...>', 'model folders, or names on the hub')
    .requiredOption('--out <folder>', 'where the new model is written')
    .addOption(
      new Option('--method <name>', 'how numbers of several models become one, linear by default').choices(
        methods,
      ),
    )
    .option('--base <model>', 'the model that the others were trained from, for all but linear and slerp')
    .option('--weights <numbers>', 'how much each model counts, such as 0.3,0.7; alike by default', numbers)
    .option(
      '--t <number>',
      'how far slerp goes from the first model to the second, 0.5 by default',
      anyNumber,
    )
    .option(
      '--density <share>',
      'of a task vector, what is kept: 0.2 of ties and 0.1 of dare by default',
      anyNumber,
    )
    .option('--scale <number>', 'what merged task vectors are multiplied by, 1 by default', anyNumber)
    .option('--seed <number>', 'what dare draws from', wholeNumber(0))
    .option(
      '--upscale [ranges]',
      'a deeper model of these layers of one, such as 0-23,8-31; all but the last quarter and all but the first by default',
      layerRanges,
    )
    .addOption(
      new Option('--type <name>', 'numbers of the weights, by default as the first model has them').choices(
        types,
      ),
    )
    .option('--json', 'print one JSON object')
    .action(async (models: string[], options: MergeCommandOptions) => {
      const report =
        options.upscale === undefined ? await merge(models, options) : await upscale(models, options)
      if (options.json) printJson(report)
      else
        say(`wrote ${report.out}: ${report.parameters.toLocaleString('en-US')} parameters in ${report.type}`)
    })
  examples(
    command,
    'yuksu merge runs/a/model runs/b/model --method slerp --t 0.4 --out merged',
    'yuksu merge runs/a/model runs/b/model --base pretrained --method ties --density 0.2 --out merged',
    'yuksu merge pretrained --upscale 0-23,8-31 --out deeper',
  )
}

async function merge(models: readonly string[], options: MergeCommandOptions) {
  const { mergeModels } = await import('../merge/index.ts')
  const { method = 'linear', base, json: _json, upscale: _upscale, ...settings } = options
  const folders = await resolveAll(models)
  const [baseFolder] = base === undefined ? [] : await resolveAll([base])
  return withProgress('merging', (onProgress) =>
    mergeModels(folders, { ...settings, method, base: baseFolder, onProgress }),
  )
}

async function upscale(models: readonly string[], options: MergeCommandOptions) {
  const { out, type, json: _json, upscale: ranges, ...others } = options
  const [other] = Object.keys(others)
  if (other !== undefined || models.length !== 1) {
    throw new YuksuError(
      'usage',
      other === undefined
        ? `--upscale makes a deeper model of one, given ${models.length}; give one model`
        : `--upscale takes no --${other}; leave one of the two out`,
    )
  }
  const { upscaleModel } = await import('../merge/index.ts')
  const [folder] = await resolveAll(models)
  return withProgress('writing', (onProgress) =>
    upscaleModel(folder!, { out, type, onProgress, ranges: ranges === true ? undefined : ranges }),
  )
}

async function resolveAll(models: readonly string[]): Promise<string[]> {
  const { resolveModelShown } = await import('../runs/resolve-shown.ts')
  const folders: string[] = []
  for (const model of models) folders.push(await resolveModelShown(model))
  return folders
}

/** Shows how many tensors are written, on stderr. */
async function withProgress<Result>(
  label: string,
  work: (onProgress: (written: number, total: number) => void) => Promise<Result>,
): Promise<Result> {
  const { createProgress } = await import('../runs/progress.ts')
  let progress: ReturnType<typeof createProgress> | undefined
  const result = await work((written, total) => {
    progress ??= createProgress({ label, total, unit: 'tensors', stream: process.stderr })
    progress.update(written)
  })
  progress?.finish()
  return result
}

/** Parses `0.3,0.7`. */
function numbers(text: string): number[] {
  return text.split(',').map(anyNumber)
}

/** Parses `0-23,8-31`. */
function layerRanges(text: string): LayerRange[] {
  return text.split(',').map((part) => {
    const found = /^\s*(\d+)(?:-(\d+))?\s*$/.exec(part)
    if (found === null) throw new InvalidArgumentError('Expected ranges of layers such as 0-23,8-31.')
    return [Number(found[1]), Number(found[2] ?? found[1])]
  })
}
