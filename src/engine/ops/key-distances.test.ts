import { describe, expect, it } from 'vitest'
import { runOnce } from '../testing.ts'
import { floats } from '../session.ts'
import { input } from '../tensor.ts'
import { keyDistances } from './key-distances.ts'

describe('distances of keys', () => {
  it.each([
    [1, 1],
    [4, 4],
    [1, 6],
    [3, 5],
  ])('are place of the query less place of the key: %i queries, %i keys', async (length, keys) => {
    const values = floats(new Float32Array(2 * length * keys), [2, 1, length, keys])
    for (const shape of [values.shape, ['batch', 1, 'length', 'past+length']] as const) {
      const { distances } = await runOnce({ distances: keyDistances(input('mask', shape)) }, { mask: values })
      expect(distances!.shape).toEqual([length, keys])
      const wanted = Array.from({ length: length * keys }, (_, index) => {
        const [query, key] = [Math.floor(index / keys), index % keys]
        return keys - length + query - key
      })
      expect([...distances!.data]).toEqual(wanted)
    }
  })

  it('need queries and keys', () => {
    expect(() => keyDistances(input('mask', [3]))).toThrow(/\[3\] is not/)
  })
})
