/*
 * Rows in the order in which they are learned. Competence c(t) is the share of the rows, from the easiest on, that a model may
 * see after the share t of them: c(t) = min(1, √(t (1 − c₀²) + c₀²)) (Platanios et al. 2019, "Competence-based Curriculum
 * Learning for Neural Machine Translation").
 */
import { z } from 'zod'
import { YuksuError } from '../../errors.ts'
import { randomStream } from '../../random.ts'
import { unitCutter } from '../contamination/units.ts'
import { documentText } from '../step.ts'
import type { CorpusContext, CorpusPlan, CorpusStepDefinition, IndexedRow, RowSource } from '../step.ts'
import { contentHash } from './content-hash.ts'

const options = z
  .strictObject({
    by: z
      .enum(['length', 'rare-words', 'mean-rareness', 'column', 'random'])
      .default('length')
      .describe(
        'What makes a row difficult: its `length` in characters; `rare-words`, −Σ log p of its words (Platanios et al. 2019), which grows with the length; `mean-rareness`, the same divided by the number of words; a `column` of numbers. `random` shuffles all rows.',
      ),
    column: z
      .string()
      .min(1)
      .optional()
      .describe('With `by: column`: the column, higher being more difficult.'),
    shape: z
      .enum(['sorted', 'buckets', 'competence'])
      .default('sorted')
      .describe(
        '`sorted`: from easy to difficult. `buckets`: as many equal parts from easy to difficult, each shuffled. `competence`: at each place one of the rows within the competence that a model has then.',
      ),
    buckets: z.int().min(1).default(10).describe('With `buckets`: how many.'),
    initialCompetence: z
      .number()
      .gt(0)
      .max(1)
      .default(0.01)
      .describe('With `competence`: the share of the easiest rows that is seen first.'),
    hardestFirst: z.boolean().default(false).describe('From difficult to easy instead.'),
  })
  .refine(({ by, column }) => (by === 'column') === (column !== undefined), {
    error: 'goes with `by: column`, and only with it',
    path: ['column'],
  })

export type CurriculumOptions = z.infer<typeof options>

/** Its own stream of random numbers; any number would do. */
const drawing = 0x63757272
/** Words are counted in so many places; words that meet in one count as one, which makes them seem a little less rare. */
const countPlaces = 1 << 21

/** Numbers how difficult rows are; NaN where that cannot be said. */
type Difficulty = (row: IndexedRow) => number

async function difficulty(
  rows: RowSource,
  settings: CurriculumOptions,
  context: CorpusContext,
): Promise<Difficulty> {
  const { by } = settings
  if (by === 'random') return () => 0
  if (by === 'length') return (row) => documentText(row, row.columns).length
  if (by === 'column') {
    const column = settings.column!.normalize('NFC')
    return ({ values }) => {
      const value = values[column]
      return typeof value === 'number' || (typeof value === 'string' && value.trim() !== '')
        ? Number(value)
        : Number.NaN
    }
  }
  const counts = new Float64Array(countPlaces)
  const cutter = await unitCutter('word')
  let words = 0
  for await (const row of rows) {
    if (row.index % 1000 === 0) {
      context.signal?.throwIfAborted()
      context.progress('counting words', row.index)
    }
    for (const word of cutter(documentText(row, row.columns)).units) {
      counts[placeOf(word)]!++
      words++
    }
  }
  return (row) => {
    const { units } = cutter(documentText(row, row.columns))
    let rareness = 0
    for (const word of units) rareness -= Math.log(counts[placeOf(word)]! / words)
    return by === 'rare-words' ? rareness : rareness / Math.max(1, units.length)
  }
}

/** FNV-1a (Fowler, Noll and Vo) over UTF-16 units. */
function placeOf(word: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < word.length; at++) hash = Math.imul(hash ^ word.charCodeAt(at), 0x01000193)
  return (hash ^ (hash >>> 15)) & (countPlaces - 1)
}

async function plan(
  rows: RowSource,
  settings: CurriculumOptions,
  context: CorpusContext,
): Promise<CorpusPlan> {
  const { count } = rows
  const difficultyOf = await difficulty(rows, settings, context)
  const difficulties = new Float64Array(count)
  const hashes = new Float64Array(count)
  let unknown = 0
  for await (const row of rows) {
    if (row.index % 1000 === 0) {
      context.signal?.throwIfAborted()
      context.progress('judging difficulty', row.index)
    }
    const value = difficultyOf(row)
    if (Number.isNaN(value)) unknown++
    difficulties[row.index] = value
    hashes[row.index] = contentHash(context.seed, 'curriculum', row.values)
  }
  if (unknown === count && count > 0)
    throw new YuksuError(
      'missing-column',
      `no row has a number in the column ${settings.column}, by which rows are to be ordered`,
    )
  // Rows of which nothing can be said come last, whichever way the others are ordered.
  const sign = settings.hardestFirst ? -1 : 1
  const rankOf = (row: number) => (Number.isNaN(difficulties[row]!) ? Infinity : sign * difficulties[row]!)
  const sorted = Uint32Array.from({ length: count }, (_, row) => row)
  sorted.sort((a, b) => compare(rankOf(a), rankOf(b)) || hashes[a]! - hashes[b]! || a - b)
  return {
    outcome: () => undefined,
    order: shaped(sorted, hashes, settings, context.seed),
    figures: {
      by: settings.column ?? settings.by,
      shape: settings.by === 'random' ? 'shuffled' : settings.shape,
      ...(settings.by === 'column' && { rowsWithoutDifficulty: unknown }),
    },
  }
}

/** Not a difference: that of two infinite numbers is none. */
function compare(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function shaped(
  sorted: Uint32Array,
  hashes: Float64Array,
  { by, shape, buckets, initialCompetence }: CurriculumOptions,
  seed: number,
): Uint32Array {
  if (by === 'random' || shape === 'sorted') return sorted
  const count = sorted.length
  if (shape === 'buckets') {
    const result = sorted.slice()
    for (let bucket = 0; bucket < buckets; bucket++) {
      const [from, to] = [bucket, bucket + 1].map((edge) => Math.round((edge / buckets) * count))
      result.subarray(from, to).sort((a, b) => hashes[a]! - hashes[b]! || a - b)
    }
    return result
  }
  const random = randomStream(seed, drawing)
  const waiting = new Uint32Array(count)
  const order = new Uint32Array(count)
  let reached = 0
  let left = 0
  for (let place = 0; place < count; place++) {
    const within = Math.ceil(count * competence(place / count, initialCompetence))
    while (reached < Math.max(within, place + 1)) waiting[left++] = sorted[reached++]!
    const drawn = random.below(left)
    order[place] = waiting[drawn]!
    waiting[drawn] = waiting[--left]!
  }
  return order
}

/** The share of the rows, from the easiest on, that may be seen after the share `passed` of all. */
export function competence(passed: number, initial: number): number {
  return Math.min(1, Math.sqrt(passed * (1 - initial ** 2) + initial ** 2))
}

/** Puts rows in an order by difficulty; ties and shuffling depend on the seed and on what rows hold. */
export const curriculumStep: CorpusStepDefinition<CurriculumOptions> = {
  kind: 'corpus',
  name: 'curriculum',
  description: 'Orders rows from easy to difficult, by length, rare words or a column, or shuffles them.',
  options,
  plan,
}
