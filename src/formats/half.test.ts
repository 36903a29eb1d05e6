import { describe, expect, it } from 'vitest'
import { bfloat16ToFloat32, float16ToFloat32 } from './half.ts'

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
