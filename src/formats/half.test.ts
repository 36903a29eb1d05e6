import { describe, expect, it } from 'vitest'
import { bfloat16ToFloat32, float16ToFloat32, float32ToBfloat16, float32ToFloat16 } from './half.ts'

const all = Uint16Array.from({ length: 65_536 }, (_, bits) => bits)

function magnitude(exponent: number, fraction: number): number {
  if (exponent === 31) return fraction === 0 ? Infinity : Number.NaN
  return exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15)
}

describe('float16ToFloat32', () => {
  it('gives the value of the definition for every one of the 65,536 bit patterns', () => {
    const converted = new Float32Array(65_536)
    float16ToFloat32(all, converted)
    const wrong = all.filter((bits) => {
      const expected = (bits >> 15 ? -1 : 1) * magnitude((bits >> 10) & 31, bits & 1023)
      return !Object.is(converted[bits], expected)
    })
    expect([...wrong]).toEqual([])
  })
})

describe('bfloat16ToFloat32', () => {
  it('gives the f32 whose upper half it is, for every bit pattern', () => {
    const converted = new Float32Array(65_536)
    bfloat16ToFloat32(all, converted)
    const bytes = new DataView(new ArrayBuffer(4))
    const wrong = all.filter((bits) => {
      bytes.setUint16(0, bits)
      return !Object.is(converted[bits], bytes.getFloat32(0))
    })
    expect([...wrong]).toEqual([])
  })
})

/** Every f32 that is no NaN and whose upper sixteen bits and lowest ones take all interesting values. */
const singles = (() => {
  const bits = new Uint32Array(65_536 * 6)
  const lower = [0, 1, 0x7fff, 0x8000, 0x8001, 0xffff]
  for (let upper = 0; upper < 65_536; upper++)
    lower.forEach((low, index) => (bits[upper * 6 + index] = ((upper << 16) | low) >>> 0))
  return new Float32Array(bits.buffer).filter((value) => !Number.isNaN(value))
})()

describe.each([
  ['float32ToFloat16', float32ToFloat16, float16ToFloat32, 0x7c00],
  ['float32ToBfloat16', float32ToBfloat16, bfloat16ToFloat32, 0x7f80],
] as const)('%s', (_, narrow, widen, infinity) => {
  it('gives back every value that came from sixteen bits, a NaN as a NaN', () => {
    const wide = new Float32Array(65_536)
    widen(all, wide)
    const narrowed = new Uint16Array(65_536)
    narrow(wide, narrowed)
    const again = new Float32Array(65_536)
    widen(narrowed, again)
    expect(all.filter((bits) => !Object.is(again[bits], wide[bits]))).toHaveLength(0)
    expect(all.filter((bits) => !Number.isNaN(wide[bits]) && narrowed[bits] !== bits)).toHaveLength(0)
  })

  it('takes the nearest, of two as near the one whose last bit is 0', () => {
    // The numbers of sixteen bits in order of their bits, with what would follow the largest in place of infinity.
    const values = new Float64Array(infinity + 1)
    const wide = new Float32Array(infinity + 1)
    widen(all.subarray(0, infinity + 1), wide)
    values.set(wide)
    values[infinity] = 2 * values[infinity - 1]! - values[infinity - 2]!
    const given = singles.filter(Number.isFinite)
    const narrowed = new Uint16Array(given.length)
    narrow(given, narrowed)
    const wrong = given.filter((value, index) => {
      const bits = narrowed[index]! & 0x7fff
      if (narrowed[index]! >> 15 !== (Object.is(Math.sign(value), -0) || value < 0 ? 1 : 0)) return true
      const distance = (other: number) => Math.abs(values[other]! - Math.abs(value))
      if (bits > infinity) return true
      if (bits === infinity && Math.abs(value) > values[infinity]!) return false
      return [bits - 1, bits + 1].some(
        (other) =>
          other >= 0 &&
          other <= infinity &&
          (distance(other) < distance(bits) || (distance(other) === distance(bits) && (bits & 1) === 1)),
      )
    })
    expect([...wrong.subarray(0, 5)]).toEqual([])
    expect(given.length).toBeGreaterThan(300_000)
  })

  it('keeps a NaN whose bits are all in the half that is cut off', () => {
    const bits = new Uint16Array(1)
    const wide = new Float32Array(1)
    narrow(new Float32Array(Uint32Array.of(0x7f800001).buffer), bits)
    widen(bits, wide)
    expect(wide[0]).toBeNaN()
  })
})
