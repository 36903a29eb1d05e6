import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadModel } from './load-model.ts'
import { tinyFolder, type TinyFolder } from './testing/tiny-folder.ts'

const fixtures = join(import.meta.dirname, '../models/fixtures')

interface Expected {
  inputs: { input_ids: number[][]; attention_mask: number[][]; decoder_input_ids?: number[][] }
  logits: number[][][]
}

describe('loadModel', () => {
  const { inputs, logits: wanted } = JSON.parse(
    readFileSync(join(fixtures, 'bart/expected.json'), 'utf8'),
  ) as Expected

  it('gives the logits of transformers', async () => {
    const model = await loadModel(join(fixtures, 'bart'))
    const { logits } = await model.forward({
      inputIds: inputs.input_ids,
      attentionMask: inputs.attention_mask,
      decoderInputIds: inputs.decoder_input_ids,
    })
    await model.release()
    expect(logits.shape).toEqual([wanted.length, wanted[0]!.length, wanted[0]![0]!.length])
    const flat = wanted.flat(2)
    const largest = Math.max(...flat.map((value, index) => Math.abs(value - logits.data[index]!)))
    expect(largest).toBeLessThan(1e-5)
  })

  it('reads rows in any of the usual forms', async () => {
    const model = await loadModel(join(fixtures, 'llama'))
    const row = inputs.input_ids[0]!.slice(0, 5)
    const { logits } = await model.forward({ inputIds: [row] })
    const forms = [
      row,
      Int32Array.from(row),
      [BigInt64Array.from(row, BigInt)],
      { data: Int32Array.from(row), shape: [1, 5] },
    ]
    for (const inputIds of forms) expect((await model.forward({ inputIds })).logits).toEqual(logits)
    expect(logits.shape.slice(0, 2)).toEqual([1, 5])
    await model.release()
  })

  it.each([
    ['rows of unequal length', { inputIds: [[3, 4], [5]] }, 'input-shape'],
    ['no rows', { inputIds: [] }, 'input-shape'],
    ['a shape that does not fit', { inputIds: { data: [1, 2, 3], shape: [2, 2] } }, 'input-shape'],
    ['an id outside the vocabulary', { inputIds: [[3, 1e6]] }, 'token-id'],
    ['an id that is no number', { inputIds: [['a', 1]] as unknown as number[][] }, 'token-id'],
    ['decoder inputs without an encoder', { inputIds: [[3]], decoderInputIds: [[3]] }, 'unexpected-input'],
  ])('refuses %s', async (_, given, code) => {
    const model = await loadModel(join(fixtures, 'llama'))
    await expect(model.forward(given)).rejects.toMatchObject({ code })
    await model.release()
  })

  it('refuses a folder that is none', async () => {
    await expect(loadModel(fixtures)).rejects.toMatchObject({ code: 'no-model' })
  })

  describe('with a tokenizer', () => {
    let tiny: TinyFolder
    beforeAll(async () => {
      tiny = await tinyFolder('encoder-decoder', { maxNewTokens: 6, decoderStartTokenId: 2 })
    })
    afterAll(() => tiny.remove())

    it('writes a text for each text', async () => {
      const model = await loadModel(tiny.folder)
      const texts = ['민수: 내일 봐.', 'See you at eight.']
      const both = await model.generate(texts)
      const second = await model.generate([texts[1]!], { maxNewTokens: 3 })
      await model.release()
      expect(both).toHaveLength(2)
      expect(both[0]!.outputTokens).toBeLessThanOrEqual(6)
      expect(second[0]!.outputTokens).toBe(3)
      expect(both[1]!.text.startsWith(second[0]!.text.replace(/\ufffd+$/, ''))).toBe(true)
    })
  })
})
