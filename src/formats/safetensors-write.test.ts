import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  openSafetensors,
  openSafetensorsFolder,
  type SafetensorsFile,
  type TensorData,
  writeSafetensors,
  writeSafetensorsFolder,
} from './safetensors.ts'

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'yuksu-write-safetensors-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

function header(path: string): {
  end: number
  tensors: [string, { dtype: string; data_offsets: number[] }][]
} {
  const bytes = readFileSync(path)
  const end = 8 + Number(bytes.readBigUInt64LE())
  return { end, tensors: Object.entries(JSON.parse(bytes.subarray(8, end).toString()) as object) }
}

describe('writeSafetensors', () => {
  it('writes every type that a checkpoint holds, and a type as wide as any has its bytes aligned', async () => {
    const path = join(folder, 'types.safetensors')
    const tensors: TensorData[] = [
      { name: 'boolean', shape: [3], dtype: 'BOOL', data: Uint8Array.of(1, 0, 1) },
      { name: 'byte', shape: [3], data: Uint8Array.of(1, 255, 7) },
      { name: 'tiny', shape: [1], data: Int8Array.of(-128) },
      { name: 'float', shape: [1], data: Float32Array.of(0.5) },
      { name: 'double', shape: [1, 2], data: Float64Array.of(1 / 3, -0) },
      { name: 'half', shape: [3], dtype: 'F16', data: Float32Array.of(1, 65_504, 2 ** -24) },
      { name: 'brain', shape: [3], dtype: 'BF16', data: Float32Array.of(1, 3e38, 1 / 3) },
      { name: 'long', shape: [2], data: BigInt64Array.of(-1n, 2n ** 60n) },
      { name: 'whole', shape: [1], data: Int32Array.of(-7) },
      { name: 'raw', shape: [2], dtype: 'I64', data: new Uint8Array(16).fill(255) },
    ]
    await writeSafetensors(path, tensors)
    const file = await openSafetensors(path)
    const dtypes = Object.fromEntries(tensors.map(({ name }) => [name, file.describe(name).dtype]))
    expect(dtypes).toEqual({
      boolean: 'BOOL',
      byte: 'U8',
      tiny: 'I8',
      float: 'F32',
      double: 'F64',
      half: 'F16',
      brain: 'BF16',
      long: 'I64',
      whole: 'I32',
      raw: 'I64',
    })
    expect([...(await file.read('double'))]).toEqual([Math.fround(1 / 3), -0])
    expect([...(await file.read('half'))]).toEqual([1, 65_504, 2 ** -24])
    const brain = await file.read('brain')
    expect(Math.abs(brain[2]! - 1 / 3)).toBeLessThan(2 ** -10)
    expect([...new BigInt64Array((await file.readRaw('raw')).buffer)]).toEqual([-1n, -1n])
    expect([...new BigInt64Array((await file.readRaw('long')).buffer)]).toEqual([-1n, 2n ** 60n])
    await file.close()
    const { end, tensors: written } = header(path)
    const width: Record<string, number> = { F64: 8, I64: 8, F32: 4, I32: 4, F16: 2, BF16: 2 }
    const misplaced = written.filter(
      ([, { dtype, data_offsets }]) => (end + data_offsets[0]!) % (width[dtype] ?? 1) !== 0,
    )
    expect(misplaced).toEqual([])
  })

  it('converts a tensor longer than one piece', async () => {
    const path = join(folder, 'long.safetensors')
    const data = Float32Array.from({ length: (1 << 20) + 3 }, (_, index) => index % 2048)
    await writeSafetensors(path, [{ name: 'long', shape: [data.length], dtype: 'F16', data }])
    const file = await openSafetensors(path)
    const read = await file.read('long')
    await file.close()
    expect(read.every((value, index) => value === data[index])).toBe(true)
  })

  it.each([
    ['F16', 65_520],
    ['F16', -1e6],
    ['BF16', 3.4e38],
  ] as const)('refuses to make infinity of a number in %s: %d', async (dtype, value) => {
    const path = join(folder, 'large.safetensors')
    writeFileSync(path, 'what was there')
    const tensor = { name: 'large', shape: [2], dtype, data: Float32Array.of(1, value) }
    await expect(writeSafetensors(path, [tensor])).rejects.toMatchObject({ code: 'out-of-range' })
    expect(readFileSync(path, 'utf8')).toBe('what was there')
    const infinite = { ...tensor, data: Float32Array.of(Number.NaN, Math.sign(value) * Infinity) }
    await writeSafetensors(path, [infinite])
  })

  it('refuses a type that the values are not of', async () => {
    const given: [TensorData, string][] = [
      [{ name: 'a', shape: [1], dtype: 'I64', data: Float32Array.of(1) }, 'wrong-tensor-type'],
      [{ name: 'a', shape: [1], dtype: 'F16', data: Float64Array.of(1) }, 'wrong-tensor-type'],
      [{ name: 'a', shape: [2], dtype: 'I64', data: new Uint8Array(15) }, 'wrong-length'],
    ]
    for (const [tensor, code] of given)
      await expect(writeSafetensors(join(folder, 'none'), [tensor])).rejects.toMatchObject({ code })
  })
})

describe('writeSafetensorsFolder', () => {
  const tensors: TensorData[] = Array.from({ length: 7 }, (_, index) => ({
    name: `layer.${index}.weight`,
    shape: [index + 1, 10],
    data: new Float32Array((index + 1) * 10).fill(index),
  }))
  const total = tensors.reduce((sum, { data }) => sum + data.byteLength, 0)

  async function contents(path: string): Promise<Record<string, string>> {
    const file: SafetensorsFile = await openSafetensorsFolder(path)
    const found: Record<string, string> = {}
    for (const name of file.names)
      found[name] = createHash('sha256')
        .update(await file.readRaw(name))
        .digest('hex')
    await file.close()
    return found
  }

  it.each([
    [total, 1],
    [600, 2],
    [130, 6],
    [1, 7],
  ])('reads as the same where a shard has at most %d bytes', async (limit, count) => {
    const path = mkdtempSync(join(folder, 'shards-'))
    await writeSafetensorsFolder(path, tensors, { maxShardBytes: limit, metadata: { format: 'pt' } })
    const one = mkdtempSync(join(folder, 'one-'))
    await writeSafetensorsFolder(one, tensors)
    expect(readdirSync(one)).toEqual(['model.safetensors'])
    expect(await contents(path)).toEqual(await contents(one))
    const files = readdirSync(path).filter((name) => name.endsWith('.safetensors'))
    const names = Array.from({ length: count }, (_, place) =>
      count === 1 ? 'model.safetensors' : `model-0000${place + 1}-of-0000${count}.safetensors`,
    )
    expect(files).toEqual(names)
    for (const name of files) {
      const { tensors: held } = header(join(path, name))
      const described = held.filter(([tensor]) => tensor !== '__metadata__')
      const bytes = described.reduce(
        (
          sum,
          [
            ,
            {
              data_offsets: [first, last],
            },
          ],
        ) => sum + last! - first!,
        0,
      )
      expect(bytes <= limit || described.length === 1).toBe(true)
    }
  })

  it('tells in the index how much the tensors take', async () => {
    const path = mkdtempSync(join(folder, 'index-'))
    await writeSafetensorsFolder(path, tensors, { maxShardBytes: 600 })
    const index: unknown = JSON.parse(readFileSync(join(path, 'model.safetensors.index.json'), 'utf8'))
    expect(index).toMatchObject({ metadata: { total_size: total } })
  })

  it('leaves nothing to read of the weights that were there', async () => {
    const path = mkdtempSync(join(folder, 'again-'))
    const other = [{ name: 'other', shape: [2], data: Float32Array.of(1, 2) }]
    for (const [given, limit] of [
      [tensors, 100],
      [other, 1e9],
      [tensors, 600],
      [tensors.slice(1), 100],
      [other, 1e9],
    ] as const) {
      await writeSafetensorsFolder(path, given, { maxShardBytes: limit })
      expect(Object.keys(await contents(path)).sort()).toEqual(given.map(({ name }) => name).sort())
    }
    expect(readdirSync(path)).toEqual(['model.safetensors'])
  })

  it('has no weights rather than a mixture where it is cut off', async () => {
    const path = mkdtempSync(join(folder, 'cut-'))
    await writeSafetensorsFolder(path, tensors, { maxShardBytes: 100 })
    const large = { name: 'z', shape: [1], dtype: 'F16', data: Float32Array.of(1e9) } as const
    await expect(
      writeSafetensorsFolder(path, [...tensors.toReversed(), large], { maxShardBytes: 100 }),
    ).rejects.toMatchObject({ code: 'out-of-range' })
    await expect(openSafetensorsFolder(path)).rejects.toMatchObject({ code: 'missing-file' })
  })

  it('refuses a shard size that is none', async () => {
    for (const maxShardBytes of [0, -1, Number.NaN])
      await expect(writeSafetensorsFolder(folder, tensors, { maxShardBytes })).rejects.toMatchObject({
        code: 'shard-size',
      })
  })
})
