import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readRows } from '../../formats/rows.ts'
import { randomStream } from '../../random.ts'
import type { RowValues } from '../step.ts'
import { rowSource, runCorpusStep } from '../testing-corpus.ts'
import { splitStep } from './split.ts'

const data = resolve(import.meta.dirname, '../../../../shared/data')

async function split(rows: readonly RowValues[], options: object, seed = 1) {
  const { plan, outcomes } = await runCorpusStep(splitStep, rowSource(rows), options, seed)
  const outputs = outcomes.map((outcome) => (outcome as { output: string }).output)
  return { outputs, figures: plan.figures!, counts: countsOf(outputs) }
}

function countsOf(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1
  return counts
}

function randomRows(count: number, seed = 7): RowValues[] {
  const random = randomStream(seed, 1)
  return Array.from({ length: count }, (_, id) => ({
    id,
    text: `문장 ${id} ${random.below(1e9)}`,
    speaker: `s${random.below(count / 5)}`,
    topic: random.pick(['쇼핑', '여행', '여행', '여행', 'work', 'work']),
  }))
}

describe('split', () => {
  it('gives about the shares, whatever the order of rows, and none moves when rows are added', async () => {
    const rows = randomRows(4000)
    const { outputs, counts } = await split(rows, {})
    expect(Math.abs(counts.train! / 4000 - 0.9)).toBeLessThan(0.015)
    expect(Math.abs(counts.test! / 4000 - 0.05)).toBeLessThan(0.01)
    const more = await split([...rows, ...randomRows(1000, 8)], {})
    expect(more.outputs.slice(0, 4000)).toEqual(outputs)
    const reversed = await split(rows.toReversed(), {})
    expect(reversed.outputs.toReversed()).toEqual(outputs)
    expect((await split(rows, {}, 2)).outputs).not.toEqual(outputs)
  })

  it('a larger test set holds the smaller one', async () => {
    const rows = randomRows(2000)
    const small = await split(rows, { shares: { test: 0.05, train: 0.95 } })
    const large = await split(rows, { shares: { test: 0.2, train: 0.8 } })
    const held = small.outputs.flatMap((name, at) => (name === 'test' ? [large.outputs[at]] : []))
    expect(held.length).toBeGreaterThan(50)
    expect(new Set(held)).toEqual(new Set(['test']))
  })

  it('copies are never parted', async () => {
    const rows = randomRows(200).map(({ text }) => ({ text }))
    const { outputs } = await split([...rows, ...rows], { shares: { train: 0.5, test: 0.5 } })
    expect(outputs.slice(200)).toEqual(outputs.slice(0, 200))
  })

  it.each([{}, { counts: { test: 200 }, shares: undefined }, { stratify: 'topic' }])(
    'no group is parted with %j',
    async (options) => {
      const rows = randomRows(2000)
      const { outputs, figures, counts } = await split(rows, {
        shares: { train: 0.5, validation: 0.2, test: 0.3 },
        group: 'speaker',
        ...options,
      })
      const places = new Map<unknown, Set<string>>()
      for (const [at, row] of rows.entries())
        places.set(row.speaker, (places.get(row.speaker) ?? new Set()).add(outputs[at]!))
      expect([...places.values()].filter(({ size }) => size !== 1)).toEqual([])
      expect(Object.keys(counts).length).toBeGreaterThan(1)
      expect(figures.groups).toBe(places.size)
    },
  )

  it('rows added to groups and new groups move no other', async () => {
    const rows = randomRows(1500)
    const options = { group: 'speaker', shares: { train: 0.7, test: 0.3 } }
    const { outputs } = await split(rows, options)
    const more = await split([...randomRows(700, 9), ...rows], options)
    expect(more.outputs.slice(700)).toEqual(outputs)
  })

  it('gives numbers of rows exactly where nothing stands in the way', async () => {
    const rows = randomRows(1000)
    const { counts } = await split(rows, { counts: { test: 37, validation: 111 } })
    expect(counts).toEqual({ train: 852, test: 37, validation: 111 })
    await expect(split(rows, { counts: { test: 1001 } })).rejects.toMatchObject({ code: 'too-few-rows' })
  })

  it('values of a column have the same shares in all outputs', async () => {
    const rows = randomRows(3000)
    const { outputs, counts } = await split(rows, { stratify: 'topic', shares: { train: 0.8, test: 0.2 } })
    expect(Math.abs(counts.test! - 600)).toBeLessThanOrEqual(1)
    for (const topic of ['쇼핑', '여행', 'work']) {
      const own = outputs.filter((_, at) => rows[at]!.topic === topic)
      expect(Math.abs(own.filter((name) => name === 'test').length - own.length * 0.2)).toBeLessThanOrEqual(2)
    }
    // Strata of one row are shared out too.
    const single = randomRows(400).map((row) => ({ ...row, topic: row.id }))
    expect((await split(single, { stratify: 'topic', shares: { train: 0.75, test: 0.25 } })).counts).toEqual({
      train: 300,
      test: 100,
    })
  })

  it('near-duplicates stay together, and hang together by pairs', async () => {
    const words = (from: number) => Array.from({ length: 30 }, (_, at) => `낱말${from + at}`).join(' ')
    const rows = Array.from({ length: 60 }, (_, at) => at * 1000).flatMap((from) => [
      { text: words(from) },
      { text: words(from + 3) },
      { text: words(from + 6) },
    ])
    const options = { shares: { train: 0.5, test: 0.5 } }
    const { outputs, figures } = await split(rows, { ...options, twins: {} })
    for (let at = 0; at < rows.length; at += 3) expect(new Set(outputs.slice(at, at + 3)).size).toBe(1)
    expect(figures).toMatchObject({ groups: 60, largestGroup: 3 })
    const parted = await split(rows, options)
    expect(parted.figures.groups).toBe(180)
    const { outputs: reversed } = await split(rows.toReversed(), { ...options, twins: {} })
    expect(reversed.toReversed()).toEqual(outputs)
  })

  it('refuses shares that do not sum to 1, shares beside counts, and a column that no row has', async () => {
    for (const options of [
      { shares: { train: 0.5 } },
      { shares: { train: 1 }, counts: { test: 1 } },
      { counts: { train: 1 } },
      { shares: { '../x': 1 } },
    ])
      expect(splitStep.options.safeParse(options).success).toBe(false)
    await expect(split(randomRows(5), { group: 'spaeker' })).rejects.toMatchObject({ code: 'missing-column' })
  })

  it.skipIf(!existsSync(data))(
    'parts no near-duplicates of the dialogues (skipped without ../shared/data)',
    async () => {
      const rows: RowValues[] = []
      for await (const row of readRows(join(data, 'summarization/dialogsum-en/dialogsum.dev.jsonl')))
        if ('values' in row) rows.push({ text: row.values.dialogue })
      // Each a second time with another end.
      const twins = rows.map(({ text }) => ({ text: `${text}\n#Person1#: Bye then!` }))
      const { outputs, figures } = await split([...rows, ...twins], {
        shares: { train: 0.5, test: 0.5 },
        twins: {},
      })
      expect(outputs.slice(rows.length)).toEqual(outputs.slice(0, rows.length))
      expect(figures.twinPairs).toBeGreaterThanOrEqual(rows.length)
    },
  )
})
