// A GGUF file, version 3: a header with metadata and the tensors' places, then their bytes, each at a multiple of 32 bytes.
// https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
import { YuksuError } from '../../errors.ts'
import { writeFileAtomic } from '../atomic-file.ts'
import { ByteWriter, writeMetadata, type GgufMetadata } from './metadata.ts'
import { ggufBytes, ggufTensorTypes, type GgufTensorTypeName } from './tensor-types.ts'

export interface GgufTensor {
  readonly name: string
  /** Outermost axis first, `[out, in]` for a matrix; the file itself says them the other way round. */
  readonly shape: readonly number[]
  readonly type: GgufTensorTypeName
  /** The numbers, row-major; asked for when it is this tensor's turn, so that one at a time is in memory. */
  read(): Promise<Float32Array>
}

export interface WriteGgufOptions {
  /** Told after every tensor how many of all are written. */
  readonly onProgress?: ((written: number, total: number) => void) | undefined
}

export const alignment = 32

/** Numbers that are encoded at a time, a multiple of every block. */
const pieceLength = 1 << 20

/**
 * Writes a GGUF file at once or not at all. Throws YuksuError `disk-full` or `cannot-write` as `writeFileAtomic` does (the previous file
 * stays), `wrong-length` and `duplicate-tensor`, and `out-of-range` naming a tensor whose numbers its type cannot hold.
 */
export async function writeGguf(
  path: string,
  metadata: GgufMetadata,
  tensors: readonly GgufTensor[],
  { onProgress }: WriteGgufOptions = {},
): Promise<void> {
  const header = encodeHeader(metadata, tensors)
  async function* bytes(): AsyncGenerator<Uint8Array> {
    yield header
    for (const [index, tensor] of tensors.entries()) {
      yield* encodeTensor(tensor)
      onProgress?.(index + 1, tensors.length)
    }
  }
  await writeFileAtomic(path, bytes())
}

function encodeHeader(metadata: GgufMetadata, tensors: readonly GgufTensor[]): Uint8Array {
  const writer = new ByteWriter().bytes(Buffer.from('GGUF')).uint32(3)
  writer.uint64(tensors.length).uint64(metadata.size)
  writeMetadata(writer, metadata)
  const names = new Set<string>()
  let offset = 0
  for (const { name, shape, type } of tensors) {
    if (names.has(name)) throw new YuksuError('duplicate-tensor', `two tensors share the name '${name}'`)
    names.add(name)
    const { blockLength, id } = ggufTensorTypes[type]
    if (shape.at(-1)! % blockLength !== 0) {
      throw new YuksuError(
        'wrong-length',
        `the rows of tensor '${name}', of ${shape.at(-1)} numbers, are not whole blocks of ${blockLength}, which ${type} has`,
      )
    }
    writer.string(name).uint32(shape.length)
    for (const size of shape.toReversed()) writer.uint64(size)
    writer.uint32(id).uint64(offset)
    offset += padded(ggufBytes(type, count(shape)))
  }
  return writer.pad(alignment).finish()
}

async function* encodeTensor({ name, shape, type, read }: GgufTensor): AsyncGenerator<Uint8Array> {
  const values = await read()
  if (values.length !== count(shape)) {
    throw new YuksuError(
      'wrong-length',
      `tensor '${name}' of shape [${shape.join(', ')}] needs ${count(shape)} values, ${values.length} were given`,
    )
  }
  // The scales of blocks are in 16 bits too.
  checkRange(name, values, type === 'F32' ? Infinity : 65_520)
  for (let start = 0; start < values.length; start += pieceLength) {
    const piece = values.subarray(start, start + pieceLength)
    const target = new Uint8Array(ggufBytes(type, piece.length))
    ggufTensorTypes[type].encode(piece, target)
    yield target
  }
  const bytes = ggufBytes(type, values.length)
  yield new Uint8Array(padded(bytes) - bytes)
}

function checkRange(name: string, values: Float32Array, limit: number): void {
  const wrong = values.find((value) => !(Math.abs(value) < limit))
  if (wrong === undefined) return
  throw new YuksuError(
    'out-of-range',
    Number.isFinite(wrong)
      ? `tensor '${name}' holds ${wrong}, which 16 bits cannot hold; export the model in f32`
      : `tensor '${name}' holds ${wrong}, so the model's answers mean nothing; export a checkpoint from before that`,
  )
}

function count(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1)
}

function padded(bytes: number): number {
  return Math.ceil(bytes / alignment) * alignment
}
