/**
 * The page `docs/support-matrix.md`: what the code can do, read from its own registries, its fixtures and its tests.
 * `test/docs.test.ts` compares the committed page with it.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { adapt } from '../src/adapters/adapter.ts'
import { lowRank } from '../src/adapters/low-rank.ts'
import * as engine from '../src/engine/index.ts'
import { YuksuError } from '../src/errors.ts'
import { planTensors } from '../src/export/gguf/architecture.ts'
import { architectureOfType } from '../src/export/gguf/architectures.ts'
import { onnxPrograms } from '../src/export/onnx/programs.ts'
import { elementBytes } from '../src/formats/safetensors-header.ts'
import { supportedRowFiles } from '../src/formats/rows.ts'
import { families } from '../src/models/families.ts'
import type { ModelFamily } from '../src/models/family.ts'
import { Model } from '../src/models/model.ts'
import { activations } from '../src/nn/activation.ts'
import { quantizeModel } from '../src/quantize/quantize-model.ts'
import { recipeFields } from '../src/recipes/fields.ts'
import * as training from '../src/train/index.ts'
import type { Objective } from '../src/train/objectives/objective.ts'

const root = resolve(import.meta.dirname, '..')
const operations = join(root, 'src/engine/ops')
const fixtures = join(root, 'src/models/fixtures')

type Configuration = Readonly<Record<string, unknown>>

interface Fixture {
  readonly folder: string
  readonly configuration: Configuration
}

/** What the reference library was asked of a tiny random checkpoint, by the file its answer is in. */
const comparisons = {
  'expected.json': 'logits, loss',
  'gradients.safetensors': 'gradients',
  'adamw.safetensors': 'AdamW steps',
  'generation.json': 'generated ids',
}

function readFixtures(): Fixture[] {
  return readdirSync(fixtures)
    .toSorted()
    .map((name) => join(fixtures, name))
    .filter((folder) => existsSync(join(folder, 'config.json')))
    .map((folder) => ({
      folder,
      configuration: JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')) as Configuration,
    }))
}

/** A configuration of this `model_type`: a fixture's own, or one of the same family under its name. */
function exampleOf(family: ModelFamily, modelType: string): Configuration {
  const found = readFixtures().map(({ configuration }) => configuration)
  const own = found.find((configuration) => configuration.model_type === modelType)
  const kin = found.find((configuration) => family.modelTypes.includes(String(configuration.model_type)))
  const configuration = own ?? kin
  if (configuration === undefined)
    throw new Error(`the family '${family.name}' has no fixture in ${fixtures}`)
  return { ...configuration, model_type: modelType }
}

/** Every objective that `yuksu/train` exports. */
export function objectives(): Objective[] {
  return Object.values(training).filter(
    (value): value is Objective => typeof value === 'object' && 'trace' in value && 'collate' in value,
  )
}

/** The objectives whose loss can be traced, and differentiated, over a model of this type. */
function objectivesOf(family: ModelFamily, json: Configuration): string[] {
  const shape = { batch: 'batch', source: 'source', target: 'target' }
  return objectives()
    .filter((objective) => {
      const model = new Model(family, family.parseConfiguration(json))
      try {
        const { loss, parameters } = objective.trace(model, shape, { training: true, labelSmoothing: 0 })
        return engine.gradients(loss, [...parameters.values()]).length > 0
      } catch {
        return false
      }
    })
    .map(({ name }) => name)
}

/** True where what the family writes as `config.json` is read back as the same configuration. */
function savesItself(family: ModelFamily, json: Configuration): boolean {
  const configuration = family.parseConfiguration(json)
  const again = family.parseConfiguration(family.formatConfiguration(configuration))
  return JSON.stringify(again) === JSON.stringify(configuration)
}

function comparedBy(modelType: string): string {
  const own = readFixtures().filter(({ configuration }) => configuration.model_type === modelType)
  const found = Object.entries(comparisons)
    .filter(([file]) => own.some(({ folder }) => existsSync(join(folder, file))))
    .map(([, what]) => what)
  return found.length === 0 ? 'ours alone: no reference' : found.join(', ')
}

/** What a recipe writes to get a new model of each type. */
function waysToMake(): Map<string, string> {
  const vocabulary = { size: 300, begin: 0, end: 1, padding: 2 }
  const ways = new Map<string, string>()
  for (const name of choices('model.family')) {
    const family = families.find(({ modelTypes }) => modelTypes.includes(name))
    if (family === undefined) throw new Error(`no family has the model type '${name}' that recipes name`)
    for (const copyHead of [false, true]) {
      const configuration = configured(() => family.configure(name, { dropout: 0, copyHead }, vocabulary))
      if (configuration === undefined) continue
      const made = String(family.formatConfiguration(configuration).model_type)
      const way = `\`family: ${name}\`${copyHead ? ', `copyHead: true`' : ''}`
      if (!ways.has(made)) ways.set(made, way)
    }
  }
  return ways
}

/** Undefined where the family refuses: not every one has a copy head. */
function configured<Made>(make: () => Made): Made | undefined {
  try {
    return make()
  } catch (error) {
    if (error instanceof YuksuError) return undefined
    throw error
  }
}

function familyRows(): string[] {
  const ways = waysToMake()
  return families.flatMap((family) =>
    family.modelTypes.map((modelType) => {
      const json = exampleOf(family, modelType)
      const learned = objectivesOf(family, json)
      return row([
        `\`${modelType}\``,
        family.kind,
        'yes',
        mark(savesItself(family, json)),
        mark(learned.length > 0),
        mark(family.kind !== 'encoder'),
        learned.join(', '),
        ways.get(modelType) ?? 'no',
        comparedBy(modelType),
      ])
    }),
  )
}

/** The values that a function does not refuse. */
async function accepted<Value>(
  values: readonly Value[],
  attempt: (value: Value) => unknown,
): Promise<Value[]> {
  const results = await Promise.all(
    values.map(async (value) => {
      try {
        await attempt(value)
        return [value]
      } catch (error) {
        if (error instanceof YuksuError) return []
        throw error
      }
    }),
  )
  return results.flat()
}

/** A tiny model of each type with an adapter, in few bits, with both, and as each export's programs or tensors: what is not refused. */
async function afterTrainingRows(): Promise<string[]> {
  const exportsOf: Record<string, (model: Model, settings: Configuration) => unknown> = {
    GGUF: (model, settings) =>
      planTensors(architectureOfType(String(settings.model_type)), model.specifications),
    ONNX: (model) => onnxPrograms(model),
    safetensors: (model) => model.specifications,
  }
  const rows = families.flatMap((family) => family.modelTypes.map((modelType) => ({ family, modelType })))
  return Promise.all(
    rows.map(async ({ family, modelType }) => {
      const json = exampleOf(family, modelType)
      const configuration = family.parseConfiguration(json)
      const make = () => new Model(family, configuration).initialize(1)
      const adapters = await accepted(['LoRA'], () =>
        adapt(make(), lowRank({ rank: 1, alpha: 1, targets: 'all-linear' })),
      )
      const storages = await accepted(['int8', 'int4', 'nf4'] as const, (format) =>
        quantizeModel(make(), { format }),
      )
      const trained = await accepted(storages, async (format) =>
        adapt(await quantizeModel(make(), { format }), lowRank({ rank: 1, alpha: 1, targets: 'all-linear' })),
      )
      const formats = await accepted(Object.keys(exportsOf), (name) =>
        exportsOf[name]!(make(), family.formatConfiguration(configuration)),
      )
      return row([
        `\`${modelType}\``,
        list(adapters),
        ['f32', ...storages].join(', '),
        list(trained),
        list(formats),
      ])
    }),
  )
}

function list(names: readonly string[]): string {
  return names.length === 0 ? 'no' : names.join(', ')
}

interface Operation {
  readonly name: string
  /** The file in `src/engine/ops`, without its ending. */
  readonly file: string
  readonly gradient: boolean
  readonly tested: boolean
}

/** Says so itself, or records no node of its own and has the gradients of the operations it is made of. */
function hasGradient(source: string): boolean {
  const records = /\b(?:record|recordOne|unaryOperation|broadcastOperation)\(/.test(source)
  return /\bgradient\s*[:(]/.test(source) || !records
}

/** Every operation that `yuksu/engine` exports, with what its file says of it. */
export function engineOperations(): Operation[] {
  const index = readFileSync(join(root, 'src/engine/index.ts'), 'utf8')
  return [...index.matchAll(/export \{([^}]+)\} from '\.\/ops\/([^']+)\.ts'/g)].flatMap(([, names, file]) => {
    const source = readFileSync(join(operations, `${file!}.ts`), 'utf8')
    const tested = existsSync(join(operations, `${file!}.test.ts`))
    return names!
      .split(',')
      .map((name) => name.trim())
      .filter((name) => !name.startsWith('type ') && typeof Reflect.get(engine, name) === 'function')
      .map((name) => ({ name, file: file!, gradient: hasGradient(source), tested }))
  })
}

/** The values that a key of a recipe may have. */
function choices(path: string): string[] {
  const field = recipeFields().find((field) => field.path === path)
  const found = /^one of (.+)$/.exec(field?.expected ?? '')
  if (found === null) throw new Error(`the recipe has no key '${path}' with a list of values`)
  return found[1]!.split(', ')
}

function mark(yes: boolean): string {
  return yes ? 'yes' : 'no'
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}

function table(heading: readonly string[], rows: readonly string[]): string[] {
  return [row(heading), row(heading.map(() => '---')), ...rows, '']
}

function coded(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ')
}

/** The whole page. */
export async function supportMatrix(): Promise<string> {
  const others = Object.keys(elementBytes).filter((type) => !['F32', 'F16', 'BF16'].includes(type))
  return [
    '# Support matrix',
    '',
    'This page is generated by `scripts/support-matrix.ts` from the registries, fixtures and tests of the code. Write it anew',
    'with `npx vitest run test/docs.test.ts -u`.',
    '',
    '## Model families',
    '',
    'By the `model_type` of `config.json`. *Train* means that the loss of the listed objectives is traced and differentiated',
    'over a tiny model of the type; *new by a recipe*, what `model` says to start one from nothing; *equal to transformers*,',
    'what is compared with the reference implementation on tiny random checkpoints (`oracles/models.py`).',
    '',
    ...table(
      [
        'model type',
        'kind',
        'load',
        'save',
        'train',
        'generate',
        'objectives',
        'new by a recipe',
        'equal to transformers',
      ],
      familyRows(),
    ),
    '### With adapters, in few bits, and as files of others',
    '',
    'What is not refused of a tiny model of each type. *Adapters over few bits* are what QLoRA is. That they compute what they should',
    'is tested beside their sources and, for every family, in `src/train/every-family.test.ts` and the tests of `src/export`; an',
    'architecture of llama.cpp has limits of its own, which [export.md](export.md) tells.',
    '',
    ...table(
      ['model type', 'adapters', 'weights in', 'adapters over few bits', 'exports'],
      await afterTrainingRows(),
    ),
    `Activations: ${coded(Object.keys(activations))}.`,
    '',
    '## Operations of the engine',
    '',
    'From `yuksu/engine`. Where there is no gradient, nothing flows back: the operation is for inputs, masks, decoding, or is',
    'part of the gradient of another. The test compares values, and gradients by finite differences, with a plain reference.',
    '',
    ...table(
      ['operation', 'gradient', 'test of its own'],
      engineOperations().map(({ name, file, gradient, tested }) =>
        row([
          `[\`${name}\`](../src/engine/ops/${file}.ts)`,
          mark(gradient),
          tested ? `[yes](../src/engine/ops/${file}.test.ts)` : 'no',
        ]),
      ),
    ),
    '## Tokenizers',
    '',
    ...table(
      ['', ''],
      [
        row([
          'train',
          `${coded(choices('tokenizer.kind'))}: byte-level byte pair encoding, written as \`tokenizer.json\``,
        ]),
        row([
          'encode and decode',
          '`tokenizer.json` with byte-level or SentencePiece-like BPE, Unigram, WordPiece or whole words; a part that is not known is refused by its name',
        ]),
      ],
    ),
    '## Files',
    '',
    ...table(
      ['what', 'read', 'write'],
      [
        row(['rows', supportedRowFiles.replaceAll(/\.\w+/g, '`$&`'), '`.jsonl`']),
        row([
          'safetensors',
          `F32, F16 and BF16 as values, ${others.join(', ')} as bytes; one file or shards with an index`,
          'one file or shards; models in F32, F16 or BF16',
        ]),
        row([
          'model folder',
          '`config.json`, `model.safetensors`, `tokenizer.json`, `generation_config.json`',
          'the same',
        ]),
      ],
    ),
    '## Recipes',
    '',
    ...table(
      ['key', 'values'],
      [
        'train.objective',
        'train.schedule',
        'train.metricForBestModel',
        'model.family',
        'model.activation',
        'evaluation.language',
      ].map((path) => row([`\`${path}\``, coded(choices(path))])),
    ),
    'Every other key is in [recipes.md](recipes.md).',
    '',
  ].join('\n')
}
