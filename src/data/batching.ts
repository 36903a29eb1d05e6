import { YuksuError } from '../errors.ts'
import { randomStream } from '../random.ts'

/** Token counts of one row, special tokens included. */
export interface RowLengths {
  source: number
  target: number
}

/** Rows that run together, padded to `[rows.length, source]` and `[rows.length, target]`. */
export interface Batch {
  /** Indices into the list of rows. */
  rows: number[]
  /** Length that every source is padded to: an edge of `buckets.source`. */
  source: number
  /** Length that every target is padded to: an edge of `buckets.target`. */
  target: number
}

/** Rows in a batch of this source length: as many as fit into `maxTokens`, at least one. */
export function batchSize(maxTokens: number, source: number): number {
  return Math.max(1, Math.floor(maxTokens / source))
}

/**
 * The batches of one epoch. Each row goes to the smallest bucket that holds its source and its target, rows of
 * a bucket are shuffled and cut into batches of `batchSize` (the last one of a bucket may be smaller), and the
 * batches are shuffled. A pure function of its arguments: the same plan on every machine, so a run can resume
 * at batch n by skipping n. Throws `row-too-long` for a row that no bucket holds.
 */
export function planBatches(options: {
  lengths: readonly RowLengths[]
  /** Most source tokens in a batch, padding counted. */
  maxTokens: number
  /** Bucket edges, in tokens, in any order. */
  buckets: { source: readonly number[]; target: readonly number[] }
  seed: number
  /** Counted from 0. */
  epoch: number
}): Batch[] {
  const { lengths, maxTokens, seed, epoch } = options
  const sources = ascending(options.buckets.source)
  const targets = ascending(options.buckets.target)
  const groups = new Map<number, number[]>()
  const rowOrder = randomStream(seed, epoch * 2)
  for (const row of rowOrder.shuffled([...lengths.keys()])) {
    const source = edgeFor(lengths[row]!.source, sources, row, 'source')
    const target = edgeFor(lengths[row]!.target, targets, row, 'target')
    const key = source * targets.length + target
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [row])
    else group.push(row)
  }
  const batches: Batch[] = []
  for (const key of [...groups.keys()].sort((a, b) => a - b)) {
    const rows = groups.get(key)!
    const source = sources[Math.floor(key / targets.length)]!
    const target = targets[key % targets.length]!
    const size = batchSize(maxTokens, source)
    for (let start = 0; start < rows.length; start += size) {
      batches.push({ rows: rows.slice(start, start + size), source, target })
    }
  }
  return randomStream(seed, epoch * 2 + 1).shuffled(batches)
}

function ascending(edges: readonly number[]): number[] {
  return [...new Set(edges)].sort((a, b) => a - b)
}

/** Index of the smallest edge that holds `length`. */
function edgeFor(length: number, edges: readonly number[], row: number, side: 'source' | 'target'): number {
  const index = edges.findIndex((edge) => edge >= length)
  if (index >= 0) return index
  throw new YuksuError(
    'row-too-long',
    `row ${row} has ${length} ${side} tokens and the largest bucket holds ${edges.at(-1) ?? 0}: ` +
      `drop or shorten it before planning batches, or add a bucket`,
  )
}

/**
 * Bucket edges that waste the fewest padding tokens on these lengths: at most `count` multiples of `multipleOf`,
 * ascending, the last one holding the longest row. Exact, by dynamic programming over the histogram:
 * cost(k, j) = min over i < j of cost(k − 1, i) + edge(j) · rows in (edge(i), edge(j)].
 */
export function chooseBuckets(
  lengths: readonly number[],
  options: { count: number; multipleOf: number },
): number[] {
  const { count, multipleOf } = options
  if (!(count >= 1) || !(multipleOf >= 1)) {
    throw new YuksuError(
      'invalid-buckets',
      `buckets need count and multipleOf of at least 1, got ${count} and ${multipleOf}`,
    )
  }
  const histogram = new Map<number, number>()
  for (const length of lengths) {
    const edge = Math.max(1, Math.ceil(length / multipleOf)) * multipleOf
    histogram.set(edge, (histogram.get(edge) ?? 0) + 1)
  }
  const edges = [...histogram.keys()].sort((a, b) => a - b)
  const rowsUpTo = [0]
  for (const edge of edges) rowsUpTo.push(rowsUpTo.at(-1)! + histogram.get(edge)!)

  // cost[j]: fewest padded tokens for the rows of the first j edges; previous[k][j]: where its last bucket begins.
  let cost = edges.map(() => Infinity)
  cost.unshift(0)
  const previous: number[][] = []
  for (let bucket = 0; bucket < Math.min(count, edges.length); bucket++) {
    const next = cost.map(() => Infinity)
    const begins = cost.map(() => 0)
    next[0] = 0
    for (let end = 1; end <= edges.length; end++) {
      for (let begin = 0; begin < end; begin++) {
        const total = cost[begin]! + edges[end - 1]! * (rowsUpTo[end]! - rowsUpTo[begin]!)
        if (total < next[end]!) {
          next[end] = total
          begins[end] = begin
        }
      }
    }
    previous.push(begins)
    cost = next
  }
  const chosen: number[] = []
  let end = edges.length
  for (const begins of previous.reverse()) {
    if (end === 0) break
    chosen.unshift(edges[end - 1]!)
    end = begins[end]!
  }
  return chosen
}
