import { describe, expect, it } from 'vitest'
import { randomStream } from '../../random.ts'
import type { RowOutcome } from '../step.ts'
import { rowSource, runCorpusStep } from '../testing-corpus.ts'
import { containment } from './index.ts'

async function outcomesOf(texts: readonly string[], options: unknown): Promise<RowOutcome[]> {
  return (await runCorpusStep(containment, rowSource(texts.map((text) => ({ text }))), options)).outcomes
}

function shinglesOf(text: string, length: number): Set<string> {
  const words = text.split(' ').filter(Boolean)
  if (words.length < length) return new Set(words.length === 0 ? [] : [words.join(' ')])
  return new Set(words.slice(length - 1).map((_, at) => words.slice(at, at + length).join(' ')))
}

/** What the step says, by comparing all with all. */
function expectedOuters(texts: readonly string[], length: number, threshold: number, minimum: number) {
  const sets = texts.map((text) => shinglesOf(text, length))
  const order = [...texts.keys()].sort((a, b) => sets[b]!.size - sets[a]!.size || a - b)
  const kept: number[] = []
  const shares = new Map<number, number>()
  for (const inner of order) {
    const { size } = sets[inner]!
    const shareIn = (outer: number) =>
      [...sets[inner]!].filter((shingle) => sets[outer]!.has(shingle)).length / size
    const best = size < minimum || size === 0 ? 0 : Math.max(0, ...kept.map(shareIn))
    if (best >= threshold) shares.set(inner, best)
    else kept.push(inner)
  }
  return shares
}

/** Texts of which many are parts of others, some with words put in. */
function madeTexts(seed: number, count: number): string[] {
  const random = randomStream(seed, 5)
  const word = () => `w${random.below(60)}`
  const texts: string[][] = []
  for (let text = 0; text < count; text++) {
    const source = texts.length > 0 && random.chance(0.7) ? random.pick(texts) : []
    const start = random.below(source.length + 1)
    const part = source.slice(start, start + random.below(30))
    if (random.chance(0.3)) part.splice(random.below(part.length + 1), 0, word())
    const tail = random.chance(0.6) ? 0 : random.below(25)
    texts.push([...part, ...Array.from({ length: tail }, word)])
  }
  return texts.map((text) => text.join(' '))
}

describe('containment', () => {
  it.each([0.5, 0.9, 1])('at %f is that of the comparison of all with all', async (threshold) => {
    let gone = 0
    for (let seed = 0; seed < 12; seed++) {
      const texts = madeTexts(seed, 120)
      const outcomes = await outcomesOf(texts, { threshold, shingle: 'word:2', minimumShingles: 3 })
      const shares = new Map(
        outcomes.flatMap((outcome, index) =>
          outcome !== undefined && 'drop' in outcome ? [[index, outcome.evidence!.share]] : [],
        ) as [number, number][],
      )
      const expected = expectedOuters(texts, 2, threshold, 3)
      expect([...shares].toSorted(([a], [b]) => a - b)).toEqual([...expected].toSorted(([a], [b]) => a - b))
      gone += expected.size
    }
    expect(gone).toBeGreaterThan(100)
  })

  it('is not mutual likeness: a paragraph goes, what holds it stays, wherever it stands', async () => {
    const paragraph = '육수는 오래 끓일수록 깊은 맛이 나고 건더기는 나중에 넣어야 무르지 않는다'
    const whole = `어느 요리책의 첫째 장에는 이런 말이 있다. ${paragraph}. 그래서 우리는 아침부터 불을 지폈고 저녁이 되어서야 상을 차렸다.`
    const outcomes = await outcomesOf([paragraph, whole], { shingle: 'word:3' })
    expect(outcomes).toEqual([
      { drop: 'contained', evidence: { keptFile: 'rows.jsonl', keptRow: 2, share: 1 } },
      undefined,
    ])
  })

  it('leaves nothing to do the second time, and names only rows that stayed', async () => {
    const texts = madeTexts(99, 200)
    const options = { shingle: 'word:2', threshold: 0.8 }
    const outcomes = await outcomesOf(texts, options)
    const kept = texts.filter((_, index) => outcomes[index] === undefined)
    const named = outcomes.flatMap((outcome) =>
      outcome !== undefined && 'drop' in outcome ? [Number(outcome.evidence!.keptRow) - 1] : [],
    )
    expect(named.length).toBeGreaterThan(10)
    expect(named.filter((index) => outcomes[index] !== undefined)).toEqual([])
    expect((await outcomesOf(kept, options)).filter((outcome) => outcome !== undefined)).toEqual([])
  })

  it('says nothing of texts of few shingles', async () => {
    const texts = ['좋은 영화', '정말 좋은 영화 였다고 나는 생각한다']
    expect(await outcomesOf(texts, { shingle: 'word:1', minimumShingles: 3 })).toEqual([undefined, undefined])
    expect((await outcomesOf(texts, { shingle: 'word:1', minimumShingles: 2 }))[0]).toMatchObject({
      drop: 'contained',
    })
  })
})
