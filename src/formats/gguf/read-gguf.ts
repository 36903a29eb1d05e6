import { open, type FileHandle } from 'node:fs/promises'
import { YuksuError } from '../../errors.ts'
import { readError } from '../read-error.ts'
import { valueTypes } from './metadata.ts'
import { ggufBytes, ggufTensorTypes, type GgufTensorTypeName } from './tensor-types.ts'

/** A value of the metadata; arrays of numbers and of texts as JavaScript's. */
export type GgufEntry = number | bigint | boolean | string | readonly GgufEntry[]

export interface GgufTensorPlace {
  readonly name: string
  /** Outermost axis first. */
  readonly shape: readonly number[]
  readonly type: GgufTensorTypeName
}

/** An open GGUF file. Nothing but the header is read until asked for. */
export interface GgufFile {
  readonly metadata: ReadonlyMap<string, GgufEntry>
  readonly tensors: ReadonlyMap<string, GgufTensorPlace>
  /** The numbers of a tensor as f32, row-major. */
  read(name: string): Promise<Float32Array>
  close(): Promise<void>
}

/** Opens a GGUF file of version 2 or 3. Throws YuksuError `missing-file`, `cannot-read` or `invalid-gguf` with the reason. */
export async function openGguf(path: string): Promise<GgufFile> {
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

async function fromHandle(path: string, file: FileHandle): Promise<GgufFile> {
  const { size } = await file.stat()
  const { metadata, tensors, end } = await readHeader(path, file, size)
  const alignment = Number(metadata.get('general.alignment') ?? 32)
  const start = Math.ceil(end / alignment) * alignment
  for (const { name, offset, bytes } of tensors.values()) {
    if (start + offset + bytes > size)
      throw invalid(path, `tensor '${name}' ends behind the file's end; the file is cut off`)
  }
  return {
    metadata,
    tensors,
    async read(name) {
      const place = tensors.get(name)
      if (place === undefined) throw new YuksuError('missing-tensor', `${path} holds no tensor '${name}'`)
      const source = new Uint8Array(place.bytes)
      await readFully(path, file, source, start + place.offset)
      const target = new Float32Array(place.shape.reduce((product, length) => product * length, 1))
      ggufTensorTypes[place.type].decode(source, target)
      return target
    },
    close: () => file.close(),
  }
}

interface Header {
  readonly metadata: Map<string, GgufEntry>
  readonly tensors: Map<string, GgufTensorPlace & { readonly offset: number; readonly bytes: number }>
  readonly end: number
}

/** How long a header is stands nowhere: more of the file is read until it ends. */
async function readHeader(path: string, file: FileHandle, size: number): Promise<Header> {
  for (let length = Math.min(size, 1 << 20); ; length = Math.min(size, 4 * length)) {
    const bytes = Buffer.alloc(length)
    await readFully(path, file, bytes, 0)
    try {
      return parseHeader(path, bytes)
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      if (length === size) throw invalid(path, 'its header is cut off')
    }
  }
}

function parseHeader(path: string, bytes: Buffer): Header {
  let at = 0
  const take = <Result>(length: number, use: (start: number) => Result): Result => {
    const result = use(at)
    at += length
    return result
  }
  const uint32 = () => take(4, (start) => bytes.readUInt32LE(start))
  const uint64 = () => Number(take(8, (start) => bytes.readBigUInt64LE(start)))
  const string = () => {
    const length = uint64()
    if (at + length > bytes.length) throw new RangeError('beyond what was read')
    return take(length, (start) => bytes.toString('utf8', start, start + length))
  }
  const value = (type: number): GgufEntry => {
    switch (type) {
      case valueTypes.uint8:
        return take(1, (start) => bytes.readUInt8(start))
      case valueTypes.int8:
        return take(1, (start) => bytes.readInt8(start))
      case valueTypes.uint16:
        return take(2, (start) => bytes.readUInt16LE(start))
      case valueTypes.int16:
        return take(2, (start) => bytes.readInt16LE(start))
      case valueTypes.uint32:
        return uint32()
      case valueTypes.int32:
        return take(4, (start) => bytes.readInt32LE(start))
      case valueTypes.float32:
        return take(4, (start) => bytes.readFloatLE(start))
      case valueTypes.bool:
        return take(1, (start) => bytes.readUInt8(start)) !== 0
      case valueTypes.string:
        return string()
      case valueTypes.uint64:
        return take(8, (start) => bytes.readBigUInt64LE(start))
      case valueTypes.int64:
        return take(8, (start) => bytes.readBigInt64LE(start))
      case valueTypes.float64:
        return take(8, (start) => bytes.readDoubleLE(start))
      case valueTypes.array: {
        const element = uint32()
        const length = uint64()
        const list: GgufEntry[] = []
        for (let index = 0; index < length; index++) list.push(value(element))
        return list
      }
      default:
        throw invalid(path, `its metadata has a value of the unknown type ${type}`)
    }
  }

  if (bytes.toString('latin1', 0, 4) !== 'GGUF') throw invalid(path, "it does not begin with 'GGUF'")
  at = 4
  const version = uint32()
  if (version !== 2 && version !== 3) throw invalid(path, `its version is ${version}, known are 2 and 3`)
  const tensorCount = uint64()
  const entryCount = uint64()
  const metadata: Header['metadata'] = new Map()
  for (let index = 0; index < entryCount; index++) metadata.set(string(), value(uint32()))
  const tensors: Header['tensors'] = new Map()
  for (let index = 0; index < tensorCount; index++) {
    const name = string()
    const axes = uint32()
    if (axes > 4) throw invalid(path, `tensor '${name}' has ${axes} axes, more than 4`)
    const shape = Array.from({ length: axes }, uint64).toReversed()
    const id = uint32()
    const type = typeOf(id)
    if (type === undefined) {
      const known = Object.keys(ggufTensorTypes).join(', ')
      throw invalid(path, `tensor '${name}' has the type ${id}, known are ${known}`)
    }
    const bytes = ggufBytes(
      type,
      shape.reduce((product, length) => product * length, 1),
    )
    tensors.set(name, { name, shape, type, offset: uint64(), bytes })
  }
  return { metadata, tensors, end: at }
}

function typeOf(id: number): GgufTensorTypeName | undefined {
  const names = Object.keys(ggufTensorTypes) as GgufTensorTypeName[]
  return names.find((name) => ggufTensorTypes[name].id === id)
}

async function readFully(
  path: string,
  file: FileHandle,
  target: Uint8Array,
  position: number,
): Promise<void> {
  for (let done = 0; done < target.length;) {
    const length = Math.min(1 << 26, target.length - done)
    const { bytesRead } = await file.read(target, done, length, position + done)
    if (bytesRead === 0) throw invalid(path, 'it ended while it was read')
    done += bytesRead
  }
}

function invalid(path: string, why: string): YuksuError {
  return new YuksuError('invalid-gguf', `${path} is not a GGUF file that can be read: ${why}`)
}
