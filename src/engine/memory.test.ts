import { describe, expect, it } from 'vitest'
import { HostMemory } from './memory.ts'

describe('HostMemory', () => {
  it('hands out zeros of the asked lengths on whole cache lines, none overlapping', () => {
    const arrays = new HostMemory().allocate([1, 31, 32, 33, 1000, 0, 5])
    let end = 0
    for (const [index, { data, pointer, paddedLength }] of arrays.entries()) {
      expect(data.length).toBe([1, 31, 32, 33, 1000, 0, 5][index])
      expect(pointer % 128).toBe(0)
      expect(data.byteOffset).toBe(pointer)
      expect(pointer).toBeGreaterThanOrEqual(end)
      expect(paddedLength % 32).toBe(0)
      expect(paddedLength - data.length).toBeGreaterThanOrEqual(0)
      expect(paddedLength - data.length).toBeLessThan(32)
      expect(data.every((value) => value === 0)).toBe(true)
      end = pointer + paddedLength * 4
    }
    for (const [index, { data }] of arrays.entries()) data.fill(index + 1)
    for (const [index, { data }] of arrays.entries()) {
      expect(data.every((value) => value === index + 1)).toBe(true)
    }
  })

  it('shares one memory among arrays asked for together, and reserves another when it is full', () => {
    const memory = new HostMemory(65_536)
    const first = memory.allocate([4_096, 4_096])
    expect(first[0]!.data.buffer).toBe(first[1]!.data.buffer)
    const second = memory.allocate([8_192])
    expect(second[0]!.data.buffer).toBe(first[0]!.data.buffer)
    const third = memory.allocate([1, 100_000])
    expect(third[0]!.data.buffer).not.toBe(first[0]!.data.buffer)
    expect(third[0]!.data.buffer).toBe(third[1]!.data.buffer)
    first[0]!.data.fill(7)
    expect(third[1]!.data.every((value) => value === 0)).toBe(true)
  })

  it('fills the room left in an earlier memory before it reserves more', () => {
    const memory = new HostMemory()
    const [small] = memory.allocate([100])
    const [large] = memory.allocate([100_000])
    const [again] = memory.allocate([100])
    expect(large!.data.buffer).not.toBe(small!.data.buffer)
    expect(again!.data.buffer).toBe(small!.data.buffer)
  })

  it('gives kernels that work on the memory of the array', () => {
    const memory = new HostMemory()
    const [a] = memory.allocate([3])
    const [b] = memory.allocate([100_000])
    a!.data.set([1, 2, 2])
    b!.data.fill(0.5)
    expect(a!.kernels.sumOfSquares(a!.pointer, a!.paddedLength)).toBe(9)
    expect(b!.kernels.sumOfSquares(b!.pointer, b!.paddedLength)).toBe(25_000)
  })

  it('refuses more than one memory can hold, saying what to do', () => {
    expect(() => new HostMemory().allocate([2 ** 30 + 1])).toThrow(
      /^4\.0 GiB were asked for in one piece.*split the largest parameter$/,
    )
    expect(() => new HostMemory().allocate([2 ** 31, 2 ** 31])).toThrow(/^16\.0 GiB/)
  })
})
