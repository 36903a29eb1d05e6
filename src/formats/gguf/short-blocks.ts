/**
 * The blocks of 32 numbers of ggml. Each has a scale d in binary16 and whole numbers q:
 *
 * - Q8_0: x = d·q, q from −127 to 127; d = max |x| / 127.
 * - Q4_0: x = d·(q − 8), q from 0 to 15; d = −m/8 where m is the number of the largest magnitude with its sign.
 * - Q5_0: x = d·(q − 16), q from 0 to 31; d = −m/16. The fifth bits of all are in four bytes of their own.
 *
 * Layout and choice of scale are those of ggml's reference quantizers (ggml-quants.c). In a byte of nibbles the low one is of the first half of the
 * block.
 */
import { readFloat16, writeFloat16 } from './scale.ts'

export const shortBlock = 32

/** Writes 32 numbers as one block of 34 bytes. */
export function encodeQ8Block(values: Float32Array, target: Uint8Array): void {
  let largest = 0
  for (const value of values) largest = Math.max(largest, Math.abs(value))
  const scale = Math.fround(largest / 127)
  const inverse = scale === 0 ? 0 : Math.fround(1 / scale)
  writeFloat16(target, 0, scale)
  for (let index = 0; index < shortBlock; index++) {
    const steps = Math.fround(values[index]! * inverse)
    target[2 + index] = Math.sign(steps) * Math.floor(Math.abs(steps) + 0.5)
  }
}

export function decodeQ8Block(source: Uint8Array, target: Float32Array): void {
  const scale = readFloat16(source, 0)
  for (let index = 0; index < shortBlock; index++) target[index] = scale * ((source[2 + index]! << 24) >> 24)
}

/** Writes 32 numbers as one block of 18 bytes. */
export function encodeQ4Block(values: Float32Array, target: Uint8Array): void {
  const inverse = writeSignedScale(values, target, 8)
  const code = (index: number) => Math.min(15, Math.trunc(Math.fround(values[index]! * inverse + 8.5)))
  for (let index = 0; index < 16; index++) target[2 + index] = code(index) | (code(index + 16) << 4)
}

export function decodeQ4Block(source: Uint8Array, target: Float32Array): void {
  const scale = readFloat16(source, 0)
  for (let index = 0; index < 16; index++) {
    const byte = source[2 + index]!
    target[index] = scale * ((byte & 15) - 8)
    target[index + 16] = scale * ((byte >> 4) - 8)
  }
}

/** Writes 32 numbers as one block of 22 bytes. */
export function encodeQ5Block(values: Float32Array, target: Uint8Array): void {
  const inverse = writeSignedScale(values, target, 16)
  const code = (index: number) => Math.min(31, Math.trunc(Math.fround(values[index]! * inverse + 16.5)))
  let fifth = 0
  for (let index = 0; index < 16; index++) {
    const [first, second] = [code(index), code(index + 16)]
    target[6 + index] = (first & 15) | ((second & 15) << 4)
    fifth |= ((first >> 4) << index) | ((second >> 4) << (index + 16))
  }
  for (let byte = 0; byte < 4; byte++) target[2 + byte] = fifth >>> (8 * byte)
}

export function decodeQ5Block(source: Uint8Array, target: Float32Array): void {
  const scale = readFloat16(source, 0)
  const fifth = source[2]! | (source[3]! << 8) | (source[4]! << 16) | (source[5]! << 24)
  for (let index = 0; index < 16; index++) {
    const byte = source[6 + index]!
    target[index] = scale * (((byte & 15) | (((fifth >>> index) & 1) << 4)) - 16)
    target[index + 16] = scale * (((byte >> 4) | (((fifth >>> (index + 16)) & 1) << 4)) - 16)
  }
}

/** The scale with which the number of the largest magnitude becomes 0, and its inverse. */
function writeSignedScale(values: Float32Array, target: Uint8Array, levels: number): number {
  let furthest = 0
  for (const value of values) if (Math.abs(value) > Math.abs(furthest)) furthest = value
  const scale = Math.fround(furthest / -levels)
  writeFloat16(target, 0, scale)
  return scale === 0 ? 0 : Math.fround(1 / scale)
}
