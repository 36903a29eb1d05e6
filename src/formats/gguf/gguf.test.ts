import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gguf as readWithLibrary } from '@huggingface/gguf'
import { afterAll, describe, expect, it } from 'vitest'
import { type GgufMetadata, type GgufTensor, openGguf, writeGguf } from './index.ts'

const folder = mkdtempSync(join(tmpdir(), 'yuksu-gguf-'))
afterAll(() => rmSync(folder, { recursive: true }))

const metadata: GgufMetadata = new Map([
  ['general.architecture', { type: 'string', value: 'llama' }],
  ['general.name', { type: 'string', value: '육수 🍲' }],
  ['llama.block_count', { type: 'uint32', value: 4_000_000_000 }],
  ['llama.rope.freq_base', { type: 'float32', value: 10_000.5 }],
  ['tokenizer.ggml.add_bos_token', { type: 'bool', value: true }],
  ['tokenizer.ggml.add_eos_token', { type: 'bool', value: false }],
  ['tokenizer.ggml.tokens', { type: 'strings', value: ['가', '', 'Ġa'] }],
  ['tokenizer.ggml.token_type', { type: 'int32s', value: [1, -3, 2 ** 31 - 1] }],
  ['tokenizer.ggml.scores', { type: 'float32s', value: [-0.5, 2, 0] }],
])

const values = (count: number) => Float32Array.from({ length: count }, (_, index) => Math.sin(index) / 3)

function tensor(name: string, shape: number[], type: GgufTensor['type']): GgufTensor {
  const count = shape.reduce((product, size) => product * size, 1)
  return { name, shape, type, read: async () => values(count) }
}

const tensors = [
  tensor('plain', [3], 'F32'),
  tensor('halves', [5, 3], 'F16'),
  tensor('long', [2, 512], 'Q4_K'),
  tensor('short', [3, 32], 'Q4_0'),
  tensor('last', [2, 3, 64], 'Q8_0'),
]

const path = join(folder, 'model.gguf')
await writeGguf(path, metadata, tensors)

describe('a GGUF file', () => {
  it('says to another reader what was written', async () => {
    const read = await readWithLibrary(path, { allowLocalFile: true })
    for (const [name, { value }] of metadata) {
      const given = (read.metadata as Record<string, unknown>)[name]
      expect.soft(given, name).toEqual(Array.isArray(value) ? [...value] : value)
    }
    expect(read.metadata.version).toBe(3)
    const found = read.tensorInfos.map(({ name, shape, dtype }) => [name, shape.map(Number), Number(dtype)])
    expect(found).toEqual([
      ['plain', [3], 0],
      ['halves', [3, 5], 1],
      ['long', [512, 2], 12],
      ['short', [32, 3], 2],
      ['last', [64, 3, 2], 8],
    ])
  })

  it('gives the tensors back, each at a place of its own', async () => {
    const file = await openGguf(path)
    expect(file.metadata.get('general.name')).toBe('육수 🍲')
    expect(file.metadata.get('llama.block_count')).toBe(4_000_000_000)
    expect(file.metadata.get('tokenizer.ggml.tokens')).toEqual(['가', '', 'Ġa'])
    for (const { name, shape, type } of tensors) {
      expect(file.tensors.get(name)).toMatchObject({ shape, type })
      const read = await file.read(name)
      const written = values(read.length)
      const largest = Math.max(...read.map((value, index) => Math.abs(value - written[index]!)))
      expect.soft(largest, name).toBeLessThan({ F32: 1e-9, F16: 2e-4, Q8_0: 2e-3 }[type as string] ?? 0.05)
    }
    await file.close()
  })

  it('has one tensor in memory at a time', async () => {
    const order: string[] = []
    const asked = tensors.map((one) => ({
      ...one,
      read: () => {
        order.push(`read ${one.name}`)
        return one.read()
      },
    }))
    const onProgress = (written: number, total: number) => order.push(`${written}/${total}`)
    await writeGguf(join(folder, 'again.gguf'), metadata, asked, { onProgress })
    expect(order).toEqual(tensors.flatMap(({ name }, index) => [`read ${name}`, `${index + 1}/5`]))
    expect(readFileSync(join(folder, 'again.gguf'))).toEqual(readFileSync(path))
  })
})

describe('what is refused', () => {
  const write = (list: readonly GgufTensor[]) => writeGguf(path, metadata, list)
  const of = (shape: number[], type: GgufTensor['type'], given: number[]): GgufTensor => ({
    name: '가중치',
    shape,
    type,
    read: async () => Float32Array.from(given),
  })

  it.each([
    ['two tensors of one name', [tensors[0]!, tensors[0]!], 'duplicate-tensor'],
    ['rows that are not whole blocks', [of([2, 100], 'Q4_K', [])], 'wrong-length'],
    ['another number of values', [of([4], 'F32', [1, 2, 3])], 'wrong-length'],
    ['a number beyond 16 bits', [of([2], 'F16', [1, 1e5])], 'out-of-range'],
    ['a number that is none', [of([2], 'F32', [1, Number.NaN])], 'out-of-range'],
  ])('%s, and the previous file stays', async (_, list, code) => {
    const before = readFileSync(path)
    await expect(write(list)).rejects.toMatchObject({
      code,
      message: expect.not.stringContaining('\n') as string,
    })
    expect(readFileSync(path)).toEqual(before)
    expect(readdirSync(folder).filter((name) => name.endsWith('partial'))).toEqual([])
  })

  it('a file that is cut off, is something else or has an unknown type', async () => {
    const whole = readFileSync(path)
    const damaged = (name: string, bytes: Uint8Array) => {
      writeFileSync(join(folder, name), bytes)
      return openGguf(join(folder, name))
    }
    const code = (wanted: string) => expect.objectContaining({ code: wanted }) as Error
    await expect(damaged('half.gguf', whole.subarray(0, 300))).rejects.toEqual(code('invalid-gguf'))
    await expect(damaged('end.gguf', whole.subarray(0, -64))).rejects.toEqual(code('invalid-gguf'))
    await expect(damaged('other.gguf', Buffer.from('{"a": 1}'.repeat(9)))).rejects.toEqual(
      code('invalid-gguf'),
    )
    await expect(openGguf(join(folder, 'none.gguf'))).rejects.toEqual(code('missing-file'))
    const unknown = Buffer.from(whole)
    // The type stands behind the name, the number of axes and one size.
    unknown.writeUInt32LE(99, whole.indexOf('plain') + 5 + 4 + 8)
    await expect(damaged('type.gguf', unknown)).rejects.toEqual(code('invalid-gguf'))
  })
})
