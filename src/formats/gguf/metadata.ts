/** What a GGUF file says of its model beside the tensors: values by names, each with a type. */
export type GgufValue =
  | { readonly type: 'uint32'; readonly value: number }
  | { readonly type: 'int32'; readonly value: number }
  | { readonly type: 'float32'; readonly value: number }
  | { readonly type: 'uint64'; readonly value: number }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'strings'; readonly value: readonly string[] }
  | { readonly type: 'int32s'; readonly value: ArrayLike<number> }
  | { readonly type: 'float32s'; readonly value: ArrayLike<number> }

export type GgufMetadata = ReadonlyMap<string, GgufValue>

export const valueTypes = {
  uint8: 0,
  int8: 1,
  uint16: 2,
  int16: 3,
  uint32: 4,
  int32: 5,
  float32: 6,
  bool: 7,
  string: 8,
  array: 9,
  uint64: 10,
  int64: 11,
  float64: 12,
} as const

const elementOf = { strings: 'string', int32s: 'int32', float32s: 'float32' } as const

/** Bytes one after another, numbers little-endian. */
export class ByteWriter {
  private readonly parts: Uint8Array[] = []
  length = 0

  bytes(part: Uint8Array): this {
    this.parts.push(part)
    this.length += part.length
    return this
  }

  uint32(value: number): this {
    const part = Buffer.alloc(4)
    part.writeUInt32LE(value)
    return this.bytes(part)
  }

  uint64(value: number): this {
    const part = Buffer.alloc(8)
    part.writeBigUInt64LE(BigInt(value))
    return this.bytes(part)
  }

  string(value: string): this {
    const part = Buffer.from(value)
    return this.uint64(part.length).bytes(part)
  }

  /** Zeros up to a multiple of so many bytes. */
  pad(alignment: number): this {
    return this.bytes(new Uint8Array(-this.length & (alignment - 1)))
  }

  finish(): Uint8Array {
    return Buffer.concat(this.parts)
  }
}

export function writeMetadata(writer: ByteWriter, metadata: GgufMetadata): void {
  for (const [name, entry] of metadata) {
    writer.string(name)
    if (entry.type === 'strings' || entry.type === 'int32s' || entry.type === 'float32s') {
      writer.uint32(valueTypes.array).uint32(valueTypes[elementOf[entry.type]]).uint64(entry.value.length)
      if (entry.type === 'strings') for (const text of entry.value) writer.string(text)
      else writer.bytes(numbers(entry.type, entry.value))
    } else {
      writer.uint32(valueTypes[entry.type])
      if (entry.type === 'string') writer.string(entry.value)
      else if (entry.type === 'bool') writer.bytes(Uint8Array.of(entry.value ? 1 : 0))
      else if (entry.type === 'uint64') writer.uint64(entry.value)
      else if (entry.type === 'uint32') writer.uint32(entry.value)
      else writer.bytes(numbers(entry.type === 'int32' ? 'int32s' : 'float32s', [entry.value]))
    }
  }
}

function numbers(type: 'int32s' | 'float32s', value: ArrayLike<number>): Uint8Array {
  const array = type === 'int32s' ? Int32Array.from(value) : Float32Array.from(value)
  return new Uint8Array(array.buffer)
}
