import { YuksuError } from '../errors.ts'
import { writeFileAtomic } from './atomic-file.ts'
import { quote } from './safetensors-header.ts'

/** What `writeSafetensors` takes: `data` holds the product of `shape` values, row-major. */
export interface TensorData {
  readonly name: string
  readonly shape: readonly number[]
  readonly data: Float32Array
}

/** One piece handed to the writer has at most this many bytes. */
const transferBytes = 1 << 26

/**
 * Writes `tensors` in the given order as F32, atomically and straight from their memory. Throws
 * `disk-full` or `cannot-write` (the previous file stays), and `wrong-length` or `duplicate-tensor`
 * before anything is written.
 */
export async function writeSafetensors(
  path: string,
  tensors: readonly TensorData[],
  metadata?: Readonly<Record<string, string>>,
): Promise<void> {
  const header = encodeHeader(tensors, metadata)
  function* bytes(): Generator<Uint8Array> {
    yield header
    for (const { data } of tensors) {
      for (let offset = 0; offset < data.byteLength; offset += transferBytes) {
        const length = Math.min(transferBytes, data.byteLength - offset)
        yield new Uint8Array(data.buffer, data.byteOffset + offset, length)
      }
    }
  }
  await writeFileAtomic(path, bytes())
}

function encodeHeader(tensors: readonly TensorData[], metadata?: Readonly<Record<string, string>>): Buffer {
  const entries: [string, unknown][] = metadata ? [['__metadata__', metadata]] : []
  const names = new Set(['__metadata__'])
  let end = 0
  for (const { name, shape, data } of tensors) {
    if (names.has(name)) throw new YuksuError('duplicate-tensor', `two tensors share the name ${quote(name)}`)
    names.add(name)
    const length = shape.reduce((product, size) => product * size, 1)
    if (length !== data.length) {
      throw new YuksuError(
        'wrong-length',
        `tensor ${quote(name)} of shape [${shape.join(', ')}] needs ${length} values, ${data.length} were given`,
      )
    }
    entries.push([name, { dtype: 'F32', shape, data_offsets: [end, (end += data.byteLength)] }])
  }
  const json = Buffer.from(JSON.stringify(Object.fromEntries(entries)))
  const header = Buffer.alloc(8 + Math.ceil(json.length / 8) * 8, ' ')
  header.writeBigUInt64LE(BigInt(header.length - 8))
  json.copy(header, 8)
  return header
}
