import { expect, it } from 'vitest'
import { constant, input } from '../tensor.ts'
import { evaluate } from '../testing.ts'
import { indicator } from './indicator.ts'

it('counts a condition as 0 and 1, through which nothing flows', async () => {
  const condition = constant(Uint8Array.of(1, 0, 1), [3])
  const result = await evaluate(() => indicator(condition), [])
  expect(result.dtype).toBe('float32')
  expect([...(result.data as Float32Array)]).toEqual([1, 0, 1])
  expect(indicator(input('x', [2], 'bool', true)).requiresGradient).toBe(false)
})
