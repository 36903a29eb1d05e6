/**
 * Writes `units[from … to]` (UTF-16) as UTF-8 at `offset` and returns the offset after it. Takes up to three bytes a
 * unit. An unpaired surrogate becomes U+FFFD.
 */
export function writeUtf8(
  units: Uint16Array,
  from: number,
  to: number,
  bytes: Uint8Array,
  offset: number,
): number {
  for (let i = from; i < to; i++) {
    let code = units[i]!
    if ((code & 0xf800) === 0xd800) {
      const low = i + 1 < to ? units[i + 1]! : 0
      if (code < 0xdc00 && (low & 0xfc00) === 0xdc00) {
        code = ((code - 0xd800) << 10) + low - 0xdc00 + 0x10000
        i++
      } else code = 0xfffd
    }
    if (code < 0x80) bytes[offset++] = code
    else {
      if (code < 0x800) bytes[offset++] = 0xc0 | (code >> 6)
      else {
        if (code < 0x10000) bytes[offset++] = 0xe0 | (code >> 12)
        else {
          bytes[offset++] = 0xf0 | (code >> 18)
          bytes[offset++] = 0x80 | ((code >> 12) & 0x3f)
        }
        bytes[offset++] = 0x80 | ((code >> 6) & 0x3f)
      }
      bytes[offset++] = 0x80 | (code & 0x3f)
    }
  }
  return offset
}
