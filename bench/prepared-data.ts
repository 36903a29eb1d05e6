/**
 * What preparation is worth: the same small language model trained on the rows of a file as they are and as `yuksu prepare` leaves them, compared by
 * bits per character on held-out rows.
 *
 *     npm run bench prepared-data -- FILE ['steps=[clean]' …] --column review --out FOLDER [--recipe FILE] [--steps 1500] [--products bfloat16] [--seeds 1,2] [--sets raw,prepared]
 *
 * One row in fifty is held out, by a hash of its text; rows of the rest whose letters are those of a held-out one are left out of both sets. Each
 * set has a tokenizer of its own of 8,000 tokens, made as the other's. Each model takes the same number of steps of 16 × 256 tokens. Held-out rows
 * are judged as they are and prepared by the same recipe; what preparation drops of them is in neither. A byte-level tokenizer can write every text, so that bits
 * per character are comparable: the cost of a text and its end, over its characters and one.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { loadPreparation } from '../src/data/prepare/recipe.ts'
import { prepare } from '../src/data/prepare/prepare.ts'
import { readRows } from '../src/formats/rows.ts'
import { familyOfType } from '../src/models/families.ts'
import { Model } from '../src/models/model.ts'
import { randomStream } from '../src/random.ts'
import { trainByteLevelBpe } from '../src/tokenizers/byte-level-bpe.ts'
import type { Tokenizer } from '../src/tokenizers/tokenizer.ts'
import { causal } from '../src/train/objectives/causal.ts'
import type { Example } from '../src/train/objectives/objective.ts'
import { adamw } from '../src/train/optimizers/adamw.ts'
import { learningRate } from '../src/train/schedule.ts'
import { TrainingStep, type TrainingStepOptions } from '../src/train/training-step.ts'
import { ValidationLoss } from '../src/train/validation-loss.ts'

const { values: given, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    column: { type: 'string', default: 'text' },
    out: { type: 'string' },
    recipe: { type: 'string' },
    steps: { type: 'string', default: '1500' },
    products: { type: 'string', default: 'float32' },
    seeds: { type: 'string', default: '1' },
    sets: { type: 'string', default: 'raw,prepared' },
  },
})
const [file, ...overrides] = positionals
if (file === undefined || given.out === undefined)
  throw new Error('give a file of rows, --column with its text and --out with a folder')

const heldOutShare = 50
const vocabularySize = 8000
const [batch, length] = [16, 256]
const out = given.out
const steps = Number(given.steps)

/** The letters of a text alone, by which rows are the same. */
const lettersOf = (text: string) =>
  text
    .normalize('NFC')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]/gu, '')

function hash(text: string): number {
  let state = 0x811c9dc5
  for (let index = 0; index < text.length; index++)
    state = Math.imul(state ^ text.charCodeAt(index), 0x01000193) >>> 0
  return (state ^ (state >>> 15)) >>> 0
}

async function readColumn(path: string, column: string): Promise<string[]> {
  const texts: string[] = []
  for await (const row of readRows(path)) {
    const value = 'values' in row ? row.values[column] : undefined
    if (typeof value === 'string' && value.trim() !== '') texts.push(value)
  }
  return texts
}

const lines = (texts: readonly string[]) => texts.map((text) => `${JSON.stringify({ text })}\n`).join('')

async function prepared(name: string, texts: readonly string[]): Promise<string[]> {
  const path = join(out, `${name}.jsonl`)
  writeFileSync(path, lines(texts))
  const recipe = loadPreparation(given.recipe, ['columns.text=text', 'columns.document=text', ...overrides])
  const folder = join(out, `prepared-${name}`)
  const report = await prepare({ files: [path], out: folder, recipe })
  console.log(
    `${name}: ${report.rowsIn} rows, ${report.rowsOut} prepared; ${report.steps
      .map((step) => `${step.name} changed ${step.changed}, dropped ${step.dropped}`)
      .join('; ')}`,
  )
  return readFileSync(join(folder, `${name}.jsonl`), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => (JSON.parse(line) as { text: string }).text)
}

/** Windows of one token more than is predicted, over the texts in random order with an end between them. */
function windowsOf(texts: readonly string[], tokenizer: Tokenizer, end: number, seed: number): Int32Array[] {
  const tokens: number[] = [end]
  for (const text of randomStream(seed, 0).shuffled(texts)) {
    for (const token of tokenizer.encode(text)) tokens.push(token)
    tokens.push(end)
  }
  const count = Math.floor((tokens.length - 1) / length)
  return Array.from({ length: count }, (_, index) =>
    Int32Array.from(tokens.slice(index * length, (index + 1) * length + 1)),
  )
}

async function bitsPerCharacter(model: Model, texts: readonly string[], tokenizer: Tokenizer, end: number) {
  const examples: Example[] = texts.map((text) => ({
    source: new Int32Array(0),
    target: Int32Array.from([end, ...tokenizer.encode(text).slice(0, length - 1), end]),
  }))
  const validation = new ValidationLoss(model, causal, examples)
  const mean = (await validation.measure())!
  await validation.release()
  const tokens = examples.reduce((total, { target }) => total + target.length - 1, 0)
  const characters = texts.reduce((total, text) => total + [...text].length + 1, 0)
  return (mean * tokens) / Math.LN2 / characters
}

async function train(name: string, texts: readonly string[], seed: number) {
  const tokenizer = await trainByteLevelBpe(texts, {
    vocabularySize,
    minimumFrequency: 2,
    specialTokens: ['<s>', '</s>', '<pad>'],
  })
  const end = tokenizer.tokenToId('</s>')!
  const family = familyOfType('llama', 'the experiment')
  const configuration = family.configure(
    'llama',
    {
      width: 256,
      decoderLayers: 4,
      heads: 4,
      feedForwardWidth: 704,
      maxPositions: length,
      tieEmbeddings: true,
      dropout: 0,
    },
    { size: tokenizer.vocabularySize, begin: 0, end, padding: 2 },
  )
  const model = new Model(family, configuration).initialize(seed)
  const step = new TrainingStep(model, causal, {
    seed,
    labelSmoothing: 0,
    maxGradientNorm: 1,
    optimizer: adamw({ beta1: 0.9, beta2: 0.98, epsilon: 1e-8, weightDecay: 0.05 }),
    products: given.products as NonNullable<TrainingStepOptions['products']>,
  })
  let windows: Int32Array[] = []
  let pass = 0
  let sum = 0
  for (let index = 1; index <= steps; index++) {
    if (windows.length < batch)
      windows = [...windows, ...windowsOf(texts, tokenizer, end, seed + 1000 * pass++)]
    const examples = windows.splice(0, batch).map((target) => ({ source: new Int32Array(0), target }))
    const rate = learningRate({ kind: 'cosine', peak: 1e-3, warmupSteps: 100, totalSteps: steps }, index)
    sum += (await step.run([examples], index, rate)).loss
    if (index % 100 === 0) {
      console.log(
        `${name}, seed ${seed}: step ${index} of ${steps}, pass ${pass}, loss ${(sum / 100).toFixed(3)} a token`,
      )
      sum = 0
    }
  }
  await step.release()
  return { model, tokenizer, end, pass }
}

mkdirSync(out, { recursive: true })
const all = await readColumn(file, given.column)
const heldOut = all.filter((text) => hash(lettersOf(text)) % heldOutShare === 0)
const letters = new Set(heldOut.map(lettersOf))
const rest = all.filter((text) => !letters.has(lettersOf(text)))
console.log(`${all.length} rows: ${heldOut.length} held out, ${rest.length} to train on`)
const sets = { raw: rest, prepared: await prepared('rest', rest) }
const judged = { 'as they are': heldOut, prepared: await prepared('held-out', heldOut) }
const characters = (texts: readonly string[]) => texts.reduce((total, text) => total + [...text].length, 0)
for (const [name, texts] of Object.entries(sets))
  console.log(`${name}: ${texts.length} rows, ${(characters(texts) / 1e6).toFixed(2)} million characters`)
const results: { set: string; seed: number; on: string; bits: number }[] = []
for (const seed of given.seeds.split(',').map(Number)) {
  for (const [set, texts] of Object.entries(sets).filter(([name]) => given.sets.split(',').includes(name))) {
    const { model, tokenizer, end } = await train(set, texts, seed)
    for (const [on, held] of Object.entries(judged)) {
      const bits = await bitsPerCharacter(model, held, tokenizer, end)
      results.push({ set, seed, on, bits })
      console.log(
        `trained on ${set}, seed ${seed}: ${bits.toFixed(4)} bits a character on held-out rows ${on}`,
      )
    }
  }
}
writeFileSync(join(out, 'results.json'), `${JSON.stringify(results, null, 2)}\n`)
