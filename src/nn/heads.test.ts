import { describe, expect, it } from 'vitest'
import { input } from '../engine/tensor.ts'
import { mergeHeads, splitFusedHeads, splitHeads } from './heads.ts'
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

describe('heads of one layer for queries, keys and values', () => {
  it.each([
    [4, 4],
    [4, 2],
    [3, 1],
  ])('are %i of queries in %i groups, each before its key and its value', async (heads, shared) => {
    const [batch, length, width] = [2, 3, 5]
    const group = heads / shared
    const total = (heads + 2 * shared) * width
    const x = input('x', ['batch', 'length', total])
    const found = await run(splitFusedHeads(x, heads, shared), { x: counted(batch, length, total) })
    expect(found.query!.shape).toEqual([batch, heads, length, width])
    expect(found.key!.shape).toEqual([batch, shared, length, width])
    expect(found.value!.shape).toEqual([batch, shared, length, width])
    /** What x counts at a head of a group: its query heads, then its key, then its value. */
    const at = (b: number, l: number, g: number, head: number, w: number) =>
      (b * length + l) * total + (g * (group + 2) + head) * width + w
    const element = (name: string, b: number, h: number, l: number, w: number) => {
      const { data, shape } = found[name]!
      return data[((b * shape[1]! + h) * length + l) * width + w]
    }
    for (let head = 0; head < heads; head++) {
      const g = Math.floor(head / group)
      expect(element('query', 1, head, 2, 3)).toBe(at(1, 2, g, head % group, 3))
    }
    for (let g = 0; g < shared; g++) {
      expect(element('key', 0, g, 1, 4)).toBe(at(0, 1, g, group, 4))
      expect(element('value', 1, g, 0, 2)).toBe(at(1, 0, g, group + 1, 2))
    }
  })
})
