// CP949 (Unified Hangul Code): EUC-KR, that is KS X 1001 in two bytes from A1 on, and the 8,822 syllables that KS X 1001 lacks
// in the places below it, in the order of Unicode. The decoder that Node calls euc-kr has only the first.

const firstSyllable = 0xac00
const lastSyllable = 0xd7a3
let made: Uint16Array | undefined

/** The text of CP949 bytes; undefined where they are none. */
export function decodeKorean(bytes: Uint8Array): string | undefined {
  const table = (made ??= makeTable())
  const units = new Uint16Array(bytes.length)
  let length = 0
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!
    if (byte < 0x80) units[length++] = byte
    else {
      const unit = table[((byte & 0x7f) << 8) | (bytes[++i] ?? 0)]!
      if (unit === 0) return undefined
      units[length++] = unit
    }
  }
  return Buffer.from(units.buffer, 0, length * 2).toString('utf16le')
}

/** Code units by the two bytes of a character less 0x8000; 0 where there is none. */
function makeTable(): Uint16Array {
  const table = new Uint16Array(1 << 15)
  const codes: number[] = []
  for (let lead = 0xa1; lead <= 0xfe; lead++)
    for (let trail = 0xa1; trail <= 0xfe; trail++) codes.push((lead << 8) | trail)
  const bytes = Uint8Array.from(codes.flatMap((code) => [code >> 8, code & 255, 0x0a]))
  const characters = new TextDecoder('euc-kr').decode(bytes).split('\n')
  const standard = new Set<number>()
  codes.forEach((code, i) => {
    const unit = characters[i]!.charCodeAt(0)
    // Places for characters of one's own, and those that stand for nothing.
    if (characters[i]!.length !== 1 || unit === 0xfffd || (unit >= 0xe000 && unit <= 0xf8ff)) return
    table[code - 0x8000] = unit
    standard.add(unit)
  })
  // Signs that were added to KS X 1001 in 1998 and 2002.
  table[0xa2e6 - 0x8000] = 0x20ac
  table[0xa2e7 - 0x8000] = 0xae
  table[0xa2e8 - 0x8000] = 0x327e
  const places = extensionPlaces()
  for (let syllable = firstSyllable; syllable <= lastSyllable; syllable++) {
    if (!standard.has(syllable)) table[places.next().value! - 0x8000] = syllable
  }
  return table
}

function* extensionPlaces(): Generator<number, undefined> {
  for (let lead = 0x81; lead <= 0xc6; lead++) {
    for (let trail = 0x41; trail <= (lead <= 0xa0 ? 0xfe : 0xa0); trail++) {
      const isLetter = (trail >= 0x41 && trail <= 0x5a) || (trail >= 0x61 && trail <= 0x7a)
      if (isLetter || trail >= 0x81) yield (lead << 8) | trail
    }
  }
  return undefined
}
