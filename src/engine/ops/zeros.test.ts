import { expect, it } from 'vitest'
import { checkSymbolic } from '../testing-symbolic.ts'
import { evaluate, randomSource, randomValues } from '../testing.ts'
import { add } from './add.ts'
import { zeros } from './zeros.ts'

it('is zeros of a shape, known or not', async () => {
  for (const shape of [[], [3], [2, 1, 3], [0, 2]]) {
    const result = await evaluate(() => zeros(shape), [])
    expect(result.shape).toEqual(shape)
    expect((result.data as Float32Array).every((value) => value === 0)).toBe(true)
  }
  const x = randomValues(randomSource(50), [2, 3])
  expect(await checkSymbolic((x) => add(x!, zeros(x!.shape)), [x], [['batch', 'length']])).toBe(0)
})
