import { decodeKorean } from '../../formats/korean-encoding.ts'

/** The characters that Windows-1252 has at 0x80 to 0x9f; a byte it leaves out stays the control character of Latin-1. */
const windows = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ'
const windowsBytes = new Map(Array.from(windows, (character, index) => [character, 0x80 + index] as const))

/** The characters of Latin-1 and Windows-1252 for the bytes 0x80 to 0xbf, as a class of a regular expression. */
export const continuationCharacters = '\u0080-\u00bf' + windows.replace(/[\u0080-\u009f]/g, '')

/** The byte that a character was read from as Latin-1 or Windows-1252, or -1. */
export function latinByte(character: string): number {
  const code = character.charCodeAt(0)
  return code <= 0xff ? code : (windowsBytes.get(character) ?? -1)
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Bytes as UTF-8, or undefined where they are not. */
export function strictlyDecoded(bytes: readonly number[]): string | undefined {
  try {
    return strictUtf8.decode(Uint8Array.from(bytes))
  } catch {
    return undefined
  }
}

interface Cp949 {
  /** Both bytes of a character, the first in the high byte. */
  readonly bytes: ReadonlyMap<string, number>
  readonly characters: ReadonlyMap<number, string>
}

let cp949: Cp949 | undefined

/** The table of CP949, made once. */
export function cp949Table(): Cp949 {
  if (cp949) return cp949
  const bytes = new Map<string, number>()
  const characters = new Map<number, string>()
  for (let lead = 0x81; lead <= 0xfe; lead++) {
    for (let trail = 0x41; trail <= 0xfe; trail++) {
      const character = decodeKorean(Uint8Array.of(lead, trail))
      if (character === undefined) continue
      characters.set((lead << 8) | trail, character)
      if (!bytes.has(character)) bytes.set(character, (lead << 8) | trail)
    }
  }
  cp949 = { bytes, characters }
  return cp949
}

/** Characters of CP949 whose first byte is one that syllables begin with in UTF-8, and whose second may follow it. */
export function mojibakeHanja(): string {
  return charactersOf(0xea, 0xed)
}

/** Syllables of CP949 whose two bytes are an accented letter of Latin-1 in UTF-8. */
export function accentedSyllables(): string {
  return charactersOf(0xc3, 0xc3)
}

/** Characters of CP949 by first bytes, with second ones that UTF-8 has behind a first. */
function charactersOf(from: number, to: number): string {
  let found = ''
  for (let lead = from; lead <= to; lead++) {
    for (let trail = 0xa1; trail <= 0xbf; trail++)
      found += cp949Table().characters.get((lead << 8) | trail) ?? ''
  }
  return found
}
