import { describe, expect, it } from 'vitest'
import { input } from '../engine/tensor.ts'
import { mergeHeads, repeatHeads, splitHeads } from './heads.ts'
import { counted, run } from './testing.ts'

describe('heads', () => {
  const [batch, length, heads, width] = [2, 3, 4, 5]

  it('are neighbouring stretches of the hidden vector', async () => {
    const x = input('x', [batch, length, heads * width])
    const { split } = await run({ split: splitHeads(x, heads) }, { x: counted(batch, length, heads * width) })
    expect(split!.shape).toEqual([batch, heads, length, width])
    const at = (b: number, h: number, l: number, w: number) =>
      split!.data[((b * heads + h) * length + l) * width + w]
    expect(at(1, 2, 0, 3)).toBe((1 * length + 0) * heads * width + 2 * width + 3)
    expect(at(0, 3, 2, 4)).toBe(2 * heads * width + 3 * width + 4)
  })

  it('are put together again as they were, with sizes known only at run time too', async () => {
    const values = counted(batch, length, heads * width)
    const x = input('x', ['batch', 'length', heads * width])
    const { merged } = await run({ merged: mergeHeads(splitHeads(x, heads)) }, { x: values })
    expect(merged!.shape).toEqual(values.shape)
    expect(merged!.data).toEqual(values.data)
  })

  it('are repeated one after another for the queries that share them', async () => {
    const x = input('x', ['batch', 2, 'length', width])
    const { repeated } = await run({ repeated: repeatHeads(x, 3) }, { x: counted(batch, 2, length, width) })
    expect(repeated!.shape).toEqual([batch, 6, length, width])
    const size = length * width
    const head = (b: number, h: number) =>
      Array.from(repeated!.data.subarray((b * 6 + h) * size, (b * 6 + h + 1) * size) as Float32Array)
    const given = (b: number, h: number) =>
      Array.from({ length: size }, (_, index) => (b * 2 + h) * size + index)
    for (const b of [0, 1]) {
      for (const h of [0, 1, 2, 3, 4, 5]) expect(head(b, h)).toEqual(given(b, Math.floor(h / 3)))
    }
    expect(repeatHeads(x, 1)).toBe(x)
  })
})
