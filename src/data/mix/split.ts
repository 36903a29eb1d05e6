import { z } from 'zod'
import { YuksuError } from '../../errors.ts'
import { UnionFind } from '../deduplicate/union-find.ts'
import type { CorpusContext, CorpusPlan, CorpusStepDefinition, RowSource } from '../step.ts'
import { contentHash, hashRange, keyHash } from './content-hash.ts'
import { joinTwins, twinOptions } from './groups.ts'

const outputName = () =>
  z
    .string()
    .regex(/^[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*$/, { error: 'is no name such as train, validation or test' })
/** Rounding of shares that are written in decimals. */
const tolerance = 1e-6

const options = z
  .strictObject({
    shares: z
      .record(outputName(), z.number().min(0).max(1))
      .refine((shares) => Math.abs(sum(Object.values(shares)) - 1) < tolerance, {
        error: 'do not sum to 1',
      })
      .optional()
      .describe(
        'Share of the rows that each output gets, train 0.9, validation 0.05 and test 0.05 without it. A row stays where it is when rows are added.',
      ),
    counts: z
      .record(outputName(), z.int().min(1))
      .optional()
      .describe(
        'Rows of outputs by number instead, such as `{ test: 500 }`; as near as groups allow. When rows are added, some may change places.',
      ),
    rest: outputName().default('train').describe('With `counts`: the output that all other rows go to.'),
    group: z
      .string()
      .min(1)
      .optional()
      .describe(
        'Column whose value rows of one group share, such as a speaker or a source; no group is parted.',
      ),
    twins: twinOptions
      .optional()
      .describe(
        'Keep near-duplicates together too, so that none stands in train and test; `{}` takes the defaults.',
      ),
    stratify: z
      .string()
      .min(1)
      .optional()
      .describe(
        'Column whose values have the same shares in all outputs, as near as groups allow; which row goes where then depends on the others.',
      ),
  })
  .refine(({ shares, counts }) => shares === undefined || counts === undefined, {
    error: 'are given beside shares; leave one of the two out',
    path: ['counts'],
  })
  .refine(({ counts, rest }) => counts?.[rest] === undefined, {
    error: 'is one of the outputs with a number',
    path: ['rest'],
  })

export type SplitOptions = z.infer<typeof options>

const usualShares: Readonly<Record<string, number>> = { train: 0.9, validation: 0.05, test: 0.05 }

/** Rows that stay together. */
interface Group {
  readonly rows: number[]
  /** Below 2⁴⁸: its place in the order in which groups are given to outputs. */
  hash: number
  stratum: string
}

/** All groups, in the order of their hashes. */
async function gather(
  rows: RowSource,
  settings: SplitOptions,
  context: CorpusContext,
): Promise<{ groups: Group[]; pairs: number; withoutGroup: number }> {
  const { seed } = context
  const [column, stratify] = [settings.group?.normalize('NFC'), settings.stratify?.normalize('NFC')]
  const joined = new UnionFind(rows.count)
  const hashes = new Float64Array(rows.count)
  const firstOfGroup = new Map<string, number>()
  const strata: string[] = []
  const known = new Map<string, string>()
  let withoutGroup = 0
  for await (const { index, values } of rows) {
    if (index % 1000 === 0) {
      context.signal?.throwIfAborted()
      context.progress('grouping', index)
    }
    const group = column === undefined ? undefined : textOf(values[column])
    if (group === undefined) {
      hashes[index] = contentHash(seed, 'split', values)
      if (column !== undefined) withoutGroup++
      // Copies are one group whatever else is asked for.
      joinSame(joined, firstOfGroup, `copy ${hashes[index]}`, index)
    } else {
      hashes[index] = keyHash(seed, 'split group', group)
      joinSame(joined, firstOfGroup, `group ${group}`, index)
    }
    if (stratify !== undefined) {
      const stratum = textOf(values[stratify]) ?? ''
      if (!known.has(stratum)) known.set(stratum, stratum)
      strata[index] = known.get(stratum)!
    }
  }
  if (column !== undefined && rows.count > 0 && withoutGroup === rows.count)
    throw new YuksuError(
      'missing-column',
      `no row has a value in the column ${column} that groups are made of`,
    )
  const pairs = settings.twins === undefined ? 0 : await joinTwins(rows, joined, settings.twins, context)
  const groups = new Map<number, Group>()
  for (let row = 0; row < rows.count; row++) {
    const head = joined.find(row)
    const group = groups.get(head)
    if (group === undefined) {
      groups.set(head, { rows: [row], hash: hashes[row]!, stratum: strata[row] ?? '' })
      continue
    }
    group.rows.push(row)
    // The least of all, so that the order of rows does not matter.
    const stratum = strata[row] ?? ''
    if (hashes[row]! < group.hash || (hashes[row] === group.hash && stratum < group.stratum)) {
      group.hash = hashes[row]!
      group.stratum = stratum
    }
  }
  const ordered = [...groups.values()].toSorted((a, b) => a.hash - b.hash)
  return { groups: ordered, pairs, withoutGroup }
}

function joinSame(joined: UnionFind, firsts: Map<string, number>, key: string, row: number): void {
  const first = firsts.get(key)
  if (first === undefined) firsts.set(key, row)
  else joined.union(first, row)
}

function textOf(value: unknown): string | undefined {
  if (value === undefined || value === null || value === '') return undefined
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** By the place of its hash among all there could be: no other group matters. */
function byHash(groups: readonly Group[], shares: Readonly<Record<string, number>>): string[] {
  const entries = Object.entries(shares)
  return groups.map(({ hash }) => {
    let end = 0
    for (const [name, share] of entries) {
      end += share
      if (hash < end * hashRange) return name
    }
    return entries.findLast(([, share]) => share > 0)![0]
  })
}

/** In the order of their hashes to each output until it has its number, leaving out what would be too many. */
function byCount(groups: readonly Group[], counts: Readonly<Record<string, number>>, rest: string): string[] {
  const room = new Map(Object.entries(counts))
  return groups.map(({ rows }) => {
    for (const [name, free] of room) {
      if (rows.length > free) continue
      room.set(name, free - rows.length)
      return name
    }
    return rest
  })
}

/**
 * Each group to the output that lacks most, of the stratum and of all together: so strata are shared out alike, and those of
 * one row do not all end up in the largest output.
 */
function byStratum(groups: readonly Group[], shares: Readonly<Record<string, number>>): string[] {
  const entries = Object.entries(shares)
  const byName = groups
    .map((group, index) => ({ group, index }))
    .toSorted((a, b) => compare(a.group.stratum, b.group.stratum) || a.index - b.index)
  const chosen: string[] = []
  const all = { given: new Map<string, number>(), seen: 0 }
  let own = { given: new Map<string, number>(), seen: 0 }
  let stratum: string | undefined
  for (const { group, index } of byName) {
    if (group.stratum !== stratum) own = { given: new Map(), seen: 0 }
    stratum = group.stratum
    const size = group.rows.length
    all.seen += size
    own.seen += size
    let best = ''
    let most = Number.NEGATIVE_INFINITY
    for (const [name, share] of entries) {
      if (share === 0) continue
      const lack = share * (own.seen + all.seen) - (own.given.get(name) ?? 0) - (all.given.get(name) ?? 0)
      if (lack <= most) continue
      best = name
      most = lack
    }
    for (const { given } of [own, all]) given.set(best, (given.get(best) ?? 0) + size)
    chosen[index] = best
  }
  return chosen
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

async function plan(rows: RowSource, settings: SplitOptions, context: CorpusContext): Promise<CorpusPlan> {
  const { shares, counts, rest, stratify } = settings
  const { groups, pairs, withoutGroup } = await gather(rows, settings, context)
  const wanted = sum(Object.values(counts ?? {}))
  if (wanted > rows.count)
    throw new YuksuError(
      'too-few-rows',
      `${wanted} rows were asked for in ${Object.keys(counts!).join(', ')}, and there are ${rows.count}; ask for fewer`,
    )
  const asShares =
    counts === undefined
      ? (shares ?? usualShares)
      : Object.fromEntries([
          ...Object.entries(counts).map(([name, count]) => [name, count / Math.max(1, rows.count)] as const),
          [rest, 1 - wanted / Math.max(1, rows.count)] as const,
        ])
  const chosen =
    stratify !== undefined
      ? byStratum(groups, asShares)
      : counts !== undefined
        ? byCount(groups, counts, rest)
        : byHash(groups, asShares)
  const names = [...new Set([...Object.keys(asShares), ...chosen])]
  const outputOf = new Uint16Array(rows.count)
  const sizes = new Map(names.map((name) => [name, 0]))
  for (const [at, group] of groups.entries()) {
    const name = chosen[at]!
    sizes.set(name, sizes.get(name)! + group.rows.length)
    const number = names.indexOf(name)
    for (const row of group.rows) outputOf[row] = number
  }
  return {
    outcome: (index) => ({ output: names[outputOf[index]!]! }),
    figures: {
      ...Object.fromEntries([...sizes].map(([name, rows]) => [`rows of ${name}`, rows])),
      groups: groups.length,
      largestGroup: groups.reduce((most, group) => Math.max(most, group.rows.length), 0),
      ...(settings.group !== undefined && { rowsWithoutGroup: withoutGroup }),
      ...(settings.twins !== undefined && { twinPairs: pairs }),
    },
  }
}

/**
 * Gives each row to an output by a hash of what it holds or of its group, so that the same row goes to the same output
 * every time; copies of a row, groups and near-duplicates are never parted.
 */
export const splitStep: CorpusStepDefinition<SplitOptions> = {
  kind: 'corpus',
  name: 'split',
  description:
    'Splits rows into train, validation and test, without parting copies, groups or near-duplicates.',
  options,
  plan,
}
