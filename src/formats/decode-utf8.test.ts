import { describe, expect, it } from 'vitest'
import { decodeUtf8 } from './decode-utf8.ts'

const valid = '가 \u0000 é 힣 ᄀ 😀 \uFEFF \u{10FFFF} \uFFFD'

describe('decodeUtf8', () => {
  it('gives every character back, a byte order mark in the text included', () => {
    expect(decodeUtf8(Buffer.from(valid))).toEqual({ text: valid })
  })

  it.each([
    ['a stray continuation', [0x80]],
    ['an overlong slash', [0xc0, 0xaf]],
    ['an overlong of three bytes', [0xe0, 0x9f, 0xbf]],
    ['an overlong of four bytes', [0xf0, 0x8f, 0xbf, 0xbf]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
    ['above U+10FFFF', [0xf4, 0x90, 0x80, 0x80]],
    ['a byte that begins nothing', [0xff]],
    ['a cut-off syllable', [0xea, 0xb0]],
    ['a cut-off emoji', [0xf0, 0x9f, 0x98]],
  ])('tells where %s stands, in the text and at its end', (_, bytes) => {
    const before = Buffer.from(valid)
    const invalidAt = before.length
    expect(decodeUtf8(Buffer.concat([before, Buffer.from(bytes)]))).toEqual({ invalidAt })
    expect(decodeUtf8(Buffer.concat([before, Buffer.from(bytes), before]))).toEqual({ invalidAt })
  })

  it('finds an offset exactly where the platform’s decoder refuses', () => {
    const strict = new TextDecoder('utf-8', { fatal: true })
    let seed = 1
    const random = (limit: number) => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0
      return (seed >>> 8) % limit
    }
    for (let round = 0; round < 2000; round++) {
      const bytes = Buffer.from('가나😀é힣a')
      for (let i = random(3); i >= 0; i--) bytes[random(bytes.length)] = random(256)
      const found = decodeUtf8(bytes)
      const end = 'text' in found ? bytes.length : found.invalidAt
      // All before the offset is valid, and no longer beginning of whole characters is.
      expect(() => strict.decode(bytes.subarray(0, end))).not.toThrow()
      const longer = [1, 2, 3, 4].filter((more) => end + more <= bytes.length)
      for (const more of longer) expect(() => strict.decode(bytes.subarray(0, end + more))).toThrow(TypeError)
    }
  })
})
