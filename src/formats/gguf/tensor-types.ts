import { float16ToFloat32, float32ToFloat16 } from '../half.ts'
import { decodeQ4KBlock, decodeQ6KBlock, encodeQ4KBlock, encodeQ6KBlock, longBlock } from './long-blocks.ts'
import {
  decodeQ4Block,
  decodeQ5Block,
  decodeQ8Block,
  encodeQ4Block,
  encodeQ5Block,
  encodeQ8Block,
  shortBlock,
} from './short-blocks.ts'

/** How a tensor's numbers stand in a GGUF file: blocks of numbers that become blocks of bytes. */
export interface GgufTensorType {
  /** Its number in the file. */
  readonly id: number
  /** Numbers of a block; a row is a whole number of blocks. */
  readonly blockLength: number
  readonly blockBytes: number
  encode(values: Float32Array, target: Uint8Array): void
  decode(source: Uint8Array, target: Float32Array): void
}

const nativeTypes = {
  F32: {
    id: 0,
    blockLength: 1,
    blockBytes: 4,
    encode: (values, target) =>
      target.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength)),
    decode: (source, target) =>
      new Uint8Array(target.buffer, target.byteOffset, target.byteLength).set(source),
  },
  F16: {
    id: 1,
    blockLength: 1,
    blockBytes: 2,
    encode(values, target) {
      const halves = new Uint16Array(values.length)
      float32ToFloat16(values, halves)
      target.set(new Uint8Array(halves.buffer))
    },
    decode(source, target) {
      const halves = new Uint16Array(target.length)
      new Uint8Array(halves.buffer).set(source)
      float16ToFloat32(halves, target)
    },
  },
} satisfies Record<string, GgufTensorType>

/** The types that are written and read, by ggml's names. */
export const ggufTensorTypes = {
  ...nativeTypes,
  Q4_0: blocks(2, shortBlock, 18, encodeQ4Block, decodeQ4Block),
  Q5_0: blocks(6, shortBlock, 22, encodeQ5Block, decodeQ5Block),
  Q8_0: blocks(8, shortBlock, 34, encodeQ8Block, decodeQ8Block),
  Q4_K: blocks(12, longBlock, 144, encodeQ4KBlock, decodeQ4KBlock),
  Q6_K: blocks(14, longBlock, 210, encodeQ6KBlock, decodeQ6KBlock),
} satisfies Record<string, GgufTensorType>

export type GgufTensorTypeName = keyof typeof ggufTensorTypes

/** The bytes of so many numbers. */
export function ggufBytes(type: GgufTensorTypeName, count: number): number {
  const { blockLength, blockBytes } = ggufTensorTypes[type]
  return (count / blockLength) * blockBytes
}

function blocks(
  id: number,
  blockLength: number,
  blockBytes: number,
  encodeBlock: (values: Float32Array, target: Uint8Array) => void,
  decodeBlock: (source: Uint8Array, target: Float32Array) => void,
): GgufTensorType {
  const each = (count: number, use: (values: [number, number], bytes: [number, number]) => void): void => {
    for (let block = 0; block < count; block++)
      use([block * blockLength, (block + 1) * blockLength], [block * blockBytes, (block + 1) * blockBytes])
  }
  return {
    id,
    blockLength,
    blockBytes,
    encode: (values, target) =>
      each(values.length / blockLength, (from, to) =>
        encodeBlock(values.subarray(...from), target.subarray(...to)),
      ),
    decode: (source, target) =>
      each(target.length / blockLength, (to, from) =>
        decodeBlock(source.subarray(...from), target.subarray(...to)),
      ),
  }
}
