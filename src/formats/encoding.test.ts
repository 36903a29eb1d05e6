import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { decodeText, detectEncoding, toUtf8 } from './encoding.ts'
import { decodeKorean } from './korean-encoding.ts'

const rows = readFileSync(join(import.meta.dirname, 'fixtures/cp949.txt'), 'utf8').split('\n')
/** CP949 bytes by character, of Python's table. */
const table = new Map<string, number>()
rows.forEach((row, lead) =>
  [...row].forEach((character, trail) => {
    if (character !== '\uFFFD') table.set(character, ((lead + 0x81) << 8) | (trail + 0x41))
  }),
)
const inKorean = (text: string) =>
  Buffer.from(
    [...text].flatMap((character) => {
      const code = character.codePointAt(0)!
      if (code < 0x80) return [code]
      const pair = table.get(character)!
      return [pair >> 8, pair & 255]
    }),
  )

describe('CP949', () => {
  it('agrees with Python in every character of two bytes, and has no others but one that came later', () => {
    const wrong: string[] = []
    for (let lead = 0x80; lead <= 0xff; lead++) {
      for (let trail = 0; trail <= 0xff; trail++) {
        const expected = rows[lead - 0x81]?.[trail - 0x41]
        const found = decodeKorean(Uint8Array.of(lead, trail))
        if (found !== (expected === '\uFFFD' ? undefined : expected))
          wrong.push(`${lead.toString(16)}${trail.toString(16)}`)
      }
    }
    expect(wrong).toEqual(['a2e8'])
    expect(table.size).toBeGreaterThan(17_000)
  })

  it('reads syllables that EUC-KR lacks, beside ASCII, and refuses half a character', () => {
    const text = '똠방각하 햏햏 펲시 ㅋㅋ 漢字 €1, "\\"'
    expect(decodeKorean(inKorean(text))).toBe(text)
    expect(decodeKorean(inKorean(text).subarray(0, 1))).toBeUndefined()
  })
})

describe('detectEncoding', () => {
  const korean = '대화,요약\n안녕하세요 반갑습니다,"인사, ㅎㅎ"\n똠얌꿍을 먹었어요,식사\n'
  const wide = (text: string) => Buffer.from(text, 'utf16le')

  it.each([
    ['UTF-8', Buffer.from(korean), 'utf-8'],
    ['CP949', inKorean(korean), 'euc-kr'],
    ['ASCII', Buffer.from('a,b\n1,2\n'), 'ascii'],
    ['UTF-16 of Korean', wide(korean), 'utf-16le'],
    ['UTF-16 the other way', wide(korean).swap16(), 'utf-16be'],
    ['UTF-16 of English', wide('text,label\ngood,1\n'), 'utf-16le'],
    ['UTF-8 with a few zeros', Buffer.from(`${korean.repeat(20)}\0\0\0`), 'utf-8'],
    [
      'UTF-8 with one broken line',
      Buffer.concat([Buffer.from(korean), Buffer.of(0xb0, 0xa1, 0x0a)]),
      'utf-8',
    ],
    ['CP949 with one line of UTF-8', Buffer.concat([inKorean(korean), Buffer.from('한 줄\n')]), 'euc-kr'],
    ['French in Latin-1', Buffer.from('déjà vu, été\n', 'latin1'), 'utf-8'],
  ] as const)('%s', (_, bytes, encoding) => {
    expect(detectEncoding(bytes, true)).toBe(encoding)
  })

  it('does not mind where the first bytes end', () => {
    for (const [bytes, encoding] of [
      [Buffer.from(korean.replaceAll('\n', ' ')), 'utf-8'],
      [inKorean(korean.replaceAll('\n', ' ')), 'euc-kr'],
    ] as const) {
      for (let end = 10; end < bytes.length; end++)
        expect(detectEncoding(bytes.subarray(0, end), false)).toBe(encoding)
    }
  })
})

describe('decodeText', () => {
  it('reads a row in the other encoding and says so, and names what is valid in none', () => {
    expect(decodeText(inKorean('펲시 좋아요'), 'utf-8')).toEqual({ text: '펲시 좋아요', other: 'euc-kr' })
    expect(decodeText(inKorean('펲시 좋아요'), 'ascii')).toEqual({ text: '펲시 좋아요', other: 'euc-kr' })
    expect(decodeText(Buffer.from('펲시 좋아요'), 'euc-kr')).toEqual({ text: '펲시 좋아요', other: 'utf-8' })
    expect(decodeText(Buffer.from('펲시 좋아요'), 'utf-8')).toEqual({ text: '펲시 좋아요' })
    expect(decodeText(Buffer.from('garçon à', 'latin1'), 'utf-8')).toMatchObject({ reason: 'invalid-utf-8' })
    const cut = Buffer.from('안녕하세요').subarray(0, 13)
    expect(decodeText(cut, 'utf-8')).toMatchObject({
      reason: 'invalid-utf-8',
      detail: expect.stringMatching(/byte 13 /),
    })
  })
})

describe('toUtf8', () => {
  const text = 'a가😀\n끝'
  const collect = async (bytes: Buffer, encoding: 'utf-16le' | 'utf-16be', size: number) => {
    async function* pieces() {
      for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
    }
    const found: Uint8Array[] = []
    for await (const piece of toUtf8(pieces(), encoding)) found.push(piece)
    return Buffer.concat(found)
  }

  it('is the same wherever the pieces begin', async () => {
    for (const size of [1, 2, 3, 5, 100]) {
      expect((await collect(Buffer.from(text, 'utf16le'), 'utf-16le', size)).toString()).toBe(text)
      expect((await collect(Buffer.from(text, 'utf16le').swap16(), 'utf-16be', size)).toString()).toBe(text)
    }
  })

  it('makes half a character invalid, and nothing beside it', async () => {
    const broken = Buffer.concat([Buffer.from('a\ud83d\nb', 'utf16le'), Buffer.of(0x41)])
    for (const size of [1, 3, 100]) {
      expect([...(await collect(broken, 'utf-16le', size))]).toEqual([0x61, 0xff, 0x0a, 0x62, 0xff])
    }
  })
})
