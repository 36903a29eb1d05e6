import { expect, it } from 'vitest'
import { checkInt8Products, checkSums } from './int8-support.ts'

it('asks the processor whether it adds up products of bytes in enough bits', async () => {
  // Where it does not, the values of `int8Linear` are wrong too, and its own tests say so.
  await expect(checkInt8Products()).resolves.toBeUndefined()
})

it('tells sums that were cut off', () => {
  expect(() => checkSums(Float32Array.of(64, 64.0001, 63.9999))).not.toThrow()
  // Two products of 255 and 127 in 16 bits are 32,767, half of what they should be, and 128 · 127 is taken off for each.
  const cut = (32 * 32_767 - 64 * 128 * 127) / 127 ** 2
  for (const sum of [cut, -64, Number.NaN])
    expect(() => checkSums(Float32Array.of(64, sum))).toThrow(/float32/)
})
