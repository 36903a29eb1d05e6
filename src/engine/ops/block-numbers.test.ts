import { describe, expect, it } from 'vitest'
import { floats } from '../session.ts'
import { input } from '../tensor.ts'
import { runOnce } from '../testing.ts'
import { blockNumbers } from './block-numbers.ts'

describe('block numbers', () => {
  it.each([
    [7, 3, 3],
    [6, 3, 2],
    [2, 3, 1],
    [4, 1, 4],
  ])('of %i places in blocks of %i count from 0: %i', async (length, size, count) => {
    const x = floats(new Float32Array(2 * length), [2, length])
    for (const shape of [x.shape, ['batch', 'length']] as const) {
      const { numbers } = await runOnce({ numbers: blockNumbers(input('x', shape), 1, size) }, { x })
      expect(numbers!.shape).toEqual([count])
      expect([...numbers!.data]).toEqual(Array.from({ length: count }, (_, index) => index))
    }
  })

  it('need an axis', () => {
    expect(() => blockNumbers(input('x', [3]), 1, 2)).toThrow(
      'blockNumbers: [3] has no axis 1 of blocks of 2',
    )
  })
})
