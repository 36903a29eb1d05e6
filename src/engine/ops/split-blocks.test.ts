import { describe, expect, it } from 'vitest'
import { input } from '../tensor.ts'
import { checkSymbolic } from '../testing-symbolic.ts'
import { checkOperation, randomSource, randomValues } from '../testing.ts'
import { joinBlocks, splitBlocks } from './split-blocks.ts'

const cases = [
  { shape: [2, 7, 3], size: 3 },
  { shape: [1, 2, 2], size: 5 },
  { shape: [3, 4, 2], size: 2 },
  { shape: [2, 5], size: 2 },
  { shape: [2, 3, 2, 2], size: 1 },
]

/** Row after row in blocks, the last of each filled up with zeros. */
function reference(shape: readonly number[], size: number) {
  const [batch, length, ...rest] = shape as [number, number]
  const width = (rest as number[]).reduce((product, size) => product * size, 1)
  const whole = Math.ceil(length / size) * size
  return (x: Float64Array) =>
    Float64Array.from({ length: batch * whole * width }, (_, index) => {
      const place = Math.floor(index / width) % whole
      const row = Math.floor(index / (width * whole))
      return place < length ? x[(row * length + place) * width + (index % width)]! : 0
    })
}

describe('blocks of rows', () => {
  it.each(cases)('of $shape hold $size places, with their gradient', async ({ shape, size }) => {
    const x = randomValues(randomSource(71), shape)
    const { value, gradient } = await checkOperation((x) => splitBlocks(x!, size), reference(shape, size), [
      x,
    ])
    expect(value).toBe(0)
    expect(gradient).toBeLessThan(1e-5)
    const back = await checkOperation(
      (x) => joinBlocks(splitBlocks(x!, size), x!.shape),
      (x) => x,
      [x],
    )
    expect(back.value).toBe(0)
    expect(back.gradient).toBeLessThan(1e-5)
  })

  it('are cut at sizes not known yet', async () => {
    expect(splitBlocks(input('x', ['batch', 'length', 3]), 4).shape).toEqual(['batch*ceil(length/4)', 4, 3])
    for (const { shape, size } of cases) {
      const x = randomValues(randomSource(72), shape)
      const named = ['batch', 'length', ...shape.slice(2)]
      expect(await checkSymbolic((x) => splitBlocks(x!, size), [x], [named])).toBe(0)
      const andBack = (x?: ReturnType<typeof input>) => joinBlocks(splitBlocks(x!, size), x!.shape)
      expect(await checkSymbolic(andBack, [x], [named])).toBe(0)
    }
  })

  it('are refused where they are none', () => {
    expect(() => splitBlocks(input('x', [3]), 2)).toThrow(/^splitBlocks: \[3\] in blocks of 2 is not/)
    expect(() => splitBlocks(input('x', [2, 3]), 0)).toThrow(/blocks of at least one/)
    expect(() => joinBlocks(input('x', [4, 2, 3]), [2, 5, 3])).toThrow(
      'joinBlocks: [4, 2, 3] are not the blocks of [2, 5, 3]',
    )
    expect(() => splitBlocks(input('x', ['batch', '2*length', 3]), 4)).toThrow(
      /'2\*length' cannot be counted/,
    )
  })
})
