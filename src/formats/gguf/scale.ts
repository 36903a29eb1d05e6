import { float16ToFloat32, float32ToFloat16 } from '../half.ts'

const half = new Uint16Array(1)
const single = new Float32Array(1)

/** The binary16 number at a place. */
export function readFloat16(source: Uint8Array, at: number): number {
  half[0] = source[at]! | (source[at + 1]! << 8)
  float16ToFloat32(half, single)
  return single[0]!
}

/** Writes a number in binary16 and gives it back as it is then read. */
export function writeFloat16(target: Uint8Array, at: number, value: number): number {
  single[0] = value
  float32ToFloat16(single, half)
  target[at] = half[0]! & 255
  target[at + 1] = half[0]! >> 8
  return readFloat16(target, at)
}
