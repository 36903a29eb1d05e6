/**
 * SentencePiece's precompiled table of normalization (`nmt_nfkc` and its like): the size of a trie in bytes, the trie itself (a double
 * array as Darts-clone lays it out), and the texts that its values point at, each ended by a zero.
 */
import { UnknownPart } from './tokenizer-parts.ts'

const identity = 1
const mapped = 2

/**
 * The normalizer of a table (base64), as the Rust library's `Precompiled` applies it, which is not quite SentencePiece's way: a
 * cluster of characters below six bytes is looked up as one, of which the shortest entry that begins it is taken; else character by character.
 */
export function charsmapNormalizer(base64: string): (text: string) => string {
  const table = new Charsmap(base64)
  // What is known of each single character of the basic plane.
  const kinds = new Uint8Array(0x10000)
  const kindOf = (unit: number): number =>
    (kinds[unit] ||= table.find(String.fromCharCode(unit)) === undefined ? identity : mapped)
  const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' })
  const character = (text: string): string => table.find(text) ?? text

  return (text) => {
    const joined = clusters.test(text)
    if (!joined) {
      let index = 0
      while (
        index < text.length &&
        !isSurrogate(text.charCodeAt(index)) &&
        kindOf(text.charCodeAt(index)) === identity
      ) {
        index++
      }
      if (index === text.length) return text
    }
    let out = ''
    for (const cluster of joined ? graphemes(segmenter, text) : text) {
      const whole = isShort(cluster) ? table.find(cluster) : undefined
      if (whole !== undefined) out += whole
      else if (cluster.length === 1) out += cluster
      else for (const each of cluster) out += character(each)
    }
    return out
  }
}

/** Characters that can be part of a cluster of several. */
const clusters =
  /[\p{M}\p{Cf}\p{Emoji_Modifier}\p{Regional_Indicator}\r\u0e33\u0eb3\u1100-\u11ff\ua960-\ua97f\ud7b0-\ud7ff\uff9e\uff9f]/u

function* graphemes(segmenter: Intl.Segmenter, text: string): Generator<string> {
  for (const { segment } of segmenter.segment(text)) yield segment
}

function isSurrogate(unit: number): boolean {
  return (unit & 0xf800) === 0xd800
}

/** Whether a cluster has fewer than six bytes of UTF-8. */
function isShort(cluster: string): boolean {
  return cluster.length < 6 && Buffer.byteLength(cluster) < 6
}

class Charsmap {
  readonly #units: Uint32Array
  readonly #texts: Buffer

  constructor(base64: string) {
    const bytes = Buffer.from(base64, 'base64')
    const size = bytes.length >= 4 ? bytes.readUInt32LE(0) : 0
    if (size === 0 || size % 4 !== 0 || size + 4 > bytes.length) {
      throw new UnknownPart('its precompiled_charsmap is no table of SentencePiece')
    }
    this.#units = Uint32Array.from({ length: size / 4 }, (_, index) => bytes.readUInt32LE(4 + 4 * index))
    this.#texts = bytes.subarray(4 + size)
  }

  /** What the shortest entry that begins a text is replaced by. */
  find(text: string): string | undefined {
    let unit = this.#units[0]!
    let place = offset(unit)
    for (const byte of Buffer.from(text)) {
      if (byte === 0) return undefined
      place ^= byte
      unit = this.#units[place] ?? 0
      if ((unit & 0x800000ff) !== byte) return undefined
      place ^= offset(unit)
      if ((unit >>> 8) & 1) return this.#textAt((this.#units[place] ?? 0) & 0x7fffffff)
    }
    return undefined
  }

  #textAt(start: number): string {
    const end = this.#texts.indexOf(0, start)
    return this.#texts.toString('utf8', start, end < 0 ? this.#texts.length : end)
  }
}

function offset(unit: number): number {
  return (unit >>> 10) << ((unit & 0x200) >>> 6)
}
