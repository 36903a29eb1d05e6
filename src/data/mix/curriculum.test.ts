import { describe, expect, it } from 'vitest'
import { randomStream } from '../../random.ts'
import type { RowValues } from '../step.ts'
import { rowSource, runCorpusStep } from '../testing-corpus.ts'
import { competence, curriculumStep } from './curriculum.ts'

async function ordered(rows: readonly RowValues[], options: object, seed = 1): Promise<RowValues[]> {
  const { plan } = await runCorpusStep(curriculumStep, rowSource(rows), options, seed)
  expect([...plan.order!].toSorted((a, b) => a - b)).toEqual(rows.map((_, at) => at))
  return [...plan.order!].map((index) => rows[index]!)
}

const random = randomStream(3, 1)
const rows = Array.from({ length: 500 }, (_, id) => ({
  id,
  text: '가나 다라 '.repeat(1 + random.below(40)),
  score: id % 50,
}))
const lengths = (given: readonly RowValues[]) => given.map(({ text }) => String(text).length)

describe('curriculum', () => {
  it('goes from short to long or back, and does not depend on the order of rows', async () => {
    const easy = await ordered(rows, {})
    expect(lengths(easy)).toEqual(lengths(rows).toSorted((a, b) => a - b))
    expect(await ordered(rows.toReversed(), {})).toEqual(easy)
    const hard = await ordered(rows, { hardestFirst: true })
    expect(lengths(hard)).toEqual(lengths(rows).toSorted((a, b) => b - a))
    expect((await ordered(rows, {}, 2)).map(({ id }) => id)).not.toEqual(easy.map(({ id }) => id))
  })

  it('rare words are difficult: −Σ log p, and its mean', async () => {
    const given = [{ text: '그 그 그' }, { text: '그 새벽' }, { text: '그 그 그 그 그 그 그 그 그 그 그 그' }]
    // p(그) = 16/17: fifteen of them weigh less than one word that comes once.
    const bySum = await ordered(given, { by: 'rare-words' })
    expect(bySum).toEqual([given[0], given[2], given[1]])
    const p = 16 / 17
    expect(-12 * Math.log(p)).toBeLessThan(-Math.log(p) - Math.log(1 / 17))
    const many = [...given, { text: '그 '.repeat(60) }]
    expect((await ordered(many, { by: 'rare-words' })).at(-1)).toEqual(many[1])
    const byMean = await ordered([{ text: '낮' }, { text: '그 '.repeat(500) }], { by: 'mean-rareness' })
    expect(byMean[0]!.text).toBe('그 '.repeat(500))
    expect(
      (await ordered([{ text: '낮' }, { text: '그 '.repeat(5000) }], { by: 'rare-words' }))[0]!.text,
    ).toBe('그 '.repeat(5000))
  })

  it('orders by a column of numbers, rows without one last either way', async () => {
    const given = [
      { text: 'a', n: '10' },
      { text: 'b', n: 9 },
      { text: 'c' },
      { text: 'd', n: '' },
      { text: 'e', n: -1 },
    ]
    const texts = (list: readonly RowValues[]) => list.map(({ text }) => text)
    const easy = texts(await ordered(given, { by: 'column', column: 'n' }))
    expect(easy.slice(0, 3)).toEqual(['e', 'b', 'a'])
    const hard = texts(await ordered(given, { by: 'column', column: 'n', hardestFirst: true }))
    expect(hard.slice(0, 3)).toEqual(['a', 'b', 'e'])
    await expect(ordered(given, { by: 'column', column: 'm' })).rejects.toMatchObject({
      code: 'missing-column',
    })
    expect(curriculumStep.options.safeParse({ by: 'column' }).success).toBe(false)
  })

  it('buckets go from easy to difficult, each shuffled', async () => {
    const given = await ordered(rows, { shape: 'buckets', buckets: 5 })
    const parts = Array.from({ length: 5 }, (_, at) => lengths(given.slice(at * 100, at * 100 + 100)))
    for (const [at, part] of parts.entries()) {
      expect(Math.min(...part)).toBeGreaterThanOrEqual(Math.max(0, ...(parts[at - 1] ?? [])))
      expect(part).not.toEqual(part.toSorted((a, b) => a - b))
    }
  })

  it('competence: each row is within what may be seen at its place', async () => {
    const given = rows.map((row, at) => ({ ...row, rank: at }))
    const order = await ordered(given, { by: 'column', column: 'rank', shape: 'competence' })
    for (const [place, { rank }] of order.entries()) {
      const share = Math.sqrt((place / 500) * (1 - 0.01 ** 2) + 0.01 ** 2)
      expect(competence(place / 500, 0.01)).toBeCloseTo(share, 12)
      expect(Number(rank)).toBeLessThan(Math.max(Math.ceil(share * 500), place + 1))
    }
    // The first tenth is easy, and later ones are mixed.
    const mean = (list: readonly RowValues[]) =>
      list.reduce((sum, { rank }) => sum + Number(rank), 0) / list.length
    expect(mean(order.slice(0, 50))).toBeLessThan(100)
    expect(mean(order.slice(-50))).toBeGreaterThan(240)
  })

  it('shuffles by the seed otherwise', async () => {
    const one = await ordered(rows, { by: 'random' })
    expect(await ordered(rows.toReversed(), { by: 'random' })).toEqual(one)
    expect(await ordered(rows, { by: 'random' }, 2)).not.toEqual(one)
    const displaced = one.filter(({ id }, at) => id === at)
    expect(displaced.length).toBeLessThan(10)
  })
})
