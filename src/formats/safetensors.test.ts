import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { open } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openSafetensors, openSafetensorsFolder, writeSafetensors } from './safetensors.ts'
import type { SafetensorsFile } from './safetensors.ts'
import type { StreamedTensor } from './safetensors-write.ts'

const fixtures = join(import.meta.dirname, 'fixtures')
let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'yuksu-safetensors-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

async function opened<T>(path: string, use: (file: SafetensorsFile) => Promise<T>): Promise<T> {
  const file = await openSafetensors(path)
  return use(file).finally(() => file.close())
}

describe('openSafetensors on a file of the reference library', () => {
  const path = join(fixtures, 'types.safetensors')

  it('knows names, types, shapes and metadata', async () => {
    await opened(path, async (file) => {
      expect([...file.names].sort()).toEqual(
        'bool brain brain.f32 byte double empty float half half.f32 int long scalar 임베딩.가중치'.split(' '),
      )
      expect(file.metadata).toEqual({ format: 'pt', 설명: '육수 🍲' })
      expect(file.describe('long')).toEqual({ dtype: 'I64', shape: [2, 2], byteLength: 32 })
      expect(file.describe('scalar')).toEqual({ dtype: 'F32', shape: [], byteLength: 4 })
      expect(file.describe('empty')).toEqual({ dtype: 'F32', shape: [0, 4], byteLength: 0 })
    })
  })

  it('converts as torch does', async () => {
    await opened(path, async (file) => {
      expect(await file.read('half')).toEqual(await file.read('half.f32'))
      expect(await file.read('brain')).toEqual(await file.read('brain.f32'))
      expect([...(await file.read('float'))]).toEqual(
        Array.from({ length: 12 }, (_, i) => Math.fround(i / 7)),
      )
      expect([...(await file.read('scalar'))]).toEqual([2.5])
      expect(await file.read('empty')).toHaveLength(0)
      expect([...(await file.read('임베딩.가중치'))]).toEqual([1, 2])
    })
  })

  it('converts a tensor longer than one piece', async () => {
    const path = join(folder, 'long.safetensors')
    const length = (1 << 20) + 5
    const values = Uint16Array.from({ length }, (_, i) => Math.imul(i, 2_654_435_761) >>> 16)
    const shape = { dtype: 'BF16', shape: [length], data_offsets: [0, length * 2] }
    const header = Buffer.from(JSON.stringify({ long: shape }))
    const prefix = Buffer.alloc(8)
    prefix.writeBigUInt64LE(BigInt(header.length))
    writeFileSync(path, Buffer.concat([prefix, header, Buffer.from(values.buffer)]))
    const read = await opened(path, (file) => file.read('long'))
    const bits = new Uint32Array(read.buffer)
    expect(bits).toHaveLength(length)
    expect(bits.every((value, i) => value === (values[i]! << 16) >>> 0)).toBe(true)
  })

  it('gives raw bytes that typed arrays fit over', async () => {
    await opened(path, async (file) => {
      const long = new BigInt64Array((await file.readRaw('long')).buffer)
      expect([...long]).toEqual([-1n, 2n ** 40n, 0n, 7n])
      const int = new Int32Array((await file.readRaw('int')).buffer)
      expect([...int]).toEqual([-5, 5, 2 ** 31 - 1])
    })
  })

  it('reads into the middle of given memory and touches nothing else', async () => {
    await opened(path, async (file) => {
      const memory = new Float32Array(14).fill(9)
      await file.readInto('half', memory.subarray(2, 12))
      expect([...memory.subarray(0, 2), ...memory.subarray(12)]).toEqual([9, 9, 9, 9])
      expect(memory.slice(2, 12)).toEqual(await file.read('half.f32'))
    })
  })

  it('reads a part as the whole has it, and nothing beyond the end', async () => {
    await opened(path, async (file) => {
      for (const name of ['float', 'half', 'brain', 'double']) {
        const whole = await file.read(name)
        for (let first = 0; first <= whole.length; first++) {
          const part = new Float32Array(Math.min(3, whole.length - first))
          await file.readPart(name, first, part)
          expect(part).toEqual(whole.slice(first, first + part.length))
        }
        const beyond = file.readPart(name, whole.length, new Float32Array(1))
        await expect(beyond).rejects.toMatchObject({ code: 'wrong-length' })
        await expect(file.readPart(name, -1, new Float32Array(1))).rejects.toMatchObject({
          code: 'wrong-length',
        })
      }
    })
  })

  it('reads out of a file of 5 GB what is asked for, and takes no more memory than that', async () => {
    const path = join(folder, 'sparse.safetensors')
    const rows = 1_250_000
    const bytes = rows * 1000 * 4
    const header = Buffer.from(
      JSON.stringify({
        table: { dtype: 'F32', shape: [rows, 1000], data_offsets: [0, bytes] },
        last: { dtype: 'F32', shape: [2], data_offsets: [bytes, bytes + 8] },
      }),
    )
    const prefix = Buffer.alloc(8)
    prefix.writeBigUInt64LE(BigInt(header.length))
    const handle = await open(path, 'w')
    await handle.write(Buffer.concat([prefix, header]))
    const start = 8 + header.length
    const row = Float32Array.from({ length: 1000 }, (_, index) => index)
    await handle.write(new Uint8Array(row.buffer), 0, 4000, start + (rows - 1) * 4000)
    await handle.write(new Uint8Array(Float32Array.of(3, 4).buffer), 0, 8, start + bytes)
    await handle.close()
    await opened(path, async (file) => {
      const before = process.memoryUsage().rss
      expect(file.describe('table').byteLength).toBe(5e9)
      expect([...(await file.read('last'))]).toEqual([3, 4])
      const part = new Float32Array(1500)
      await file.readPart('table', (rows - 1) * 1000 - 500, part)
      expect([...part.subarray(0, 500)]).toEqual(Array(500).fill(0))
      expect(part.slice(500)).toEqual(row)
      expect(process.memoryUsage().rss - before).toBeLessThan(50e6)
    })
    rmSync(path)
  })

  it('says what is wrong with a request', async () => {
    await opened(path, async (file) => {
      await expect(file.read('weights')).rejects.toMatchObject({ code: 'missing-tensor' })
      expect(() => file.describe('constructor')).toThrow(/holds no tensor "constructor"/)
      await expect(file.read('long')).rejects.toMatchObject({ code: 'wrong-tensor-type' })
      await expect(file.readInto('int', new Float32Array(2))).rejects.toMatchObject({ code: 'wrong-length' })
    })
  })
})

describe('writeSafetensors', () => {
  it('writes exactly the bytes of the reference library', async () => {
    const path = join(folder, 'float.safetensors')
    const embed = Float32Array.from({ length: 6 }, (_, i) => i / 3)
    await writeSafetensors(
      path,
      [
        { name: 'model.embed.weight', shape: [2, 3], data: embed },
        { name: 'model.norm.weight', shape: [3], data: new Float32Array(3).fill(1) },
        { name: 'model.scale', shape: [], data: Float32Array.of(0.5) },
      ],
      { format: 'pt' },
    )
    expect(readFileSync(path).equals(readFileSync(join(fixtures, 'float.safetensors')))).toBe(true)
  })

  it('gives back any names and shapes, views into larger memory included', async () => {
    const path = join(folder, 'round.safetensors')
    const memory = Float32Array.from({ length: 100 }, (_, i) => Math.sin(i))
    const tensors = ['2', '1', '__proto__', '가', '가'.normalize('NFD'), 'a"\n😀'].map((name, i) => {
      return { name, shape: [i, 3], data: memory.subarray(i, i + i * 3) }
    })
    await writeSafetensors(path, tensors)
    await opened(path, async (file) => {
      expect(new Set(file.names)).toEqual(new Set(tensors.map(({ name }) => name)))
      for (const { name, shape, data } of tensors) {
        expect(file.describe(name).shape).toEqual(shape)
        expect([...(await file.read(name))]).toEqual([...data])
      }
    })
  })

  it('refuses a wrong number of values and a name given twice, and writes nothing', async () => {
    const path = join(folder, 'refused.safetensors')
    const data = new Float32Array(6)
    await expect(writeSafetensors(path, [{ name: 'a', shape: [2, 4], data }])).rejects.toMatchObject({
      code: 'wrong-length',
    })
    const twice = [0, 1].map(() => ({ name: 'a', shape: [6], data }))
    await expect(writeSafetensors(path, twice)).rejects.toMatchObject({ code: 'duplicate-tensor' })
    await expect(openSafetensors(path)).rejects.toMatchObject({ code: 'missing-file' })
  })
})

describe('a file that is not right', () => {
  const four = '"dtype":"F32","shape":[1]'
  const bytes = (header: string, data = 0) => {
    const text = Buffer.from(header)
    const length = Buffer.alloc(8)
    length.writeBigUInt64LE(BigInt(text.length))
    return Buffer.concat([length, text, Buffer.alloc(data)])
  }
  const lying = (length: bigint) => {
    const file = bytes('{}')
    file.writeBigUInt64LE(length)
    return file
  }
  const cases: [string, Buffer, RegExp][] = [
    ['is empty', Buffer.alloc(0), /has 0 bytes/],
    ['is text', Buffer.from('version https://git-lfs'), /claims \d+ bytes, more than/],
    ['has a header longer than the file', lying(3n), /claims 3 bytes, the file has only 2/],
    ['has a header of 2^64 - 1 bytes', lying(2n ** 64n - 1n), /more than the 100000000 allowed/],
    ['has a header that is not JSON', bytes('{"a":'), /not JSON/],
    ['has a header that is a list', bytes('[]'), /not a JSON object/],
    ['has a header that is null', bytes('null'), /not a JSON object/],
    ['has a tensor that is a number', bytes('{"a":4}'), /"a" has no description/],
    [
      'has an unknown type',
      bytes('{"a":{"dtype":"F12","shape":[1],"data_offsets":[0,4]}}', 4),
      /unknown type "F12", known/,
    ],
    [
      'has a type from the prototype',
      bytes('{"a":{"dtype":"constructor","shape":[1],"data_offsets":[0,4]}}', 4),
      /unknown type/,
    ],
    [
      'has a negative size',
      bytes('{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}', 4),
      /not a list of whole/,
    ],
    ['has one offset', bytes(`{"a":{${four},"data_offsets":[0]}}`, 4), /not two whole numbers/],
    [
      'has offsets unlike its shape',
      bytes(`{"a":{${four},"data_offsets":[0,8]}}`, 8),
      /shape \[1\] needs 4 bytes, its offsets give 8/,
    ],
    ['has offsets backwards', bytes(`{"a":{${four},"data_offsets":[4,0]}}`, 4), /offsets give -4/],
    [
      'has an overlap',
      bytes(`{"a":{${four},"data_offsets":[0,4]},"b":{${four},"data_offsets":[2,6]}}`, 6),
      /"b" overlaps/,
    ],
    [
      'has a hole',
      bytes(`{"a":{${four},"data_offsets":[0,4]},"b":{${four},"data_offsets":[8,12]}}`, 12),
      /4 bytes before tensor "b"/,
    ],
    [
      'is cut off',
      bytes(`{"a":{${four},"data_offsets":[0,4]}}`, 3),
      /ends at byte 4 of 3; the file is cut off/,
    ],
    [
      'has more at its end',
      bytes(`{"a":{${four},"data_offsets":[0,4]}}`, 5),
      /last 1 bytes belong to no tensor/,
    ],
    [
      'has a name twice',
      bytes(`{"a":{${four},"data_offsets":[0,4]},"a":{${four},"data_offsets":[4,8]}}`, 8),
      /name "a" twice/,
    ],
    ['has metadata that is no string', bytes('{"__metadata__":{"a":1}}'), /metadata "a" is not a string/],
    [
      'has sizes whose product overflows',
      bytes('{"a":{"dtype":"F32","shape":[9007199254740991,9007199254740991],"data_offsets":[0,4]}}', 4),
      /more values than can be counted/,
    ],
    [
      'has sizes whose product overflows before a 0',
      bytes('{"a":{"dtype":"F32","shape":[9007199254740991,9007199254740991,0],"data_offsets":[0,0]}}'),
      /more values than can be counted/,
    ],
    [
      'has an empty tensor with offsets backwards',
      bytes('{"a":{"dtype":"F32","shape":[0],"data_offsets":[4,0]}}', 4),
      /offsets give -4/,
    ],
    [
      'has an offset beyond what numbers hold',
      bytes(`{"a":{${four},"data_offsets":[18446744073709551612,18446744073709551616]}}`, 4),
      /not two whole numbers/,
    ],
    [
      'has a name twice in other spellings',
      bytes(`{"a":{${four},"data_offsets":[0,4]},"\\u0061":{${four},"data_offsets":[4,8]}}`, 8),
      /name "a" twice/,
    ],
    ['has a header of brackets without end', bytes('['.repeat(200_000)), /not JSON/],
    [
      'has a header that is not UTF-8',
      Buffer.concat([Buffer.of(2, 0, 0, 0, 0, 0, 0, 0), Buffer.of(0xb0, 0xa1)]),
      /not UTF-8/,
    ],
  ]
  it.each(cases)('that %s is refused in one line', async (_, content, message) => {
    const path = join(folder, 'hostile.safetensors')
    writeFileSync(path, content)
    const error = await openSafetensors(path).catch((error: unknown) => error)
    expect(error).toMatchObject({ code: 'invalid-safetensors', message: expect.stringMatching(message) })
    expect((error as Error).message).not.toContain('\n')
  })

  it('that does not exist, or is a folder, is refused', async () => {
    await expect(openSafetensors(join(folder, 'none'))).rejects.toMatchObject({ code: 'missing-file' })
    await expect(openSafetensors(folder)).rejects.toMatchObject({ code: 'cannot-read' })
  })
})

describe('openSafetensorsFolder', () => {
  async function shards(name: string, weightMap: unknown): Promise<string> {
    const path = mkdtempSync(join(folder, name))
    const tensor = (name: string, value: number) => ({ name, shape: [1], data: Float32Array.of(value) })
    await writeSafetensors(join(path, 'model-1.safetensors'), [tensor('a', 1), tensor('b', 2)], {
      format: 'pt',
    })
    await writeSafetensors(join(path, 'model-2.safetensors'), [tensor('c', 3)])
    writeFileSync(join(path, 'model.safetensors.index.json'), JSON.stringify({ weight_map: weightMap }))
    return path
  }

  it('reads shards as one file', async () => {
    const path = await shards('good', {
      a: 'model-1.safetensors',
      c: 'model-2.safetensors',
      b: 'model-1.safetensors',
    })
    const file = await openSafetensorsFolder(path)
    expect([...file.names].sort()).toEqual(['a', 'b', 'c'])
    expect([...(await file.read('b')), ...(await file.read('c'))]).toEqual([2, 3])
    expect(file.metadata).toEqual({ format: 'pt' })
    await expect(file.read('d')).rejects.toMatchObject({ code: 'missing-tensor' })
    await file.close()
  })

  it.each([
    [
      'a tensor that its shard lacks',
      { a: 'model-1.safetensors', b: 'model-1.safetensors', d: 'model-2.safetensors' },
      /"d" in model-2/,
    ],
    [
      'no place for a tensor of a shard',
      { a: 'model-1.safetensors', c: 'model-2.safetensors' },
      /"b", which the index/,
    ],
    ['a path out of the folder', { a: '../model-1.safetensors' }, /not a file name/],
    ['no map', undefined, /no "weight_map"/],
  ])('refuses an index with %s', async (_, weightMap, message) => {
    await expect(openSafetensorsFolder(await shards('bad', weightMap))).rejects.toThrow(message)
  })

  it.each([
    ['pytorch_model.bin', 'pickled-weights', /save_pretrained/],
    ['pytorch_model-00001-of-00002.bin', 'pickled-weights', /save_pretrained/],
    ['consolidated.00.pth', 'pickled-weights', /save_pretrained/],
    ['model.Q4_K_M.gguf', 'other-weights', /gguf/],
    ['tf_model.h5', 'other-weights', /tf_model/],
    ['training_args.json', 'missing-file', /neither/],
  ])('tells what to do with a folder that has only %s', async (name, code, message) => {
    const path = mkdtempSync(join(folder, 'other'))
    writeFileSync(join(path, name), '')
    const error = await openSafetensorsFolder(path).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) })
  })

  it('names the missing shard and the missing model', async () => {
    const path = await shards('missing', { a: 'model-3.safetensors' })
    await expect(openSafetensorsFolder(path)).rejects.toThrow(/there is no file .*model-3\.safetensors/)
    await expect(openSafetensorsFolder(mkdtempSync(join(folder, 'none')))).rejects.toMatchObject({
      code: 'missing-file',
    })
  })
})

describe('tensors that are asked for when they are written', () => {
  const streamed = (name: string, read: () => Promise<Float32Array>): StreamedTensor => ({
    name,
    shape: [2, 2],
    dtype: 'F16',
    read,
  })

  it('are read one after another, and stand as those given at once', async () => {
    const path = join(folder, 'streamed.safetensors')
    let reading = 0
    let most = 0
    const values = Float32Array.of(1, -2, 0.5, 8)
    const read = async () => {
      most = Math.max(most, ++reading)
      await Promise.resolve()
      reading -= 1
      return values
    }
    await writeSafetensors(path, [streamed('a', read), streamed('b', read)])
    const file = await openSafetensors(path)
    expect([await file.read('a'), await file.read('b'), most]).toEqual([values, values, 1])
    await file.close()
    const short = writeSafetensors(path, [streamed('a', async () => values.subarray(1))])
    await expect(short).rejects.toMatchObject({ code: 'wrong-length' })
  })
})
