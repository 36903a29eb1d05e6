/*
 * Passages that occur more than once, by a suffix array (Lee et al. 2022): of all windows of so many units, those of the same
 * units lie side by side in it. Stretches of text are kept in files of a bounded size, and any two files are searched together,
 * so that memory does not grow with the corpus; what takes time is the square of the number of files.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { commonPrefixes, suffixArray } from '../../tokenizers/suffix-array.ts'
import { GrowingArray } from './growing-array.ts'

export interface PassageSearchOptions {
  /** An empty folder. */
  readonly folder: string
  /** UTF-16 units of a passage at least. */
  readonly length: number
  /** Units in a file; two files and what is made of them take about 50 bytes for each. */
  readonly shardUnits?: number
  readonly signal?: AbortSignal | undefined
}

/** A passage that stands in an earlier place, too. */
export interface Passage {
  readonly start: number
  readonly end: number
  /** The text in which it stands earlier. */
  readonly source: number
}

/** Between stretches; units are one more than they are. */
const separator = 0
const noSource = 0xffffffff

interface Shard {
  readonly path: string
  /** Numbers in the file, one separator behind each stretch included. */
  readonly length: number
  /** For each stretch: where it begins in the file, its text and where it begins there. */
  readonly starts: Float64Array
  readonly texts: Float64Array
  readonly offsets: Float64Array
  /** The text in which the first repeated passage of a stretch stands earlier. */
  readonly sources: Uint32Array
  /** One bit a place: whether the window that begins there stands earlier, too. */
  readonly marks: Uint8Array
}

export class PassageSearch {
  private readonly options: PassageSearchOptions
  private readonly shardUnits: number
  private readonly shards: Shard[] = []
  private pieces: Uint16Array[] = []
  private units = 0
  private starts = GrowingArray.float64()
  private texts = GrowingArray.float64()
  private offsets = GrowingArray.float64()

  constructor(options: PassageSearchOptions) {
    this.options = options
    this.shardUnits = options.shardUnits ?? 1 << 23
  }

  /** Adds a stretch of text number `text` that begins at `offset` in it. Texts come in order. */
  async add(text: number, offset: number, stretch: string): Promise<void> {
    if (this.units > 0 && this.units + stretch.length > this.shardUnits) await this.closeShard()
    const piece = new Uint16Array(stretch.length)
    for (let at = 0; at < stretch.length; at++) piece[at] = stretch.charCodeAt(at)
    this.pieces.push(piece)
    this.starts.push(this.units)
    this.texts.push(text)
    this.offsets.push(offset)
    this.units += stretch.length + 1
  }

  /** Searches all, and tells for each text in order the passages to cut so that each is left once; they do not touch. */
  async *passages(): AsyncGenerator<{ text: number; passages: Passage[] }> {
    if (this.units > 0) await this.closeShard()
    const { shards } = this
    if (shards.length === 1) await this.search([shards[0]!])
    for (let first = 0; first < shards.length; first++)
      for (let second = first + 1; second < shards.length; second++)
        await this.search([shards[first]!, shards[second]!])
    let last: { text: number; passages: Passage[] } | undefined
    for (const shard of shards) {
      for (let stretch = 0; stretch < shard.starts.length; stretch++) {
        const passages = this.markedPassages(shard, stretch)
        if (passages.length === 0) continue
        const text = shard.texts[stretch]!
        if (last?.text === text) last.passages.push(...passages)
        else {
          if (last !== undefined) yield last
          last = { text, passages }
        }
      }
    }
    if (last !== undefined) yield last
  }

  private async closeShard(): Promise<void> {
    const path = join(this.options.folder, `passages-${this.shards.length}`)
    await writeFile(
      path,
      this.pieces.map((piece) => new Uint8Array(piece.buffer)),
    )
    const starts = this.starts.values().slice()
    this.shards.push({
      path,
      length: this.units,
      starts,
      texts: this.texts.values().slice(),
      offsets: this.offsets.values().slice(),
      sources: new Uint32Array(starts.length).fill(noSource),
      marks: new Uint8Array(Math.ceil(this.units / 8)),
    })
    this.pieces = []
    this.units = 0
    this.starts = GrowingArray.float64()
    this.texts = GrowingArray.float64()
    this.offsets = GrowingArray.float64()
  }

  private async search(shards: readonly Shard[]): Promise<void> {
    await setImmediate()
    this.options.signal?.throwIfAborted()
    const { length } = this.options
    const symbols = new Int32Array(shards.reduce((sum, shard) => sum + shard.length, 0))
    const bases: number[] = []
    let base = 0
    for (const shard of shards) {
      bases.push(base)
      await fillSymbols(symbols, base, shard)
      base += shard.length
    }
    const placeOf = (at: number): Place => {
      const which = shards.length > 1 && at >= bases[1]! ? 1 : 0
      return placeIn(shards[which]!, at - bases[which]!)
    }
    const order = suffixArray(symbols)
    const common = commonPrefixes(symbols, order)
    for (let from = 0; from < order.length;) {
      let to = from + 1
      let first = order[from]!
      for (; to < order.length && common[to]! >= length; to++) first = Math.min(first, order[to]!)
      if (to > from + 1) {
        const source = placeOf(first)
        // A window over the end of a stretch is none.
        if (source.at + length <= endOf(source)) {
          for (let index = from; index < to; index++)
            if (order[index]! >= first + length) mark(placeOf(order[index]!), source)
        }
      }
      from = to
    }
  }

  private markedPassages({ marks, starts, offsets, sources, length }: Shard, stretch: number): Passage[] {
    const begin = starts[stretch]!
    const end = (starts[stretch + 1] ?? length) - 1
    const shift = offsets[stretch]! - begin
    const found: { start: number; end: number; source: number }[] = []
    for (let at = begin; at + this.options.length <= end; at++) {
      if ((marks[at >>> 3]! & (1 << (at & 7))) === 0) continue
      const start = at + shift
      const last = found.at(-1)
      if (last !== undefined && start <= last.end) last.end = start + this.options.length
      else found.push({ start, end: start + this.options.length, source: sources[stretch]! })
    }
    return found
  }
}

/** Where a number of a shard stands. */
interface Place {
  readonly shard: Shard
  readonly at: number
  readonly stretch: number
}

function placeIn(shard: Shard, at: number): Place {
  const { starts } = shard
  let low = 0
  let high = starts.length
  while (high - low > 1) {
    const middle = (low + high) >>> 1
    if (starts[middle]! <= at) low = middle
    else high = middle
  }
  return { shard, at, stretch: low }
}

/** Where the stretch of a place ends. */
function endOf({ shard, stretch }: Place): number {
  return (shard.starts[stretch + 1] ?? shard.length) - 1
}

function mark({ shard, at, stretch }: Place, source: Place): void {
  shard.marks[at >>> 3]! |= 1 << (at & 7)
  // Of several, that which is found first: the same in every run.
  if (shard.sources[stretch] === noSource) shard.sources[stretch] = source.shard.texts[source.stretch]!
}

async function fillSymbols(
  symbols: Int32Array,
  base: number,
  { path, starts, length }: Shard,
): Promise<void> {
  const bytes = await readFile(path)
  const units = new Uint16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length))
  let from = 0
  starts.forEach((start, stretch) => {
    const end = (starts[stretch + 1] ?? length) - 1
    for (let at = start; at < end; at++) symbols[base + at] = units[from++]! + 1
    symbols[base + end] = separator
  })
}
