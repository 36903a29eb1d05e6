import { describe, expect, it } from 'vitest'
import { product } from '../engine/dimension.ts'
import { floats, integers } from '../engine/session.ts'
import { StepMemory } from './step-memory.ts'

const rows = product(['batch', 'perExample'])
const program = {
  inputs: [
    { name: 'past', shape: [rows, 'past', 2], dtype: 'float32' as const },
    { name: 'tokens', shape: [rows, 'length'], dtype: 'int64' as const },
    { name: 'mask', shape: [rows, 'past+length'], dtype: 'float32' as const },
  ],
  outputs: [
    { name: 'present', shape: [rows, 'past+length', 2], dtype: 'float32' as const },
    { name: 'scores', shape: [rows, 3], dtype: 'float32' as const },
  ],
}

/** A step of one token after so many, in so many rows. */
const feeds = (count: number, past: number) => ({
  past: floats(new Float32Array(count * past * 2), [count, past, 2]),
  tokens: integers(new Int32Array(count), [count, 1]),
  mask: floats(new Float32Array(count * (past + 1)), [count, past + 1]),
})

describe('the memory of decoding steps', () => {
  it('has the shapes that the feeds make', () => {
    const { present, scores } = new StepMemory().outputs(program, feeds(6, 4), 100)
    expect(present!.shape).toEqual([6, 5, 2])
    expect(present!.data).toHaveLength(60)
    expect(scores!.shape).toEqual([6, 3])
  })

  it('never writes where the step before has written, and comes back to where the one before that did', () => {
    const memory = new StepMemory()
    const buffers = Array.from({ length: 40 }, (_, past) => {
      const { present, scores } = memory.outputs(program, feeds(2, past), 100)
      expect(present!.data.length).toBe(2 * (past + 1) * 2)
      return [present!.data.buffer, scores!.data.buffer]
    })
    const all = buffers.flat()
    buffers.slice(1).forEach((pair, step) => {
      for (const buffer of pair) expect(buffers[step]).not.toContain(buffer)
    })
    // Two of each are enough where the most tokens are known.
    expect(new Set(all).size).toBe(4)
  })

  it('takes room for more tokens as they come where there may be very many', () => {
    const memory = new StepMemory()
    const sizes = Array.from({ length: 2000 }, (_, past) => {
      const { present } = memory.outputs(program, feeds(1, past), 1e9)
      return present!.data.buffer.byteLength
    })
    expect(sizes[0]).toBeLessThan(300 * 2 * 4)
    expect(sizes.at(-1)).toBeLessThan(5000 * 2 * 4)
    expect(new Set(sizes).size).toBeLessThan(10)
  })

  it('gives fewer rows a part of what it has', () => {
    const memory = new StepMemory()
    const first = memory.outputs(program, feeds(4, 8), 100)
    memory.outputs(program, feeds(4, 9), 100)
    const third = memory.outputs(program, feeds(1, 10), 100)
    expect(third.present!.shape).toEqual([1, 11, 2])
    expect(third.present!.data.buffer).toBe(first.present!.data.buffer)
  })
})
