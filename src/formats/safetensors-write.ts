import { YuksuError } from '../errors.ts'
import { writeFileAtomic } from './atomic-file.ts'
import { float32ToBfloat16, float32ToFloat16 } from './half.ts'
import { elementBytes, quote, type TensorType } from './safetensors-header.ts'

/** What can stand in a tensor; `Uint8Array` together with a `dtype` is bytes as they are stored, little-endian. */
export type TensorValues =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array

/** What `writeSafetensors` takes: `data` holds the product of `shape` values, row-major. */
export interface TensorData {
  readonly name: string
  readonly shape: readonly number[]
  readonly data: TensorValues
  /** The type of the array by default; f32 may be written as `F16` or `BF16` (rounded to the nearest, of two as near the even one). */
  readonly dtype?: TensorType | undefined
}

/** A tensor whose values are asked for when it is its turn, so that one at a time is in memory. */
export interface StreamedTensor {
  readonly name: string
  readonly shape: readonly number[]
  readonly dtype: 'F32' | 'F16' | 'BF16'
  read(): Promise<Float32Array>
}

/** A tensor with the type and the bytes that it has in the file. Its values are asked for again when they are written. */
export interface StoredTensor {
  readonly tensor: TensorData | StreamedTensor
  readonly dtype: TensorType
  readonly byteLength: number
}

/** One piece handed to the writer has at most this many bytes, or this many values where they are converted. */
const transferBytes = 1 << 26
const conversionLength = 1 << 20

/** The type of a tensor by the name of the array's class. */
const arrayTypes: Readonly<Record<string, TensorType>> = {
  Float32Array: 'F32',
  Float64Array: 'F64',
  Int8Array: 'I8',
  Uint8Array: 'U8',
  Int16Array: 'I16',
  Uint16Array: 'U16',
  Int32Array: 'I32',
  Uint32Array: 'U32',
  BigInt64Array: 'I64',
  BigUint64Array: 'U64',
}

/** Narrower types of f32 with the magnitude from which on a number becomes infinity. */
const narrow: Partial<Record<TensorType, { convert: typeof float32ToFloat16; limit: number }>> = {
  F16: { convert: float32ToFloat16, limit: 65_520 },
  BF16: { convert: float32ToBfloat16, limit: (2 - 2 ** -8) * 2 ** 127 },
}

/**
 * Writes `tensors` atomically and straight from their memory; wider types come first, as in the reference implementation, so that each
 * tensor's bytes are aligned, and otherwise the given order stays. Throws `disk-full`, `cannot-write` or, where a finite number has no
 * place in the narrower type, `out-of-range` (the previous file stays), and `wrong-length`, `wrong-tensor-type` or `duplicate-tensor`
 * before anything is written.
 */
export async function writeSafetensors(
  path: string,
  tensors: readonly (TensorData | StreamedTensor)[],
  metadata?: Readonly<Record<string, string>>,
): Promise<void> {
  await writeStoredTensors(path, checkTensors(tensors), metadata)
}

/** The same for tensors that are checked. */
export async function writeStoredTensors(
  path: string,
  tensors: readonly StoredTensor[],
  metadata?: Readonly<Record<string, string>>,
): Promise<void> {
  const sorted = [...tensors].sort((a, b) => elementBytes[b.dtype] - elementBytes[a.dtype])
  const header = encodeHeader(sorted, metadata)
  async function* bytes(): AsyncGenerator<Uint8Array> {
    yield header
    for (const stored of sorted) yield* tensorBytes(stored)
  }
  await writeFileAtomic(path, bytes())
}

/** Settles type and size of every tensor, and checks that they fit and that no name is there twice. */
export function checkTensors(tensors: readonly (TensorData | StreamedTensor)[]): StoredTensor[] {
  const names = new Set(['__metadata__'])
  return tensors.map((tensor) => {
    const { name, shape } = tensor
    if (names.has(name)) throw new YuksuError('duplicate-tensor', `two tensors share the name ${quote(name)}`)
    names.add(name)
    const length = shape.reduce((product, size) => product * size, 1)
    if ('read' in tensor)
      return { tensor, dtype: tensor.dtype, byteLength: length * elementBytes[tensor.dtype] }
    const { data } = tensor
    const dtype = storedType(tensor, data)
    const given = isBytes(tensor, data) ? data.length / elementBytes[dtype] : data.length
    checkLength(tensor, given)
    return { tensor, dtype, byteLength: length * elementBytes[dtype] }
  })
}

function checkLength({ name, shape }: Pick<TensorData, 'name' | 'shape'>, given: number): void {
  const length = shape.reduce((product, size) => product * size, 1)
  if (length === given) return
  throw new YuksuError(
    'wrong-length',
    `tensor ${quote(name)} of shape [${shape.join(', ')}] needs ${length} values, ${given} were given`,
  )
}

function storedType(tensor: TensorData, data: TensorValues): TensorType {
  const { name, dtype } = tensor
  const own = arrayTypes[data.constructor.name]
  if (own === undefined) {
    throw new YuksuError(
      'wrong-tensor-type',
      `tensor ${quote(name)} is given as ${data.constructor.name}; give one of ${Object.keys(arrayTypes).join(', ')}`,
    )
  }
  if (dtype === undefined || dtype === own) return own
  const fits = isBytes(tensor, data) || (own === 'F32' && narrow[dtype] !== undefined)
  if (!fits || !Object.hasOwn(elementBytes, dtype)) {
    throw new YuksuError(
      'wrong-tensor-type',
      `tensor ${quote(name)} is given as ${data.constructor.name} and cannot be written as ${dtype}; F16 and BF16 are made of f32, and other types of their own arrays or of bytes`,
    )
  }
  return dtype
}

function isBytes({ dtype }: TensorData, data: TensorValues): data is Uint8Array {
  return data instanceof Uint8Array && dtype !== undefined
}

async function* tensorBytes({ tensor, dtype }: StoredTensor): AsyncGenerator<Uint8Array> {
  const { name } = tensor
  const data = 'read' in tensor ? await tensor.read() : tensor.data
  if ('read' in tensor) checkLength(tensor, data.length)
  const narrowing = narrow[dtype]
  if (narrowing !== undefined && data instanceof Float32Array) {
    for (let first = 0; first < data.length; first += conversionLength) {
      const values = data.subarray(first, first + conversionLength)
      const outside = values.find((value) => Math.abs(value) >= narrowing.limit && Number.isFinite(value))
      if (outside !== undefined) {
        throw new YuksuError(
          'out-of-range',
          `tensor ${quote(name)} holds ${outside}, which ${dtype} has no place for; write it as ${dtype === 'F16' ? 'BF16 or ' : ''}F32`,
        )
      }
      const converted = new Uint16Array(values.length)
      narrowing.convert(values, converted)
      yield new Uint8Array(converted.buffer)
    }
    return
  }
  for (let offset = 0; offset < data.byteLength; offset += transferBytes) {
    const length = Math.min(transferBytes, data.byteLength - offset)
    yield new Uint8Array(data.buffer, data.byteOffset + offset, length)
  }
}

function encodeHeader(tensors: readonly StoredTensor[], metadata?: Readonly<Record<string, string>>): Buffer {
  const entries: [string, unknown][] = metadata ? [['__metadata__', metadata]] : []
  let end = 0
  for (const { tensor, dtype, byteLength } of tensors) {
    const { name, shape } = tensor
    entries.push([name, { dtype, shape, data_offsets: [end, (end += byteLength)] }])
  }
  const json = Buffer.from(JSON.stringify(Object.fromEntries(entries)))
  const header = Buffer.alloc(8 + Math.ceil(json.length / 8) * 8, ' ')
  header.writeBigUInt64LE(BigInt(header.length - 8))
  json.copy(header, 8)
  return header
}
