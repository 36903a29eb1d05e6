const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The text of `bytes`, or the offset in them of the first byte that is not UTF-8. */
export function decodeUtf8(bytes: Uint8Array): { text: string } | { invalidAt: number } {
  try {
    return { text: decoder.decode(bytes) }
  } catch {
    return { invalidAt: firstInvalidByte(bytes) }
  }
}

/** Where a sequence starts that RFC 3629 forbids: stray, overlong, surrogate, above U+10FFFF or cut off. */
export function firstInvalidByte(bytes: Uint8Array): number {
  for (let i = 0; i < bytes.length;) {
    const length = sequenceLength(bytes, i)
    if (length === 0) return i
    i += length
  }
  return bytes.length
}

function sequenceLength(bytes: Uint8Array, i: number): number {
  const first = bytes[i]!
  if (first < 0x80) return 1
  if (first < 0xc2 || first > 0xf4) return 0
  const length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4
  const second = bytes[i + 1] ?? 0
  const lowest = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80
  const highest = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf
  if (second < lowest || second > highest) return 0
  for (let k = 2; k < length; k++) if (((bytes[i + k] ?? 0) & 0xc0) !== 0x80) return 0
  return length
}

/** `offset` counts from 0 at the start of the row. */
export function invalidByteMessage(offset: number): string {
  return `byte ${offset + 1} of the row is not valid UTF-8`
}
