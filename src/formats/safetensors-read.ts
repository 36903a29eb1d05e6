import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { YuksuError } from '../errors.ts'
import { bfloat16ToFloat32, float16ToFloat32 } from './half.ts'
import { readError } from './read-error.ts'
import { elementBytes, headerLimit, invalidSafetensors, parseHeader, quote } from './safetensors-header.ts'
import type { TensorDescription, TensorPlace, TensorType } from './safetensors-header.ts'

export type { TensorDescription, TensorType } from './safetensors-header.ts'

/** An open file, or folder of files, of named tensors. Nothing but the header is read until asked for. */
export interface SafetensorsFile {
  /** In the order of their bytes. */
  readonly names: readonly string[]
  readonly metadata: Readonly<Record<string, string>>
  has(name: string): boolean
  /** Throws `missing-tensor` where there is no tensor of that name, as do all below. */
  describe(name: string): TensorDescription
  /** The values of an F32, F16, BF16 or F64 (rounded) tensor as f32, row-major; throws `wrong-tensor-type` for others. */
  read(name: string): Promise<Float32Array>
  /** As `read`, into memory of exactly that many elements; throws `wrong-length` otherwise. */
  readInto(name: string, target: Float32Array): Promise<void>
  /** As `read`, only as many values as `target` has, from the index `first` on; throws `wrong-length` beyond the end. */
  readPart(name: string, first: number, target: Float32Array): Promise<void>
  /** The bytes as stored, little-endian, in a buffer of their own (so that any typed array fits over it). */
  readRaw(name: string): Promise<Uint8Array>
  close(): Promise<void>
}

/** Values of other widths are converted by this many at a time. */
const conversionLength = 1 << 20
/** How the first `count` values in bytes become f32, for each type that does. */
const conversions: Partial<
  Record<TensorType, (bytes: ArrayBuffer, count: number, target: Float32Array) => void>
> = {
  F16: (bytes, count, target) => float16ToFloat32(new Uint16Array(bytes, 0, count), target),
  BF16: (bytes, count, target) => bfloat16ToFloat32(new Uint16Array(bytes, 0, count), target),
  F64: (bytes, count, target) => target.set(new Float64Array(bytes, 0, count)),
}
/** One read or write takes at most this many bytes. */
const transferBytes = 1 << 26

/**
 * Opens one safetensors file. Throws `YuksuError`: `missing-file`, `cannot-read`, or
 * `invalid-safetensors` with the reason, before any tensor is read.
 */
export async function openSafetensors(path: string): Promise<SafetensorsFile> {
  let file: FileHandle
  try {
    file = await open(path, 'r')
  } catch (error) {
    throw readError(path, error)
  }
  try {
    return await fromHandle(path, file)
  } catch (error) {
    await file.close()
    throw readError(path, error)
  }
}

async function fromHandle(path: string, file: FileHandle): Promise<SafetensorsFile> {
  const { size } = await file.stat()
  if (size < 8)
    throw invalidSafetensors(path, `it has ${size} bytes, fewer than the 8 of the header's length`)
  const prefix = Buffer.alloc(8)
  await readFully(path, file, prefix, 0)
  const headerLength = Number(prefix.readBigUInt64LE())
  if (headerLength > headerLimit) {
    throw invalidSafetensors(
      path,
      `its header claims ${headerLength} bytes, more than the ${headerLimit} allowed`,
    )
  }
  if (headerLength > size - 8) {
    throw invalidSafetensors(
      path,
      `its header claims ${headerLength} bytes, the file has only ${size - 8} more`,
    )
  }
  const header = new Uint8Array(headerLength)
  await readFully(path, file, header, 8)
  const dataStart = 8 + headerLength
  const { tensors, metadata } = parseHeader(path, decodeHeader(path, header), size - dataStart)

  function place(name: string): TensorPlace {
    const found = tensors.get(name)
    if (!found) throw new YuksuError('missing-tensor', `${path} holds no tensor ${quote(name)}`)
    return found
  }

  async function readInto(name: string, target: Float32Array): Promise<void> {
    const { dtype, shape, byteLength } = place(name)
    const length = byteLength / elementBytes[dtype]
    if (target.length !== length) {
      throw new YuksuError(
        'wrong-length',
        `tensor ${quote(name)} of shape [${shape.join(', ')}] holds ${length} values, ${target.length} were asked for`,
      )
    }
    return readPart(name, 0, target)
  }

  async function readPart(name: string, first: number, target: Float32Array): Promise<void> {
    const { dtype, shape, byteLength, start } = place(name)
    const width = elementBytes[dtype]
    const { length } = target
    if (!Number.isSafeInteger(first) || first < 0 || first + length > byteLength / width) {
      throw new YuksuError(
        'wrong-length',
        `tensor ${quote(name)} of shape [${shape.join(', ')}] holds ${byteLength / width} values, ${length} from index ${first} on were asked for`,
      )
    }
    const position = dataStart + start + first * width
    if (dtype === 'F32') {
      return readFully(path, file, new Uint8Array(target.buffer, target.byteOffset, length * 4), position)
    }
    const convert = conversions[dtype]
    if (convert === undefined) {
      throw new YuksuError(
        'wrong-tensor-type',
        `tensor ${quote(name)} of ${path} has type ${dtype}, expected F32, F16, BF16 or F64; read it raw`,
      )
    }
    const piece = new Uint8Array(Math.min(length, conversionLength) * width)
    for (let done = 0; done < length; done += conversionLength) {
      const count = Math.min(conversionLength, length - done)
      await readFully(path, file, piece.subarray(0, count * width), position + done * width)
      convert(piece.buffer, count, target.subarray(done, done + count))
    }
  }

  return {
    names: [...tensors.keys()],
    metadata,
    has: (name) => tensors.has(name),
    describe: (name) => {
      const { dtype, shape, byteLength } = place(name)
      return { dtype, shape, byteLength }
    },
    read: async (name) => {
      const { dtype, byteLength } = place(name)
      const target = new Float32Array(byteLength / elementBytes[dtype])
      await readInto(name, target)
      return target
    },
    readInto,
    readPart,
    readRaw: async (name) => {
      const { byteLength, start } = place(name)
      const bytes = new Uint8Array(byteLength)
      await readFully(path, file, bytes, dataStart + start)
      return bytes
    },
    close: () => file.close(),
  }
}

function decodeHeader(path: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw invalidSafetensors(path, 'its header is not UTF-8')
  }
}

async function readFully(
  path: string,
  file: FileHandle,
  target: Uint8Array,
  position: number,
): Promise<void> {
  for (let offset = 0; offset < target.length;) {
    const length = Math.min(transferBytes, target.length - offset)
    const { bytesRead } = await file.read(target, offset, length, position + offset)
    if (bytesRead === 0) throw invalidSafetensors(path, 'it became shorter while it was read')
    offset += bytesRead
  }
}
