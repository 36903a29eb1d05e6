import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { GenerationOptions } from '../options.ts'
import { createLogitsProcessors } from './index.ts'

interface ProcessorCase {
  options: GenerationOptions
  histories: number[][]
  promptLength: number
  scores: number[][]
  processed: (number | null)[][]
}
const cases = JSON.parse(
  readFileSync(new URL('../fixtures/processors.json', import.meta.url), 'utf8'),
) as ProcessorCase[]

describe('logits processors', () => {
  it.each(cases.map((one) => [JSON.stringify(one.options), one] as const))(
    "equal transformers': %s",
    (_, one) => {
      const vocabularySize = one.scores[0]!.length
      const processors = createLogitsProcessors(one.options, vocabularySize)
      expect(processors.length).toBeGreaterThan(0)
      // All rows in one buffer, behind one row that must not be touched.
      const scores = Float32Array.from([one.scores[0]!.map(() => 7), ...one.scores].flat())
      const tokens = Int32Array.from([2, 3, ...one.histories.flat()])
      one.histories.forEach((history, row) => {
        for (const process of processors) {
          process(scores, (row + 1) * vocabularySize, {
            tokens,
            start: 2 + row * history.length,
            length: history.length,
            promptLength: one.promptLength,
            maximumLength: one.options.maxLength ?? 100,
          })
        }
      })
      expect(scores.subarray(0, vocabularySize).every((score) => score === 7)).toBe(true)
      const found = scores.subarray(vocabularySize)
      const expected = one.processed.flat().map((score) => score ?? -Infinity)
      const differences = expected.map((score, index) =>
        found[index] === score ? 0 : Math.abs(found[index]! - score),
      )
      expect(Math.max(...differences)).toBeLessThan(1e-6)
    },
  )

  it('are none for neutral options', () => {
    const neutral = {
      doSample: true,
      temperature: 1,
      topK: 0,
      topP: 1,
      minP: 0,
      repetitionPenalty: 1,
      noRepeatNgramSize: 0,
    }
    expect(createLogitsProcessors(neutral, 10)).toEqual([])
  })
})
