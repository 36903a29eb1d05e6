import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { afterAll, describe, expect, it } from 'vitest'
import { compile } from '../../engine/lowering.ts'
import { linear } from '../../engine/ops/linear.ts'
import { input } from '../../engine/tensor.ts'
import { bindWeights, type BoundWeight, weightBytes } from './bind-weights.ts'

const folder = mkdtempSync(join(tmpdir(), 'yuksu-bind-'))
afterAll(() => rmSync(folder, { recursive: true }))

const weight = Float32Array.from({ length: 12 }, (_, index) => Math.cos(index) / 3)
const bias = Float32Array.of(1, 2, 3)
const x = Float32Array.of(0.5, -1, 2, 4)
const program = compile({
  y: linear(input('x', ['rows', 4]), input('층.weight', [3, 4]), input('층.bias', [3])),
})

function weights(stored: BoundWeight['stored']): BoundWeight[] {
  return [
    { name: '층.weight', shape: [3, 4], stored, read: async () => weight },
    { name: '층.bias', shape: [3], stored: 'float32', read: async () => bias },
  ]
}

async function write(name: string, stored: BoundWeight['stored'], external?: string): Promise<string> {
  const pieces = bindWeights(
    program.bytes,
    weights(stored),
    external === undefined ? undefined : { name: external },
  )
  const bytes = async (parts: Iterable<Uint8Array | BoundWeight>) => {
    const all: Uint8Array[] = []
    for (const part of parts) all.push(part instanceof Uint8Array ? part : await weightBytes(part))
    return Buffer.concat(all)
  }
  const path = join(folder, name)
  writeFileSync(path, await bytes(pieces))
  if (external !== undefined) writeFileSync(join(folder, external), await bytes(weights(stored)))
  return path
}

async function run(path: string): Promise<{ inputs: readonly string[]; y: number[] }> {
  const session = await InferenceSession.create(path)
  const { y } = await session.run({ x: new Tensor('float32', x, [1, 4]) })
  await session.release()
  return { inputs: session.inputNames, y: [...(y!.data as Float32Array)] }
}

const expected = Array.from(bias, (value, row) =>
  x.reduce((sum, one, column) => sum + one * weight[row * 4 + column]!, value),
)
const error = (y: readonly number[]) => Math.max(...y.map((value, row) => Math.abs(value - expected[row]!)))

describe('a program with its weights', () => {
  it.each([
    ['inside', 'float32', undefined, 1e-6],
    ['inside in 16 bits', 'float16', undefined, 2e-3],
    ['in a file beside it', 'float32', 'beside.onnx_data', 1e-6],
    ['in 16 bits in a file beside it', 'float16', 'beside16.onnx_data', 2e-3],
  ] as const)('%s computes the same and asks for the rest alone', async (name, stored, external, limit) => {
    const { inputs, y } = await run(await write(`${name.replaceAll(' ', '-')}.onnx`, stored, external))
    expect(inputs).toEqual(['x'])
    expect(error(y)).toBeLessThan(limit)
  })

  it('has a file without the weights where they are beside it', async () => {
    const inside = readFileSync(await write('a.onnx', 'float32'))
    const outside = readFileSync(await write('b.onnx', 'float32', 'b.onnx_data'))
    const bytes = Buffer.from(weight.buffer)
    expect([inside.includes(bytes), outside.includes(bytes)]).toEqual([true, false])
    expect(readFileSync(join(folder, 'b.onnx_data')).length).toBe(4 * 15)
  })

  it('refuses what 16 bits cannot hold, naming the tensor, and a weight that the program does not read', async () => {
    const large: BoundWeight = { ...weights('float16')[0]!, read: async () => weight.map(() => 1e5) }
    await expect(weightBytes(large)).rejects.toMatchObject({
      code: 'out-of-range',
      message: expect.stringContaining('층.weight') as string,
    })
    const stray = { ...weights('float32')[0]!, name: 'stray' }
    expect(() => bindWeights(program.bytes, [stray])).toThrow(expect.objectContaining({ code: 'internal' }))
  })
})
