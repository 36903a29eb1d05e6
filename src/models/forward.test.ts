import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ForwardPass } from './forward.ts'
import { openModel } from './model.ts'

const fixtures = join(import.meta.dirname, 'fixtures')

let llama: ForwardPass
let bart: ForwardPass

beforeAll(async () => {
  llama = new ForwardPass(await openModel(join(fixtures, 'llama')))
  bart = new ForwardPass(await openModel(join(fixtures, 'bart')))
})
afterAll(async () => {
  await llama.release()
  await bart.release()
})

describe('a forward pass', () => {
  it.each([
    ['no rows', { inputIds: [] }, 'input-shape'],
    ['empty rows', { inputIds: [[]] }, 'input-shape'],
    ['rows of two lengths', { inputIds: [[3, 4], [5]] }, 'input-shape'],
    ['a mask of another length', { inputIds: [[3, 4]], attentionMask: [[1]] }, 'input-shape'],
    ['a mask of fewer rows', { inputIds: [[3], [4]], attentionMask: [[1]] }, 'input-shape'],
    ['an id beyond the vocabulary', { inputIds: [[3, 61]] }, 'token-id'],
    ['a negative id', { inputIds: [[-1]] }, 'token-id'],
    ['half an id', { inputIds: [[1.5]] }, 'token-id'],
    [
      'more tokens than the model reads',
      { inputIds: [new Array<number>(65).fill(3)] },
      'context-length-exceeded',
    ],
  ])('refuses %s in one line', async (_, inputs, code) => {
    await expect(llama.run(inputs)).rejects.toMatchObject({
      name: 'YuksuError',
      code,
      message: expect.stringMatching(/^[^\n]+$/) as string,
    })
  })

  it('asks for the ids of the decoder, one row for each of the source', async () => {
    await expect(bart.run({ inputIds: [[3, 2]] })).rejects.toMatchObject({ code: 'missing-input' })
    const fewer = bart.run({ inputIds: [[3, 2]], decoderInputIds: [[2], [2]] })
    await expect(fewer).rejects.toMatchObject({ code: 'input-shape' })
  })

  it('gives a row the same logits alone, beside others and padded on either side', async () => {
    const row = [7, 3, 41, 9]
    const { logits: alone } = await llama.run({ inputIds: [row] })
    const padded = await llama.run({
      inputIds: [
        [...row, 1, 1],
        [1, 1, ...row],
        [5, 6, 7, 8, 9, 10],
      ],
      attentionMask: [
        [1, 1, 1, 1, 0, 0],
        [0, 0, 1, 1, 1, 1],
        [1, 1, 1, 1, 1, 1],
      ],
    })
    const [, , width] = padded.logits.shape as [number, number, number]
    expect(alone.shape).toEqual([1, 4, 61])
    const difference = (start: number) =>
      Math.max(
        ...alone.data.map((value, index) => Math.abs(value - padded.logits.data[start * width + index]!)),
      )
    expect(difference(0)).toBeLessThan(1e-5)
    expect(difference(6 + 2)).toBeLessThan(1e-5)
  })
})
