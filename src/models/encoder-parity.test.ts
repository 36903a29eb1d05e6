import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { largestDifference } from '../train/testing.ts'
import { EncoderPass, type Encoded } from './encoder-pass.ts'
import { ForwardPass } from './forward.ts'
import { openModel } from './model.ts'
import { encoderFixtures } from './testing-encoders.ts'

interface Expected {
  readonly inputs: {
    readonly input_ids: number[][]
    readonly attention_mask: number[][]
    readonly token_type_ids?: number[][]
    readonly langs?: number[][]
  }
  readonly hidden: number[][][]
  readonly pooled?: number[][]
  readonly logits?: number[][][]
  readonly nextSentence?: number[][]
}

describe.each(encoderFixtures)('%s against transformers', async (name) => {
  const folder = join(import.meta.dirname, 'fixtures', name)
  const expected = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as Expected
  const { input_ids: inputIds, attention_mask: attentionMask, token_type_ids: tokenTypeIds } = expected.inputs
  const inputs = {
    inputIds,
    attentionMask,
    ...(tokenTypeIds && { tokenTypeIds }),
    ...(expected.inputs.langs && { languageIds: expected.inputs.langs }),
  }
  const model = await openModel(folder)
  const pass = new EncoderPass(model)
  afterAll(() => pass.release())

  it('says the same of every row', async () => {
    const found = await pass.run(inputs)
    const keys = ['hidden', 'pooled', 'logits', 'nextSentence'] as const
    const said = keys.filter((key) => expected[key] !== undefined)
    expect(keys.filter((key) => found[key] !== undefined)).toEqual(said)
    const differences = said.map((key) =>
      largestDifference(found[key]!.data, (expected[key] as unknown as number[]).flat(3)),
    )
    expect(Math.max(...differences)).toBeLessThan(1e-5)
  })

  it('says of a row alone what it says of it among others, and embeds it by its own tokens', async () => {
    const together = await pass.run(inputs)
    const width = together.hidden.shape[2]!
    for (const [row, ids] of inputIds.entries()) {
      const length = attentionMask[row]!.reduce((sum, value) => sum + value)
      const alone = await pass.run({
        inputIds: [ids.slice(0, length)],
        ...(tokenTypeIds && { tokenTypeIds: [tokenTypeIds[row]!.slice(0, length)] }),
        ...(inputs.languageIds && { languageIds: [inputs.languageIds[row]!.slice(0, length)] }),
      })
      const of = ({ data, shape }: Encoded['mean']) => {
        const size = data.length / shape[0]!
        return data.subarray(row * size, (row + 1) * size)
      }
      expect(largestDifference(alone.mean.data, of(together.mean))).toBeLessThan(1e-5)
      expect(largestDifference(alone.first.data, alone.hidden.data.subarray(0, width))).toBe(0)
      const mean = Float64Array.from({ length: width }, (_, at) =>
        alone.hidden.data.reduce((sum, value, index) => sum + (index % width === at ? value / length : 0), 0),
      )
      expect(largestDifference(alone.mean.data, mean)).toBeLessThan(1e-5)
    }
  })

  it('gives its logits as any model does, or says that it has none', async () => {
    const forward = new ForwardPass(model)
    const given = await forward.run(inputs).then(
      ({ logits }) => [...logits.data],
      (error: { code?: string }) => error.code,
    )
    const { logits } = await pass.run(inputs)
    expect(given).toEqual(logits === undefined ? 'no-head' : [...logits.data])
    await forward.release()
  })
})
