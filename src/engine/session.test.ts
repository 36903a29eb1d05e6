import { describe, expect, it } from 'vitest'
import { compile } from './lowering.ts'
import { HostMemory } from './memory.ts'
import { floats, integers, Session } from './session.ts'
import { input } from './tensor.ts'
import { add } from './ops/add.ts'
import { embedding } from './ops/embedding.ts'
import { linear } from './ops/linear.ts'
import { multiply } from './ops/multiply.ts'

const zeros = (...shape: number[]) => floats(new Float32Array(shape.reduce((a, b) => a * b, 1)), shape)

describe('Session.run', () => {
  it('says which input is missing, or has another type or shape than traced', async () => {
    const ids = input('ids', ['batch', 'length'], 'int64')
    const scales = input('scales', ['batch', 1, 1])
    const session = await Session.create(
      compile({ y: multiply(embedding(input('table', [5, 2]), ids), scales) }),
    )
    const given = { table: zeros(5, 2), ids: integers([1, 2], [1, 2]), scales: zeros(1, 1, 1) }
    await expect(session.run(given)).resolves.toBeDefined()
    const { table: _, ...rest } = given
    await expect(session.run(rest)).rejects.toThrow("the program's input 'table' was not given")
    await expect(session.run({ ...given, table: zeros(5, 3) })).rejects.toThrow(
      "the program's input 'table' is float32 [5, 2], given was float32 [5, 3]",
    )
    await expect(session.run({ ...given, table: zeros(5) })).rejects.toThrow(
      /\[5, 2\], given was float32 \[5\]/,
    )
    await expect(session.run({ ...given, ids: zeros(1, 2) })).rejects.toThrow(
      /'ids' is int64 \[batch, length\].*given was float32 \[1, 2\]/,
    )
    // One name stands for one size in a run.
    await expect(session.run({ ...given, scales: zeros(3, 1, 1) })).rejects.toThrow(
      /'scales' is float32 \[batch, 1, 1\] \(batch = 1.*\), given was float32 \[3, 1, 1\]/,
    )
    await session.release()
  })

  it('writes into the tensors given for outputs, in host memory and at their place', async () => {
    const session = await Session.create(
      compile({
        y: linear(input('x', [2, 3]), input('w', [4, 3])),
        z: add(input('x', [2, 3]), input('b', [3])),
      }),
    )
    const [before, y, after, w] = new HostMemory().allocate([4, 8, 4, 12])
    before!.data.fill(-7)
    after!.data.fill(-7)
    w!.data.forEach((_, index) => (w!.data[index] = index))
    const target = floats(y!.data, [2, 4])
    const feeds = {
      x: floats(Float32Array.of(1, 0, 0, 0, 0, 1), [2, 3]),
      w: floats(w!.data, [4, 3]),
      b: floats(Float32Array.of(1, 2, 3), [3]),
    }
    const results = await session.run(feeds, { y: target })
    expect(results.y).toBe(target)
    expect([...y!.data]).toEqual([0, 3, 6, 9, 2, 5, 8, 11])
    expect([...(results.z!.data as Float32Array)]).toEqual([2, 2, 3, 1, 2, 4])
    expect([...before!.data, ...after!.data]).toEqual(Array.from({ length: 8 }, () => -7))
    // Changed in place, as an optimizer does, the same feeds give the new values.
    w!.data.fill(1)
    await session.run(feeds, { y: target })
    expect([...y!.data]).toEqual(Array.from({ length: 8 }, () => 1))
    await session.release()
  })

  it('gives the same bytes for the same feeds', async () => {
    const session = await Session.create(compile({ y: linear(input('x', [64, 96]), input('w', [128, 96])) }))
    const wave = (rows: number) =>
      floats(
        Float32Array.from({ length: rows * 96 }, (_, index) => Math.sin(index)),
        [rows, 96],
      )
    const feeds = { x: wave(64), w: wave(128) }
    const first = Buffer.from((await session.run(feeds)).y!.data.buffer)
    for (let run = 0; run < 5; run++) {
      const again = Buffer.from((await session.run(feeds)).y!.data.buffer)
      expect(again.equals(first)).toBe(true)
    }
    await session.release()
  })
})

describe('integers', () => {
  it('makes 64-bit values of numbers, negative ones too', () => {
    expect(integers([1, -100, 2 ** 40], [3])).toEqual({
      dtype: 'int64',
      data: BigInt64Array.of(1n, -100n, 2n ** 40n),
      shape: [3],
    })
  })
})
