import { z } from 'zod'
import { YuksuError } from '../../errors.ts'
import { randomBits } from '../../random.ts'
import type { CorpusContext, CorpusPlan, CorpusStepDefinition, RowSource } from '../step.ts'
import { contentHash } from './content-hash.ts'
import { rowSizer, sizeUnits } from './row-size.ts'
import { mixtureSize, normalizedShares, temperatureShares } from './shares.ts'
import { nameOfSource, patternsOf } from './sources-of-rows.ts'

/** Different sources that there may be, so that a column of free text is not taken for one of sources. */
const mostSources = 10_000

const options = z
  .strictObject({
    column: z
      .string()
      .min(1)
      .optional()
      .describe('Column whose value is the source of a row; without it, its file is.'),
    weights: z
      .record(z.string().min(1), z.number().gt(0))
      .optional()
      .describe(
        'How much of the mixture each source is, by its name or a pattern (`reviews*`, `*`), of files by the last parts of their path; all are divided by their sum. Of several patterns the first that fits counts, and sources of one pattern are one. Every source must fit one.',
      ),
    temperature: z
      .number()
      .gt(0)
      .optional()
      .describe(
        'Without weights: shares in proportion to p^(1/T) of a source with the share p. 1 (the default) keeps the shares that there are, higher evens them out (multilingual models take 1.4 to 5).',
      ),
    unit: z
      .enum(sizeUnits)
      .default('rows')
      .describe('What shares, caps and the total count: rows, characters or tokens of the document.'),
    tokenizer: z.string().min(1).optional().describe('Folder or model whose tokenizer counts tokens.'),
    caps: z
      .record(z.string().min(1), z.number().gt(0))
      .default({})
      .describe('The most of a source that is used, by name or pattern; the rest is dropped first.'),
    total: z
      .number()
      .gt(0)
      .optional()
      .describe('How much the mixture is to hold; without it, as much as there is after the caps.'),
    maximumRepetition: z
      .number()
      .min(1)
      .default(4)
      .describe(
        'How often a row may come at most. Where a share would need more, the whole mixture becomes smaller, so that the shares hold; up to four times is about as good as new text (Muennighoff et al. 2023).',
      ),
    shuffle: z
      .boolean()
      .default(true)
      .describe('Put the rows in a random order that does not depend on the one they come in.'),
  })
  .refine(({ weights, temperature }) => weights === undefined || temperature === undefined, {
    error: 'is for shares by size, and weights are given; leave one of the two out',
    path: ['temperature'],
  })
  .refine(({ unit, tokenizer }) => unit !== 'tokens' || tokenizer !== undefined, {
    error: 'is needed to count tokens; give the folder of a model',
    path: ['tokenizer'],
  })

export type MixOptions = z.infer<typeof options>

/** What is known of the rows: a few numbers each. */
interface Measured {
  readonly names: readonly string[]
  readonly sourceOf: Uint16Array
  readonly sizes: Float64Array
  readonly hashes: Float64Array
}

async function measure(rows: RowSource, settings: MixOptions, context: CorpusContext): Promise<Measured> {
  const column = settings.column?.normalize('NFC')
  const sizeOf = await rowSizer(settings.unit, settings.tokenizer)
  const numbers = new Map<string, number>()
  const sourceOf = new Uint16Array(rows.count)
  const sizes = new Float64Array(rows.count)
  const hashes = new Float64Array(rows.count)
  for await (const row of rows) {
    const { index } = row
    if (index % 1000 === 0) {
      context.signal?.throwIfAborted()
      context.progress('measuring sources', index)
    }
    const name = nameOfSource(row, column)
    let number = numbers.get(name)
    if (number === undefined) {
      if (numbers.size === mostSources)
        throw new YuksuError(
          'too-many-sources',
          `the column ${settings.column} has more than ${mostSources} values; name one that tells sources apart`,
        )
      numbers.set(name, (number = numbers.size))
    }
    sourceOf[index] = number
    sizes[index] = sizeOf(row)
    hashes[index] = contentHash(context.seed, 'mix', row.values)
  }
  return { names: [...numbers.keys()], sourceOf, sizes, hashes }
}

/** Rows that share one weight, those of the lowest hash first. */
interface Pool {
  readonly name: string
  readonly rows: Uint32Array
  /** How many of the rows are within the cap, and what they come to. */
  within: number
  size: number
}

function poolsOf({ names, sourceOf, hashes, sizes }: Measured, settings: MixOptions): Pool[] {
  const isFile = settings.column === undefined
  const { weights, caps } = settings
  const ofWeights: readonly (string | undefined)[] =
    weights === undefined ? names : patternsOf(names, Object.keys(weights), isFile)
  const lost = ofWeights.indexOf(undefined)
  if (lost >= 0)
    throw new YuksuError(
      'source-without-weight',
      `the source ${JSON.stringify(names[lost])} has no weight; give it one, or one to '*' for all others`,
    )
  const labels = [...new Set(ofWeights as string[])]
  const poolOf = Int32Array.from(ofWeights as string[], (label) => labels.indexOf(label))
  const counts = new Uint32Array(labels.length)
  for (const source of sourceOf) counts[poolOf[source]!]!++
  const pools = labels.map((name, pool): Pool => ({
    name,
    rows: new Uint32Array(counts[pool]!),
    within: 0,
    size: 0,
  }))
  const filled = new Uint32Array(labels.length)
  for (const [index, source] of sourceOf.entries()) {
    const pool = poolOf[source]!
    pools[pool]!.rows[filled[pool]!++] = index
  }
  const capNames = Object.keys(caps)
  const capOf = patternsOf(labels, capNames, isFile)
  for (const [number, pool] of pools.entries()) {
    pool.rows.sort((a, b) => hashes[a]! - hashes[b]! || a - b)
    const cap = capOf[number] === undefined ? Infinity : caps[capOf[number]]!
    pool.within = firstOf(pool.rows, sizes, cap)
    for (let at = 0; at < pool.within; at++) pool.size += sizes[pool.rows[at]!]!
  }
  return pools
}

/** How many of the first rows come to at most `room`. */
function firstOf(rows: Uint32Array, sizes: Float64Array, room: number): number {
  let sum = 0
  for (const [at, row] of rows.entries()) {
    sum += sizes[row]!
    // A rounding error is no row too many.
    if (sum > room * (1 + 1e-12)) return at
  }
  return rows.length
}

/** How often each row of a pool comes, so that they come to `target`: the difference is less than a row. */
function copiesOf(pool: Pool, sizes: Float64Array, target: number, copies: Uint32Array): void {
  if (pool.size === 0) return
  const whole = Math.floor(target / pool.size + 1e-9)
  const rest = target - whole * pool.size
  const within = pool.rows.subarray(0, pool.within)
  let more = firstOf(within, sizes, rest)
  // The row that goes over the target is taken where it is nearer to it with the row than without.
  let sum = 0
  for (let at = 0; at < more; at++) sum += sizes[within[at]!]!
  if (more < within.length && sum + sizes[within[more]!]! / 2 < rest) more++
  for (const [at, row] of within.entries()) copies[row] = whole + (at < more ? 1 : 0)
}

async function plan(rows: RowSource, settings: MixOptions, context: CorpusContext): Promise<CorpusPlan> {
  const measured = await measure(rows, settings, context)
  const { sizes, hashes } = measured
  const pools = poolsOf(measured, settings)
  const available = pools.map(({ size }) => size)
  const shares =
    settings.weights === undefined
      ? temperatureShares(available, settings.temperature ?? 1)
      : normalizedShares(pools.map(({ name }) => settings.weights![name]!))
  const { total, limitedBy } = mixtureSize(available, shares, settings.maximumRepetition, settings.total)
  const copies = new Uint32Array(rows.count)
  const poolOfRow = new Uint16Array(rows.count)
  const overCap = new Uint8Array(rows.count)
  for (const [number, pool] of pools.entries()) {
    copiesOf(pool, sizes, shares[number]! * total, copies)
    for (const [at, row] of pool.rows.entries()) {
      poolOfRow[row] = number
      overCap[row] = at < pool.within ? 0 : 1
    }
  }
  const figures: Record<string, number | string> = {
    sources: pools.length,
    unit: settings.unit,
    total: Math.round(total),
    ...(limitedBy !== undefined && { limitedBy: pools[limitedBy]!.name }),
  }
  for (const [number, { name, size }] of pools.entries()) {
    figures[`share of ${name}`] = Number(shares[number]!.toFixed(6))
    figures[`repetition of ${name}`] = size === 0 ? 0 : Number(((shares[number]! * total) / size).toFixed(4))
  }
  return {
    outcome(index) {
      if (copies[index]! > 0) return undefined
      const pool = poolOfRow[index]!
      const evidence = { source: pools[pool]!.name, share: Number(shares[pool]!.toFixed(6)) }
      return { drop: overCap[index] === 1 ? 'over-cap' : 'sampled-out', evidence }
    },
    order: orderOf(copies, hashes, settings.shuffle, context.seed),
    figures,
  }
}

/** The rows as often as they come: as they stand, or in an order that their content and the seed decide. */
function orderOf(copies: Uint32Array, hashes: Float64Array, shuffle: boolean, seed: number): Uint32Array {
  const count = copies.reduce((sum, times) => sum + times, 0)
  const rows = new Uint32Array(count)
  const keys = new Float64Array(count)
  let at = 0
  for (const [row, times] of copies.entries()) {
    for (let copy = 0; copy < times; copy++) {
      rows[at] = row
      // 52 bits: the hash decides where two draws are the same.
      keys[at++] = randomBits(seed, copy, hashes[row]!) * 2 ** 20 + Math.floor(hashes[row]! / 2 ** 28)
    }
  }
  if (!shuffle) return rows
  const order = new Uint32Array(count)
  for (let place = 0; place < count; place++) order[place] = place
  order.sort((a, b) => keys[a]! - keys[b]! || a - b)
  return order.map((place) => rows[place]!)
}

/**
 * Mixes sources in given or evened-out shares. Which rows are left out or repeated depends on the seed and on what they
 * hold, and not on the order of rows or files.
 */
export const mixStep: CorpusStepDefinition<MixOptions> = {
  kind: 'corpus',
  name: 'mix',
  description:
    'Mixes files or the values of a column in shares by weight or temperature, with caps, repeating rows where more is needed.',
  options,
  plan,
}
