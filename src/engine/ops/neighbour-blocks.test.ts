import { describe, expect, it } from 'vitest'
import { input } from '../tensor.ts'
import { checkSymbolic } from '../testing-symbolic.ts'
import { checkOperation, randomSource, randomValues } from '../testing.ts'
import { neighbourBlocks } from './neighbour-blocks.ts'

const cases = [
  { shape: [2, 7, 3], size: 3 },
  { shape: [1, 2, 2], size: 5 },
  { shape: [3, 4, 1], size: 2 },
  { shape: [2, 3, 2], size: 1 },
]

/** Place by place from a block before to a block behind. */
function reference([batch, length, width]: readonly number[], size: number) {
  const blocks = Math.ceil(length! / size)
  return (x: Float64Array) =>
    Float64Array.from({ length: batch! * blocks * 3 * size * width! }, (_, index) => {
      const window = Math.floor(index / width!)
      const [row, block] = [
        Math.floor(window / (3 * size * blocks)),
        Math.floor(window / (3 * size)) % blocks,
      ]
      const place = (block - 1) * size + (window % (3 * size))
      return place >= 0 && place < length! ? x[(row * length! + place) * width! + (index % width!)]! : 0
    })
}

describe('neighbouring blocks', () => {
  it.each(cases)('of $shape hold three of $size places, with their gradient', async ({ shape, size }) => {
    const x = randomValues(randomSource(73), shape)
    const { value, gradient } = await checkOperation(
      (x) => neighbourBlocks(x!, size),
      reference(shape, size),
      [x],
    )
    expect(value).toBe(0)
    expect(gradient).toBeLessThan(1e-5)
  })

  it('are found at sizes not known yet', async () => {
    for (const { shape, size } of cases) {
      const x = randomValues(randomSource(74), shape)
      const named = ['batch', 'length', shape[2]!]
      expect(await checkSymbolic((x) => neighbourBlocks(x!, size), [x], [named])).toBeLessThan(1e-6)
    }
  })

  it('are refused where the width is not known', () => {
    expect(() => neighbourBlocks(input('x', ['batch', 'length', 'width']), 2)).toThrow(/of a known width/)
    expect(() => neighbourBlocks(input('x', [2, 3, 4]), 0)).toThrow(/blocks of at least one/)
  })
})
