import { expect, it } from 'vitest'
import { runOnce } from '../testing.ts'
import { floats } from '../session.ts'
import { input } from '../tensor.ts'
import { toIntegers } from './to-integers.ts'

it('cuts off what is behind the point, of both signs, into int64', async () => {
  const x = floats(Float32Array.of(0, 2, 2.9, -2.9, -0.5, 16_777_215), [2, 3])
  const { whole } = await runOnce({ whole: toIntegers(input('x', ['rows', 3])) }, { x })
  expect(whole!.data).toEqual(BigInt64Array.of(0n, 2n, 2n, -2n, 0n, 16_777_215n))
  expect(whole!.shape).toEqual([2, 3])
})
