// Sixteen-bit floating point ↔ f32. binary16: 1 sign, 5 exponent, 10 fraction bits (IEEE 754-2019);
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

/**
 * Converts `source` into `target` (bits of binary16): to the nearest, of two as near the even one (IEEE 754-2019, 4.3.1). From 65,520
 * on in magnitude that is infinity.
 */
export function float32ToFloat16(source: Float32Array, target: Uint16Array): void {
  for (let i = 0; i < source.length; i++) {
    value[0] = source[i]!
    target[i] = halfBits(bits[0]!)
  }
}

/** Converts `source` into `target` (bits of bfloat16), rounded in the same way; from about 3.396e38 on that is infinity. */
export function float32ToBfloat16(source: Float32Array, target: Uint16Array): void {
  for (let i = 0; i < source.length; i++) {
    value[0] = source[i]!
    const single = bits[0]!
    // A NaN whose only bits are in the lower half must not become infinity.
    if (Number.isNaN(value[0])) target[i] = (single >>> 16) | 0x40
    else target[i] = (single + 0x7fff + ((single >>> 16) & 1)) >>> 16
  }
}

function halfBits(single: number): number {
  const sign = (single >>> 16) & 0x8000
  const exponent = (single >>> 23) & 0xff
  const fraction = single & 0x7fffff
  if (exponent === 0xff) return sign | 0x7c00 | (fraction === 0 ? 0 : 0x200 | (fraction >>> 13))
  if (exponent >= 143) return sign | 0x7c00
  // A carry out of the fraction lands in the exponent, which is what rounding up means.
  if (exponent > 112) return sign | roundEven(((exponent - 112) << 23) | fraction, 13)
  return exponent < 102 ? sign : sign | roundEven(fraction | 0x800000, 126 - exponent)
}

/** `number` without its lowest `places` bits, to the nearest, of two as near the even one. */
function roundEven(number: number, places: number): number {
  const kept = number >>> places
  const rest = number - kept * 2 ** places
  const half = 2 ** (places - 1)
  return rest > half || (rest === half && (kept & 1) === 1) ? kept + 1 : kept
}
