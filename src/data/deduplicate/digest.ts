import type { Bands } from './bands.ts'
import { MinHasher } from './minhash.ts'
import { type ShingleOptions, Shingler } from './shingles.ts'

export interface DigestOptions {
  readonly shingles: ShingleOptions
  /** Without bands only the sets are made. */
  readonly bands?: Bands | undefined
  readonly seed: number
}

/** What is kept of some texts: plain arrays, one entry a text where nothing else is said. */
export interface Digest {
  /** Length of the text in UTF-16 units. */
  readonly lengths: Uint32Array
  /** Distinct shingles. */
  readonly sizes: Uint32Array
  /** `Shingler.setHash` */
  readonly hashes: Float64Array
  /** The sets one after another. */
  readonly shingles: Float64Array
  /** As many keys a text as there are bands. */
  readonly keys: Int32Array
}

export type Digester = (texts: readonly string[]) => Digest

/** Makes digests of texts; the same from the same texts anywhere. */
export async function createDigester({ shingles, bands, seed }: DigestOptions): Promise<Digester> {
  const shingler = await Shingler.create(shingles)
  const hasher = bands && new MinHasher(bands, seed)
  const keysOfText = bands?.bands ?? 0
  let sets = new Float64Array(4096)
  return (texts) => {
    const count = texts.length
    const digest = {
      lengths: new Uint32Array(count),
      sizes: new Uint32Array(count),
      hashes: new Float64Array(count),
      keys: new Int32Array(count * keysOfText),
    }
    let filled = 0
    for (const [at, text] of texts.entries()) {
      shingler.read(text)
      const size = shingler.count
      if (filled + size > sets.length) {
        const larger = new Float64Array(Math.max(filled + size, 2 * sets.length))
        larger.set(sets)
        sets = larger
      }
      sets.set(shingler.values.subarray(0, size), filled)
      filled += size
      digest.lengths[at] = text.length
      digest.sizes[at] = size
      digest.hashes[at] = shingler.setHash()
      if (size > 0) hasher?.writeKeys(shingler.words, size, digest.keys, at * keysOfText)
    }
    return { ...digest, shingles: sets.slice(0, filled) }
  }
}
