import { describe, expect, it } from 'vitest'
import {
  blockCount,
  broadcastShapes,
  elementCount,
  normalizeAxis,
  product,
  resolveShape,
  sameShape,
  total,
} from './dimension.ts'

describe('product', () => {
  it('is one form for equal products, however they are made', () => {
    expect(product([])).toBe(1)
    expect(product([2, 3, 4])).toBe(24)
    expect(product(['batch'])).toBe('batch')
    expect(product(['length', 'batch'])).toBe(product(['batch', 'length']))
    expect(product([2, product(['length', 3]), 'batch'])).toBe('6*batch*length')
    expect(product([product([2, 'batch']), 3])).toBe(product([product(['batch', 3]), 2]))
    expect(product(['batch', 'batch'])).not.toBe(product(['batch']))
  })
})

describe('resolveShape', () => {
  it('puts numbers in the place of names, inside products too', () => {
    const shape = ['batch', product([4, 'batch', 'length']), 7]
    expect(resolveShape(shape, { batch: 2, length: 5 })).toEqual([2, 40, 7])
    expect(() => resolveShape(shape, { batch: 2 })).toThrow("no size was given for the dimension 'length'")
  })
})

describe('blocks', () => {
  it('are counted of numbers, and of names once these are known', () => {
    expect([blockCount(7, 3), blockCount(6, 3), blockCount(1, 3)]).toEqual([3, 2, 1])
    expect(blockCount('length', 1)).toBe('length')
    const blocks = blockCount('length', 3)
    const shape = [product(['batch', blocks, 4]), total([blocks, 12]), total(['past', 'length'])]
    expect(resolveShape(shape, { batch: 2, length: 7, past: 1 })).toEqual([24, 15, 8])
    expect(() => resolveShape(shape, { batch: 2, past: 1 })).toThrow(
      /no size was given .* 'ceil\(length\/3\)'/,
    )
    expect(() => blockCount('2*length', 3)).toThrow("the blocks of '2*length' cannot be counted")
  })
})

describe('broadcastShapes', () => {
  it('follows NumPy’s rule, names being equal only to themselves', () => {
    expect(broadcastShapes([2, 1], [3])).toEqual([2, 3])
    expect(broadcastShapes([], ['batch', 1])).toEqual(['batch', 1])
    expect(broadcastShapes([1, 'length'], ['batch', 'length'])).toEqual(['batch', 'length'])
    expect(broadcastShapes(['batch'], ['length'])).toBeUndefined()
    expect(broadcastShapes(['batch'], [2])).toBeUndefined()
  })
})

describe('shapes', () => {
  it('count their elements where every size is known', () => {
    expect(elementCount([])).toBe(1)
    expect(elementCount([3, 4])).toBe(12)
    expect(() => elementCount([3, 'batch'])).toThrow('[3, batch]')
  })

  it('are compared by value', () => {
    expect(sameShape([2, 'batch'], [2, 'batch'])).toBe(true)
    expect(sameShape([2], [2, 1])).toBe(false)
  })

  it('have axes counted from either end', () => {
    expect(normalizeAxis(-1, 3)).toBe(2)
    expect(normalizeAxis(0, 3)).toBe(0)
    for (const axis of [3, -4]) expect(() => normalizeAxis(axis, 3)).toThrow(`axis ${axis} does not exist`)
  })
})
