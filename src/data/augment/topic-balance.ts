import { z } from 'zod'
import { randomBits } from '../../random.ts'
import type { CorpusPlan, CorpusStepDefinition, RowSource } from '../step.ts'

const level = z.union([z.int().min(1), z.enum(['median', 'mean', 'largest'])]).optional()

const optionsSchema = z.strictObject({
  column: z.string().min(1).default('topic').describe('Column that names the topic (or label) of a row.'),
  atMost: level.describe(
    'Rows kept of a topic: a number, or the `median` or `mean` of the topics (rounded up). The others are dropped.',
  ),
  atLeast: level.describe(
    'Rows that a topic is brought up to by repeating some: a number, or the `median`, `mean` or `largest` of the topics.',
  ),
  maximumCopies: z
    .int()
    .min(1)
    .default(3)
    .describe(
      'How often a row may stand in the end, itself included; a small topic stays smaller than `atLeast` for it.',
    ),
  missing: z
    .enum(['keep', 'drop'])
    .default('keep')
    .describe('What becomes of rows without a topic; they are not counted as one.'),
})

type TopicBalanceOptions = z.infer<typeof optionsSchema>

interface Topics {
  readonly names: readonly string[]
  /** Rows of each. */
  readonly counts: readonly number[]
  /** The topic of each row, -1 without one. */
  readonly ofRow: Int32Array
}

/**
 * Evens out topics: of a large one rows are dropped, of a small one rows are repeated. Which ones is drawn by the seed, each row of a topic
 * alike; all rows of a topic are repeated once before one is repeated twice. Memory is eight bytes a row.
 */
export const topicBalance: CorpusStepDefinition<TopicBalanceOptions> = {
  kind: 'corpus',
  name: 'topic-balance',
  description: 'Drops rows of topics that are too large and repeats rows of topics that are too small.',
  options: optionsSchema,
  async plan(rows, options, context): Promise<CorpusPlan> {
    const topics = await readTopics(rows, options.column, context)
    const largest = Math.max(0, ...topics.counts)
    const most = levelOf(options.atMost, topics.counts) ?? largest
    const least = Math.min(levelOf(options.atLeast, topics.counts) ?? 0, most)
    const copies = decideCopies(topics, most, least, options.maximumCopies, context.seed)
    let repeated = 0
    let short = 0
    for (const count of topics.counts) {
      const reached = Math.min(least, count * options.maximumCopies)
      repeated += Math.max(0, reached - count)
      if (reached < least) short++
    }
    return {
      outcome(index, row) {
        const topic = topics.ofRow[index]!
        if (topic < 0) return options.missing === 'keep' ? undefined : { drop: 'no-topic' }
        const count = copies[index]!
        if (count === 1) return undefined
        const name = topics.names[topic]!
        if (count === 0)
          return { drop: 'topic-full', evidence: { topic: name, rows: topics.counts[topic]!, kept: most } }
        return {
          made: Array.from({ length: count - 1 }, () => row.values),
          recipe: { step: 'topic-balance', topic: name, seed: context.seed },
        }
      },
      figures: {
        topics: topics.counts.length,
        smallest: Math.min(...topics.counts, largest),
        largest,
        atMost: most,
        atLeast: least,
        repeated,
        'topics that stay smaller': short,
      },
    }
  },
}

async function readTopics(
  rows: RowSource,
  column: string,
  context: { progress(pass: string, rows: number): void; readonly signal?: AbortSignal | undefined },
): Promise<Topics> {
  const name = column.normalize('NFC')
  const topics = new Map<string, number>()
  const counts: number[] = []
  const ofRow = new Int32Array(rows.count).fill(-1)
  for await (const row of rows) {
    const topic = topicOf(row.values[name])
    if (topic !== undefined) {
      let number = topics.get(topic)
      if (number === undefined) {
        number = counts.push(0) - 1
        topics.set(topic, number)
      }
      counts[number]!++
      ofRow[row.index] = number
    }
    if (row.index % 1000 === 0) {
      context.signal?.throwIfAborted()
      context.progress('topics', row.index)
    }
  }
  return { names: [...topics.keys()], counts, ofRow }
}

/** Topics that differ by spaces at their ends, by case or by normal form are one. */
function topicOf(value: unknown): string | undefined {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (typeof value !== 'string') return undefined
  const topic = value.normalize('NFC').trim().toLowerCase()
  return topic === '' ? undefined : topic
}

function levelOf(level: TopicBalanceOptions['atMost'], counts: readonly number[]): number | undefined {
  if (typeof level === 'number' || level === undefined) return level
  if (counts.length === 0) return 0
  const sorted = [...counts].sort((first, second) => first - second)
  if (level === 'largest') return sorted.at(-1)
  if (level === 'mean') return Math.ceil(sorted.reduce((sum, count) => sum + count, 0) / sorted.length)
  const middle = sorted.length / 2
  return Math.ceil((sorted[Math.ceil(middle) - 1]! + sorted[Math.floor(middle)]!) / 2)
}

/** How often each row stands in the end. */
function decideCopies(
  { counts, ofRow }: Topics,
  most: number,
  least: number,
  maximum: number,
  seed: number,
): Uint16Array {
  const copies = new Uint16Array(ofRow.length).fill(1)
  const uneven = counts.map((count) => count > most || count < least)
  const members = new Map<number, number[]>()
  for (let index = 0; index < ofRow.length; index++) {
    const topic = ofRow[index]!
    if (topic < 0 || !uneven[topic]!) continue
    const list = members.get(topic)
    if (list === undefined) members.set(topic, [index])
    else list.push(index)
  }
  for (const list of members.values()) {
    const keys = new Map(list.map((index) => [index, randomBits(seed, stream, index)]))
    list.sort((first, second) => keys.get(first)! - keys.get(second)! || first - second)
    const wanted = list.length > most ? most : Math.min(least, list.length * maximum)
    for (const [place, index] of list.entries()) {
      copies[index] = Math.floor(wanted / list.length) + (place < wanted % list.length ? 1 : 0)
    }
  }
  return copies
}

/** Its own stream of random numbers, apart from those of other steps that draw by the row's index. */
const stream = 0x746f706963
