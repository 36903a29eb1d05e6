/** The string of `units[start … end]` (UTF-16). */
export function textOf(units: Uint16Array, start: number, end: number): string {
  if (end - start < 4096)
    return String.fromCharCode.apply(undefined, units.subarray(start, end) as unknown as number[])
  return Buffer.from(units.buffer, units.byteOffset + 2 * start, 2 * (end - start)).toString('utf16le')
}

/** `<0x41>` and its like: the tokens for single bytes, by byte; undefined where the vocabulary lacks one. */
export function byteTokenIds(idOf: (token: string) => number | undefined): readonly (number | undefined)[] {
  return Array.from({ length: 256 }, (_, byte) =>
    idOf(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`),
  )
}
