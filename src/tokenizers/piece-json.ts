/** The frame of `tokenizer.json` for pieces that write spaces as `▁`, as SentencePiece's. */

/** Tokens for single bytes, by which text without a piece of its own is written. */
export const byteTokens: readonly string[] = Array.from(
  { length: 256 },
  (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`,
)

/** Unicode's normal form, spaces as `▁` with one before the text, a word at a time; the decoder takes them back. */
export function pieceFrame(normalizer: 'NFC' | 'NFKC' | undefined) {
  // A Metaspace step that put the first `▁` would leave it out where a text begins with a space, and lose that space.
  const spaces = [
    { type: 'Prepend', prepend: '▁' },
    { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
  ]
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    normalizer: {
      type: 'Sequence',
      normalizers: [...(normalizer === undefined ? [] : [{ type: normalizer }]), ...spaces],
    },
    pre_tokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'never', split: true },
    decoder: {
      type: 'Sequence',
      decoders: [
        { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
        { type: 'ByteFallback' },
        { type: 'Fuse' },
        { type: 'Strip', content: ' ', start: 1, stop: 0 },
      ],
    },
  }
}
