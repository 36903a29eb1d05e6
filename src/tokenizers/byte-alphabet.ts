/**
 * The printable stand-ins of byte-level tokenizers (GPT-2's `bytes_to_unicode`): every byte is written as one
 * character, so that a token is readable text in `tokenizer.json`. Printable Latin-1 bytes stand for themselves,
 * the other 68 are moved to U+0100 and up in ascending order.
 */
export const byteToCharacter: readonly string[] = buildByteToCharacter()

/** The byte that a stand-in character means; the inverse of {@link byteToCharacter}. */
export const characterToByte: ReadonlyMap<string, number> = new Map(
  byteToCharacter.map((character, byte) => [character, byte]),
)

function buildByteToCharacter(): string[] {
  let next = 0x100
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(isPrintable(byte) ? byte : next++))
}

function isPrintable(byte: number): boolean {
  return (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte !== 0xad)
}

/** The bytes a byte-level token stands for, or `undefined` where the token is not in the byte alphabet. */
export function tokenBytes(token: string): Uint8Array | undefined {
  const bytes = new Uint8Array(token.length)
  for (let i = 0; i < token.length; i++) {
    const byte = characterToByte.get(token[i]!)
    if (byte === undefined) return undefined
    bytes[i] = byte
  }
  return bytes
}

/** The UTF-8 bytes of a text, each as its stand-in character. */
export function toByteAlphabet(text: string): string {
  let out = ''
  for (const byte of Buffer.from(text)) out += byteToCharacter[byte]!
  return out
}
