import { describe, expect, it } from 'vitest'
import { randomStream } from '../../random.ts'
import { rowSource, runCorpusStep } from '../testing-corpus.ts'
import { semanticDuplicates } from './index.ts'
import { type Clustering, kMeans, product, setDirection, type Vectors } from './k-means.ts'

const width = 12

/** Vectors of length 1 about some directions. */
function madeVectors(
  seed: number,
  count: number,
  groups: number,
  spread: number,
): Vectors & { groupOf: number[] } {
  const random = randomStream(seed, 8)
  const draw = () => random.fraction() + random.fraction() + random.fraction() - 1.5
  const directions = Array.from({ length: groups }, () => Array.from({ length: width }, draw))
  const data = new Float32Array(count * width)
  const groupOf = Array.from({ length: count }, () => random.below(groups))
  for (const [vector, group] of groupOf.entries())
    setDirection(
      data,
      vector * width,
      Float32Array.from(directions[group]!, (value) => value + spread * draw()),
    )
  return { data, width, count, groupOf }
}

const mean = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0) / values.length

describe('k-means', () => {
  it('puts each vector to its nearest centre, and each centre into the middle of its vectors', async () => {
    const vectors = madeVectors(1, 300, 6, 0.4)
    const { centres, assigned, similarities } = await kMeans(vectors, {
      clusters: 9,
      iterations: 200,
      seed: 1,
    })
    for (let vector = 0; vector < vectors.count; vector++) {
      const products = Array.from({ length: 9 }, (_, cluster) => {
        const both = {
          data: Float32Array.from([
            ...vectors.data.subarray(vector * width, (vector + 1) * width),
            ...centres.subarray(cluster * width, (cluster + 1) * width),
          ]),
          width,
          count: 2,
        }
        return product(both, 0, 1)
      })
      expect(assigned[vector]).toBe(products.indexOf(Math.max(...products)))
      expect(similarities[vector]).toBeCloseTo(Math.max(...products), 5)
    }
    for (let cluster = 0; cluster < 9; cluster++) {
      const sum = new Float64Array(width)
      assigned.forEach((own, vector) => {
        if (own === cluster) for (let at = 0; at < width; at++) sum[at]! += vectors.data[vector * width + at]!
      })
      const middle = new Float32Array(width)
      setDirection(middle, 0, sum)
      const centre = [...centres.subarray(cluster * width, (cluster + 1) * width)]
      expect(Math.max(...centre.map((value, at) => Math.abs(value - middle[at]!)))).toBeLessThan(1e-5)
    }
  })

  it('never grows worse from pass to pass, and is the same for the same seed', async () => {
    const vectors = madeVectors(2, 200, 5, 0.6)
    const after: number[] = []
    const run = (iterations: number): Promise<Clustering> =>
      kMeans(vectors, { clusters: 8, iterations, seed: 3 })
    for (let iterations = 0; iterations < 8; iterations++)
      after.push(mean((await run(iterations)).similarities))
    expect(after.slice(1).every((value, at) => value >= after[at]! - 1e-6)).toBe(true)
    expect(after.at(-1)).toBeGreaterThan(after[0]!)
    expect(await run(5)).toEqual(await run(5))
  })

  it('by batches comes near to what it comes to by all', async () => {
    const vectors = madeVectors(4, 600, 5, 0.9)
    const all = await kMeans(vectors, { clusters: 5, iterations: 50, seed: 5 })
    const batches = await kMeans(vectors, { clusters: 5, iterations: 60, batch: 50, seed: 5 })
    const none = await kMeans(vectors, { clusters: 5, iterations: 0, seed: 5 })
    expect(mean(batches.similarities)).toBeGreaterThan(
      mean(all.similarities) - 0.3 * (mean(all.similarities) - mean(none.similarities)),
    )
  })

  it('has no more clusters than vectors, and none of none', async () => {
    const few = await kMeans(madeVectors(1, 3, 3, 0.1), { clusters: 10, iterations: 5, seed: 1 })
    expect(few.centres).toHaveLength(3 * width)
    expect([...few.assigned].toSorted()).toEqual([0, 1, 2])
    expect(
      (
        await kMeans(
          { data: new Float32Array(), width: 0, count: 0 },
          { clusters: 2, iterations: 5, seed: 1 },
        )
      ).assigned,
    ).toHaveLength(0)
  })
})

describe('semantic duplicates', () => {
  const vectors = madeVectors(7, 150, 40, 0.12)
  /** The text of a row is its number. */
  const embed = (texts: readonly string[]) =>
    Promise.resolve(
      Float32Array.from(
        // Of any length: what counts is the direction.
        texts.flatMap((text) =>
          [...vectors.data.subarray(Number(text) * width, (Number(text) + 1) * width)].map(
            (value) => 3 * value,
          ),
        ),
      ),
    )
  const texts = Array.from({ length: vectors.count }, (_, at) => String(at))
  const run = (options: object, rows: readonly string[] = texts) =>
    runCorpusStep(
      semanticDuplicates,
      rowSource(rows.map((text) => ({ text }))),
      { model: 'a', ...options },
      1,
      {
        openEmbedder: (name) => Promise.resolve(name === 'a' ? embed : undefined),
      },
    )

  it('within one cluster are those that a look at all pairs finds, and name the kept one that is nearest', async () => {
    const { outcomes, plan } = await run({ threshold: 0.97, clusters: 1, keep: 'first' })
    const kept: number[] = []
    const expected = new Map<number, number>()
    for (let row = 0; row < vectors.count; row++) {
      const like = kept.filter((other) => product(vectors, row, other) >= 0.97)
      if (like.length === 0) kept.push(row)
      else
        expected.set(
          row,
          like.reduce((best, other) =>
            product(vectors, row, other) > product(vectors, row, best) ? other : best,
          ) + 1,
        )
    }
    const found = outcomes.flatMap((outcome, row): [number, unknown][] =>
      outcome !== undefined && 'drop' in outcome ? [[row, outcome.evidence!.keptRow]] : [],
    )
    expect(found.length).toBeGreaterThan(20)
    expect(new Map(found)).toEqual(expected)
    expect(plan.figures).toMatchObject({ prototypical: 0 })
  })

  it('leave none alike in a cluster, by default the farthest from its centre', async () => {
    const { outcomes } = await run({ threshold: 0.97, clusters: 1 })
    const kept = outcomes.flatMap((outcome, row) => (outcome === undefined ? [row] : []))
    const close = kept.filter((row) =>
      kept.some((other) => other < row && product(vectors, row, other) >= 0.97),
    )
    expect(close).toEqual([])
    const first = (await run({ threshold: 0.97, clusters: 1, keep: 'first' })).outcomes
    expect(first).not.toEqual(outcomes)
  })

  it('are nearly all found with clusters, too', async () => {
    const dropped = async (options: object) =>
      (await run(options)).outcomes.filter((outcome) => outcome !== undefined).length
    const all = await dropped({ threshold: 0.97, clusters: 1 })
    expect(await dropped({ threshold: 0.97 })).toBeGreaterThan(0.8 * all)
  })

  it('come with the most ordinary rows, where they are asked for', async () => {
    const { outcomes, plan } = await run({ threshold: 1, prototypical: 0.2, clusters: 1 })
    const dropped = outcomes.flatMap((outcome) =>
      outcome !== undefined && 'drop' in outcome ? [outcome] : [],
    )
    expect(dropped.length).toBe(30)
    expect(dropped.every(({ drop }) => drop === 'prototypical')).toBe(true)
    expect(plan.figures).toMatchObject({ prototypical: 30 })
    const sum = new Float64Array(width)
    vectors.data.forEach((value, at) => (sum[at % width]! += value))
    const nearness = texts.map((_, row) =>
      sum.reduce((total, value, at) => total + value * vectors.data[row * width + at]!, 0),
    )
    const [gone, left] = [true, false].map((isGone) =>
      nearness.filter((_, row) => (outcomes[row] !== undefined) === isGone),
    ) as [number[], number[]]
    expect(Math.min(...gone)).toBeGreaterThan(Math.max(...left))
  })

  it('says nothing of rows without text, and refuses a model that cannot be opened', async () => {
    expect((await run({}, ['', ' ', '1'])).outcomes).toEqual([undefined, undefined, undefined])
    expect((await run({}, [''])).outcomes).toEqual([undefined])
    await expect(run({ model: 'b' })).rejects.toMatchObject({ code: 'no-embedder' })
  })
})
