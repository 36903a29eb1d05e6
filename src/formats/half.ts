// Sixteen-bit floating point → f32. binary16: 1 sign, 5 exponent, 10 fraction bits (IEEE 754-2019);
// bfloat16: the upper half of an f32.

const bits = new Uint32Array(1)
const value = new Float32Array(bits.buffer)

/** Every binary16 value as the bits of an f32, filled when first needed (256 KB). */
let table: Uint32Array | undefined

/** Converts `source` (bits of binary16) into `target`; exact, NaN payloads and signed zeros included. */
export function float16ToFloat32(source: Uint16Array, target: Float32Array): void {
  table ??= Uint32Array.from({ length: 65_536 }, (_, half) => float32Bits(half))
  const view = new Uint32Array(target.buffer, target.byteOffset, target.length)
  for (let i = 0; i < source.length; i++) view[i] = table[source[i]!]!
}

/** Converts `source` (bits of bfloat16) into `target`; exact. */
export function bfloat16ToFloat32(source: Uint16Array, target: Float32Array): void {
  const view = new Uint32Array(target.buffer, target.byteOffset, target.length)
  for (let i = 0; i < source.length; i++) view[i] = source[i]! << 16
}

function float32Bits(half: number): number {
  const sign = (half & 0x8000) << 16
  const exponent = (half >> 10) & 0x1f
  const fraction = half & 0x3ff
  if (exponent === 0x1f) return sign | 0x7f800000 | (fraction << 13)
  if (exponent !== 0) return sign | ((exponent + 112) << 23) | (fraction << 13)
  value[0] = fraction * 2 ** -24
  return sign | bits[0]!
}
