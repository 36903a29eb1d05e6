import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { rowSource, runCorpusStep } from '../../testing-corpus.ts'
import fixture from './fixtures/kneser-ney.json' with { type: 'json' }
import { perplexityStep } from './perplexity-step.ts'

const { corpus } = fixture
const shuffled = (line: string) => line.split('').toReversed().join('')
/** Lines as they are, and every fourth with its letters in the wrong order. */
const texts = corpus.map((line, index) => (index % 4 === 3 ? shuffled(line) : line))
const source = rowSource(texts.map((text) => ({ text })))
const isBad = (index: number) => index % 4 === 3

let folder: string
let reference: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'yuksu-perplexity-'))
  reference = join(folder, 'clean.txt')
  await writeFile(reference, corpus.filter((_, index) => index % 4 !== 2).join('\n'))
})
afterAll(() => rm(folder, { recursive: true }))

const run = (options: object, rows = source) => runCorpusStep(perplexityStep, rows, options)
const kept = (outcomes: readonly unknown[]) =>
  outcomes.flatMap((outcome, index) => (outcome === undefined ? [index] : []))

describe('perplexity', () => {
  it('keeps what reads like the reference', async () => {
    const { outcomes } = await run({ reference, units: 'characters', tailPercentile: 70 })
    const found = kept(outcomes)
    expect(found).toHaveLength(Math.ceil(texts.length * 0.7))
    expect(found.filter(isBad).length / found.length).toBeLessThan(0.02)
    const dropped = outcomes.find((outcome) => outcome !== undefined) as {
      drop: string
      evidence: Record<string, number>
    }
    expect(dropped.drop).toBe('high-perplexity')
    expect(dropped.evidence.perplexity).toBeGreaterThan(dropped.evidence.threshold!)
  })

  it('needs no reference: each half is judged by the other', async () => {
    const { outcomes } = await run({ units: 'characters', tailPercentile: 70 })
    const found = kept(outcomes)
    expect(found.filter(isBad).length / found.length).toBeLessThan(0.15)
  })

  it('does not take a row for likely because it is its own reference', async () => {
    const odd = 'zyx wvu tsr qpo nml kji hgf edc'
    const rows = rowSource([...corpus, odd, odd, odd].map((text) => ({ text })))
    const { outcomes } = await run({ tailPercentile: 95 }, rows)
    expect(outcomes.slice(-3)).toMatchObject([1, 2, 3].map(() => ({ drop: 'high-perplexity' })))
  })

  it('parts rows by percentile, whatever is kept', async () => {
    const parts = await Promise.all(
      ['head', 'middle', 'tail'].map(async (part) => {
        const { outcomes } = await run({ reference, keep: [part], headPercentile: 25, tailPercentile: 75 })
        return kept(outcomes)
      }),
    )
    expect(parts.flat().sort((a, b) => a - b)).toEqual([...texts.keys()])
    // Equal texts have equal perplexities, so a part may be a few rows larger than its share.
    expect(Math.abs(parts[0]!.length / texts.length - 0.25)).toBeLessThan(0.02)
    expect(Math.abs(parts[1]!.length / texts.length - 0.5)).toBeLessThan(0.02)
  })

  it('leaves its model, which judges the same in another preparation', async () => {
    const first = await run({ reference })
    const path = join(folder, 'perplexity.model')
    const pieces = first.plan.files!['perplexity.model'] as Iterable<Uint8Array>
    await writeFile(path, Buffer.concat([...pieces]))
    const second = await run({ model: path })
    expect(second.outcomes).toEqual(first.outcomes)
    expect(second.plan.files).toBeUndefined()
    expect(first.plan.figures).toMatchObject({ order: 5 })
  })

  it('keeps to limits of perplexity too', async () => {
    const all = { reference, keep: ['head', 'middle', 'tail'] }
    const { plan } = await run(all)
    const median = plan.figures!.medianPerplexity as number
    const below = kept((await run({ ...all, maximum: median })).outcomes)
    const above = kept((await run({ ...all, minimum: median })).outcomes)
    expect(new Set([...below, ...above]).size).toBe(texts.length)
    expect(Math.abs(below.length / texts.length - 0.5)).toBeLessThan(0.05)
  })

  it('says of a row without text that there is none, and is the same twice', async () => {
    const rows = rowSource([...texts.slice(0, 60), '', ' \n '].map((text) => ({ text })))
    const [one, two] = [await run({}, rows), await run({}, rows)]
    expect(one.outcomes.slice(-2)).toEqual([{ drop: 'no-text' }, { drop: 'no-text' }])
    expect(two.outcomes).toEqual(one.outcomes)
    expect((await run({}, rowSource([]))).outcomes).toEqual([])
    // A row alone is its own percentile.
    expect((await run({ reference, keep: ['head'] }, rowSource([{ text: '국물' }]))).outcomes).toEqual([
      undefined,
    ])
  })

  it('refuses options that contradict each other and a reference without text', async () => {
    expect(perplexityStep.options.safeParse({ reference: 'a', model: 'b' }).success).toBe(false)
    expect(perplexityStep.options.safeParse({ headPercentile: 80 }).success).toBe(false)
    expect(perplexityStep.options.safeParse({ order: 0 }).success).toBe(false)
    const blank = join(folder, 'blank.txt')
    await writeFile(blank, '\n  \n')
    await expect(run({ reference: blank })).rejects.toMatchObject({ code: 'empty-reference' })
  })
})
