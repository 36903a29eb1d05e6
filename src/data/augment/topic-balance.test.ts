import { describe, expect, it } from 'vitest'
import type { RowOutcome, TextColumns } from '../step.ts'
import { corpusContext, rowOf, rowsOf } from './testing/rows.ts'
import { topicBalance } from './topic-balance.ts'

const columns: TextColumns = { texts: ['text'], document: ['text'] }

const values = ['a', 'a', 'a', 'A ', 'a', 'a', 'b', 'b', 'c', undefined].map((topic, index) => ({
  text: `${index}`,
  ...(topic !== undefined && { topic }),
}))

/** How often each topic stands in the end, the outcomes, and the figures. */
async function balance(options: object, seed = 1) {
  const parsed = topicBalance.options.parse(options)
  const plan = await topicBalance.plan(rowsOf(values, columns), parsed, corpusContext('', seed))
  const counts: Record<string, number> = {}
  const outcomes: RowOutcome[] = values.map((row, index) => plan.outcome(index, rowOf(row, index + 1)))
  for (const [index, outcome] of outcomes.entries()) {
    const topic = values[index]!.topic?.trim().toLowerCase() ?? 'none'
    const made = outcome !== undefined && 'made' in outcome ? outcome.made.length : 0
    counts[topic] = (counts[topic] ?? 0) + (outcome !== undefined && 'drop' in outcome ? 0 : 1 + made)
  }
  return { counts, outcomes, figures: plan.figures }
}

describe('topic-balance', () => {
  it('changes nothing unless asked to', async () => {
    expect((await balance({})).outcomes).toEqual(values.map(() => undefined))
  })

  it('drops what is too much of a topic, with the reason', async () => {
    const { counts, outcomes } = await balance({ atMost: 2 })
    expect(counts).toEqual({ a: 2, b: 2, c: 1, none: 1 })
    expect(outcomes.filter((outcome) => outcome !== undefined)).toEqual(
      [1, 2, 3, 4].map(() => ({ drop: 'topic-full', evidence: { topic: 'a', rows: 6, kept: 2 } })),
    )
  })

  it('repeats rows up to a number, no row too often, each once before one twice', async () => {
    const { counts, outcomes, figures } = await balance({ atLeast: 'largest', maximumCopies: 4 })
    expect(counts).toEqual({ a: 6, b: 6, c: 4, none: 1 })
    expect(outcomes[6]).toMatchObject({
      made: [values[6], values[6]],
      recipe: { step: 'topic-balance', topic: 'b' },
    })
    expect(figures).toMatchObject({
      topics: 3,
      smallest: 1,
      largest: 6,
      repeated: 7,
      'topics that stay smaller': 1,
    })
  })

  it('does both at once', async () => {
    expect((await balance({ atMost: 'mean', atLeast: 'largest' })).counts).toEqual({
      a: 3,
      b: 3,
      c: 3,
      none: 1,
    })
    expect((await balance({ atMost: 'median', missing: 'drop' })).counts).toEqual({
      a: 2,
      b: 2,
      c: 1,
      none: 0,
    })
  })

  it('draws by the seed, each row as likely', async () => {
    expect(await balance({ atMost: 2 }, 7)).toEqual(await balance({ atMost: 2 }, 7))
    const kept = new Array<number>(6).fill(0)
    for (let seed = 0; seed < 300; seed++) {
      const { outcomes } = await balance({ atMost: 2 }, seed)
      for (let index = 0; index < 6; index++) if (outcomes[index] === undefined) kept[index]!++
    }
    for (const count of kept) expect(Math.abs(count - 100)).toBeLessThan(40)
  })
})
