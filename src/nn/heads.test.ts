import { describe, expect, it } from 'vitest'
import { input } from '../engine/tensor.ts'
import { mergeHeads, splitHeads } from './heads.ts'
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
})
