/**
 * How ONNX Runtime hands out the memory of a session's values: its `BFCArena` (best fit with coalescing, after dlmalloc and TensorFlow),
 * with the settings that it has by default. Memory is taken from the system in regions, each twice the size of the one before; a request
 * gets the smallest free chunk that holds it, whose rest is cut off where it is at least as large again; free neighbours become one chunk.
 */

/** Requests are rounded up to whole ones of these. */
const granularity = 256
const firstRegion = 2 ** 20
const largestGrowth = 2 ** 30
/** A chunk is also cut where more than this would lie idle. */
const largestIdle = 128 * 2 ** 20
/** What the system gives at the first touch. */
const pageBytes = 4096

interface Region {
  readonly pages: Uint8Array
  /** A later one comes first among chunks of one size: the system gives lower and lower addresses. */
  readonly index: number
}

export interface Chunk {
  readonly region: Region
  readonly offset: number
  size: number
  free: boolean
  previous: Chunk | undefined
  next: Chunk | undefined
}

export class Arena {
  /** Bytes of the chunks that are taken. */
  used = 0
  /** Bytes of the regions. */
  held = 0
  /** Bytes that were ever written to, in whole pages: what the system counts as the process's own. */
  touched = 0
  private growth = firstRegion
  private regions = 0
  private readonly chunks = new Set<Chunk>()

  take(bytes: number): Chunk {
    const wanted = Math.max(1, Math.ceil(bytes / granularity)) * granularity
    const chunk = this.bestFit(wanted) ?? this.grow(wanted)
    this.chunks.delete(chunk)
    chunk.free = false
    const rest = chunk.size - wanted
    if (rest >= wanted || rest >= largestIdle) {
      const { region, offset, next } = chunk
      chunk.next = { region, offset: offset + wanted, size: rest, free: true, previous: chunk, next }
      if (next !== undefined) next.previous = chunk.next
      this.chunks.add(chunk.next)
      chunk.size = wanted
    }
    this.used += chunk.size
    this.touch(chunk, bytes)
    return chunk
  }

  give(chunk: Chunk): void {
    this.used -= chunk.size
    chunk.free = true
    const { previous, next } = chunk
    if (next?.free) this.merge(chunk, next)
    if (previous?.free) this.merge(previous, chunk)
    else this.chunks.add(chunk)
  }

  private merge(left: Chunk, right: Chunk): void {
    this.chunks.delete(right)
    left.size += right.size
    left.next = right.next
    if (right.next !== undefined) right.next.previous = left
  }

  private bestFit(wanted: number): Chunk | undefined {
    let best: Chunk | undefined
    for (const chunk of this.chunks) {
      if (chunk.size < wanted) continue
      if (best === undefined || chunk.size < best.size || (chunk.size === best.size && isBefore(chunk, best)))
        best = chunk
    }
    return best
  }

  private grow(wanted: number): Chunk {
    const fits = wanted <= this.growth
    while (wanted > this.growth) this.growth *= 2
    const size = this.growth
    if (fits) this.growth = Math.min(2 * this.growth, largestGrowth)
    this.held += size
    const region = { pages: new Uint8Array(Math.ceil(size / pageBytes)), index: this.regions++ }
    return { region, offset: 0, size, free: true, previous: undefined, next: undefined }
  }

  private touch({ region: { pages }, offset }: Chunk, bytes: number): void {
    const end = Math.ceil((offset + bytes) / pageBytes)
    for (let page = Math.floor(offset / pageBytes); page < end; page++) {
      if (pages[page] === 0) {
        pages[page] = 1
        this.touched += pageBytes
      }
    }
  }
}

function isBefore(left: Chunk, right: Chunk): boolean {
  return left.region === right.region ? left.offset < right.offset : left.region.index > right.region.index
}
