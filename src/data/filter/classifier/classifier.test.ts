import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { randomStream } from '../../../random.ts'
import { rowSource, runCorpusStep } from '../../testing-corpus.ts'
import { areaUnderCurve, measureClassification } from './classification-measures.ts'
import { readTextClassifier, textClassifierBytes, writeTextClassifier } from './classifier-file.ts'
import { createFeatures, toJamo } from './hashed-features.ts'
import { qualityStep } from './quality-step.ts'
import { likeliestLabel, trainTextClassifier } from './text-classifier.ts'

const cooking = '육수 국물 냄비 다시마 멸치 끓이다 불 소금 간장 파 마늘 고기 접시 맛'.split(' ')
const football = '축구 공 골대 선수 심판 경기 패스 슛 감독 수비 공격 관중 전반 후반'.split(' ')
const shared = '그리고 오늘 정말 아주 조금 다시 우리 모두 함께 먼저 나중에 이렇게'.split(' ')

/** Sentences of one subject with words of any. */
function sentences(words: readonly string[], count: number, seed: number): string[] {
  const random = randomStream(seed, 0)
  return Array.from({ length: count }, () =>
    Array.from({ length: 6 }, () => random.pick(random.chance(0.4) ? words : shared)).join(' '),
  )
}

const labelled = [
  ...sentences(cooking, 150, 1).map((text) => ({ text, label: 'cooking' })),
  ...sentences(football, 50, 2).map((text) => ({ text, label: 'football' })),
]

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'yuksu-classifier-'))
})
afterAll(() => rm(folder, { recursive: true }))

describe('features', () => {
  it('do not depend on case, normal form or spacing width, and do on order', () => {
    const features = createFeatures({ words: [1, 2], characters: [2, 3], jamo: [3, 4], bits: 16 })
    const base = features('국물이 Good 하다')
    expect(features('  국물이\n good\t하다 ')).toEqual(base)
    expect(features('국물이 GOOD 하다'.normalize('NFD'))).toEqual(base)
    expect(features('하다 good 국물이')).not.toEqual(base)
    expect(features(' \n')).toEqual({ buckets: new Uint32Array(), counts: new Float32Array() })
  })

  it('of jamo are nearer for syllables that are alike', () => {
    const features = createFeatures({ jamo: [2, 4], bits: 18 })
    const common = (a: string, b: string): number => {
      const other = new Set(features(b).buckets)
      return features(a).buckets.filter((bucket) => other.has(bucket)).length
    }
    expect(common('끓였습니다', '끓엿습니다')).toBeGreaterThan(common('끓였습니다', '먹었습니까'))
    expect(toJamo('한글ㅋ a')).toBe('ㅎㅏㄴㄱㅡㄹㅋ a')
  })

  it('count n-grams of the lengths asked for', () => {
    const counted = createFeatures({ words: [1, 2], bits: 20 })('a b a b')
    // a, b, a b, b a: three occurrences or fewer of each.
    expect(counted.buckets).toHaveLength(4)
    expect([...counted.counts].sort()).toEqual([1, 2, 2, 2])
  })
})

describe('a classifier', () => {
  it('tells subjects apart, though one is rare', async () => {
    const classifier = await trainTextClassifier(labelled)
    expect(classifier.labels).toEqual(['cooking', 'football'])
    const fresh = { cooking: sentences(cooking, 60, 3), football: sentences(football, 60, 4) }
    const truth = Object.entries(fresh).flatMap(([label, texts]) => texts.map(() => label))
    const foretold = Object.values(fresh)
      .flat()
      .map((text) => likeliestLabel(classifier, text))
    const { macroF1 } = measureClassification(truth, foretold)
    // Every twentieth sentence has no word of its subject.
    expect(macroF1).toBeGreaterThan(0.9)
    for (const text of ['', '육수', 'zzz']) {
      expect(classifier.probabilities(text).reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 9)
    }
  })

  it('is the same in two trainings, another with another seed, and the same after it was written and read', async () => {
    const [one, two, other] = [
      await trainTextClassifier(labelled),
      await trainTextClassifier(labelled),
      await trainTextClassifier(labelled, { seed: 2 }),
    ]
    expect(Buffer.compare(textClassifierBytes(one), textClassifierBytes(two))).toBe(0)
    expect(Buffer.compare(textClassifierBytes(one), textClassifierBytes(other))).not.toBe(0)
    const path = join(folder, 'one.classifier')
    await writeTextClassifier(path, one)
    const read = await readTextClassifier(path)
    for (const text of ['국물이 맛있다', '심판이 공을', '전혀 다른 말', '']) {
      expect(read.probabilities(text)).toEqual(one.probabilities(text))
    }
    const bytes = Buffer.from(textClassifierBytes(one))
    bytes[bytes.length - 100]! ^= 4
    for (const bad of [bytes, bytes.subarray(0, 500), Buffer.from('{}\n')]) {
      await writeFile(path, bad)
      await expect(readTextClassifier(path)).rejects.toMatchObject({ code: 'invalid-text-classifier' })
    }
  })

  it('needs two labels', async () => {
    await expect(trainTextClassifier(labelled.slice(0, 9))).rejects.toMatchObject({ code: 'too-few-labels' })
  })
})

describe('measures', () => {
  it('are those of the definitions', () => {
    const { accuracy, macroF1, f1 } = measureClassification(['a', 'a', 'b', 'c'], ['a', 'b', 'b', 'b'])
    expect(accuracy).toBe(0.5)
    expect(f1).toEqual({ a: 2 / 3, b: 0.5, c: 0 })
    expect(macroF1).toBeCloseTo((2 / 3 + 0.5) / 3, 12)
    expect(areaUnderCurve([0.1, 0.4, 0.35, 0.8], [false, false, true, true])).toBe(0.75)
    expect(areaUnderCurve([1, 1, 1], [true, false, true])).toBe(0.5)
  })
})

describe('the step', () => {
  const rows = [...sentences(cooking, 100, 5), ...sentences(football, 100, 6)]
  const source = rowSource(rows.map((text) => ({ text })))
  const goodFile = async () => {
    const path = join(folder, 'good.txt')
    await writeFile(path, sentences(cooking, 200, 7).join('\n'))
    return path
  }
  const kept = (outcomes: readonly unknown[]) =>
    outcomes.flatMap((outcome, index) => (outcome === undefined ? [index] : []))
  const run = (options: object, seed = 1) => runCorpusStep(qualityStep, source, options, seed)

  it('keeps rows that read like the good texts, and says how sure it may be', async () => {
    const { outcomes, plan } = await run({ good: await goodFile() })
    const found = kept(outcomes)
    expect(found.filter((index) => index < 100).length).toBeGreaterThan(80)
    expect(found.filter((index) => index >= 100).length).toBeLessThan(20)
    expect(plan.figures).toMatchObject({ goodTexts: 200, rawTexts: 200, heldOut: 40 })
    // Half of the raw texts are good ones too.
    expect(plan.figures!.heldOutAuc).toBeGreaterThan(0.6)
    const dropped = outcomes.at(-1) as { drop: string; evidence: object }
    expect(dropped).toMatchObject({ drop: 'low-quality', evidence: { threshold: 0.5 } })
  })

  it('leaves a classifier that judges the same in another preparation', async () => {
    const raw = join(folder, 'raw.txt')
    await writeFile(raw, sentences(football, 100, 8).join('\n'))
    const first = await run({ good: await goodFile(), raw })
    const path = join(folder, 'quality.classifier')
    await writeFile(
      path,
      Buffer.concat([...(first.plan.files!['quality.classifier'] as Iterable<Uint8Array>)]),
    )
    expect((await run({ classifier: path })).outcomes).toEqual(first.outcomes)
    const other = join(folder, 'other.classifier')
    await writeTextClassifier(other, await trainTextClassifier(labelled))
    await expect(run({ classifier: other })).rejects.toMatchObject({ code: 'invalid-text-classifier' })
  })

  it('keeps by the rule of GPT-3 as often as its distribution says, the same twice', async () => {
    const raw = join(folder, 'raw-pareto.txt')
    await writeFile(raw, sentences(football, 100, 8).join('\n'))
    const good = { good: await goodFile(), raw, keep: 'pareto', alpha: 9 }
    const { outcomes, plan } = await run(good)
    expect((await run(good)).outcomes).toEqual(outcomes)
    // Of a row that scores s the chance to be kept is (2 − s) ** −α.
    let [expected, variance] = [0, 0]
    const path = join(folder, 'p.classifier')
    await writeFile(path, Buffer.concat([...(plan.files!['quality.classifier'] as Iterable<Uint8Array>)]))
    const classifier = await readTextClassifier(path)
    for (const text of rows) {
      const chance = (2 - classifier.probabilities(text)[0]!) ** -9
      expected += chance
      variance += chance * (1 - chance)
    }
    expect(Math.abs(kept(outcomes).length - expected)).toBeLessThan(4 * Math.sqrt(variance))
    expect(kept((await run(good, 2)).outcomes)).not.toEqual(kept(outcomes))
  })

  it('wants good texts or a classifier, and enough of them', async () => {
    expect(qualityStep.options.safeParse({}).success).toBe(false)
    expect(qualityStep.options.safeParse({ good: 'a', classifier: 'b' }).success).toBe(false)
    const few = join(folder, 'few.txt')
    await writeFile(few, 'one\ntwo\n')
    await expect(run({ good: few })).rejects.toMatchObject({ code: 'too-few-texts' })
  })
})
