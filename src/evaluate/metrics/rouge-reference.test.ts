/** ROUGE against ROUGE-1.5.5 and google's rouge_score. The texts stand beside the repository and are not ours. */
import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { leadBaseline } from '../baselines.ts'
import fixture from './fixtures/rouge-score.json' with { type: 'json' }
import { rougeNames } from './rouge-scorer.ts'
import type { PrecisionRecall, RougeName } from './rouge-scorer.ts'
import { scoreRouge } from './rouge.ts'

const data = resolve(import.meta.dirname, '../../../../shared/data')
const vectorsFile = resolve(data, 'fixtures/rouge-vectors.json')
const dialogsumFile = resolve(data, 'summarization/dialogsum-en/dialogsum.dev.jsonl')

interface Vectors {
  targets: string[]
  predictions: string[]
  expected: { type: RougeName; stem: boolean; scores: [number, number, number][] }[]
  small: { type: RougeName; target: string; prediction: string; p: number; r: number; f: number }[]
}

function scoreOne(reference: string, prediction: string, stem: boolean) {
  return scoreRouge([{ references: [reference], prediction }], { stem, resamples: 1 })
}

function difference(actual: PrecisionRecall, expected: number[]): number {
  const values = [actual.precision, actual.recall, actual.f1]
  return Math.max(...values.map((value, index) => Math.abs(value - expected[index]!)))
}

describe.skipIf(!existsSync(vectorsFile))('ROUGE-1.5.5 (needs ../shared/data/fixtures)', () => {
  it('scores the published vectors, stemmed and not', async () => {
    const vectors = JSON.parse(readFileSync(vectorsFile, 'utf8')) as Vectors
    for (const { type, stem, scores } of vectors.expected) {
      for (const [index, score] of scores.entries()) {
        const report = await scoreOne(vectors.targets[index]!, vectors.predictions[index]!, stem)
        expect(difference(report[type], score)).toBeLessThanOrEqual(1e-5)
      }
    }
    for (const { type, target, prediction, p, r, f } of vectors.small) {
      const report = await scoreOne(target, prediction, false)
      expect(difference(report[type], [p, r, f])).toBeLessThanOrEqual(1e-8)
    }
  })
})

/** The rule of `perturbed` in oracles/rouge.py. */
function perturbed(summary: string): string {
  const words = summary.trim().split(/\s+/)
  const mixed = [...words.filter((_, i) => i % 3 === 1), ...words.filter((_, i) => i % 3 === 2)]
  const lines = Array.from({ length: Math.ceil(mixed.length / 7) }, (_, i) => mixed.slice(i * 7, i * 7 + 7))
  return lines.map((line) => line.join(' ')).join('\n')
}

describe.skipIf(!existsSync(dialogsumFile))('rouge_score on DialogSum dev (needs ../shared/data)', () => {
  const rules = {
    lead3: (row: { dialogue: string }) => leadBaseline(row.dialogue),
    perturbed: (row: { summary: string }) => perturbed(row.summary),
  }

  it.each(fixture)('scores $prediction as rouge_score does, stem: $stem', async (expected) => {
    const rows = readFileSync(dialogsumFile, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { dialogue: string; summary: string })
    const rule = rules[expected.prediction as keyof typeof rules]
    const pairs = rows.map((row) => ({ references: [row.summary], prediction: rule(row) }))
    const report = await scoreRouge(pairs, { stem: expected.stem })
    expect(report).toMatchObject({ language: 'en', unit: 'word', rows: 500 })
    for (const name of rougeNames) {
      expect(difference(report[name], expected.measures[name].mean)).toBeLessThanOrEqual(1e-12)
    }
    for (const [index, pair] of pairs.entries()) {
      const single = await scoreOne(pair.references[0]!, pair.prediction, expected.stem)
      const differences = rougeNames.map((name) => single[name].f1 - expected.measures[name].f1[index]! / 1e6)
      expect(Math.max(...differences.map(Math.abs))).toBeLessThanOrEqual(6e-7)
    }
  })
})
