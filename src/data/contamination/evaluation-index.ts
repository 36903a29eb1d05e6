/*
 * Every stretch of n units of the evaluation rows, to be looked up while training rows stream by. The units of all rows
 * stand one after another as numbers in one array; a stretch is its first place in that array. A hash table of places
 * finds candidates, and a candidate counts when all its units are the same: no hit by a hash alone. About 20 bytes for a
 * unit of the evaluation rows.
 */

export interface IndexOptions {
  /** Units in a stretch, at most 255. */
  readonly length: number
  /** A text of fewer units than `length`, but at least so many, is compared as a whole. */
  readonly shortest: number
  /** A stretch that stands in more evaluation rows than this is their common form and no evidence. */
  readonly commonRows: number
}

/** What a training text shares with one evaluation row. */
export interface Overlap {
  /** The evaluation row, by the order in which they were added. */
  readonly row: number
  /** Places of the evaluation row whose stretch was found. */
  readonly places: Set<number>
}

/** A stretch of the units of a training text, `end` excluded. */
export interface Stretch {
  readonly start: number
  readonly end: number
}

const noMore = 0xffff_ffff
const tooCommon = 0xffff_fffe
/** Odd, so that multiplication by it loses no bit. */
const base = 0x01000193

export class EvaluationIndex {
  /** Evaluation rows that were added. */
  rows = 0
  /** Stretches of them that are looked for, repeated ones included. */
  stretches = 0
  /** Different stretches that are left out because too many rows have them. */
  commonStretches = 0
  /** Stretches that are left out because one or two units are all they hold: laughter, rules of dashes, "no no no". */
  repeatedStretches = 0
  private readonly options: IndexOptions
  private readonly numbers = new Map<string, number>()
  private units = new Uint32Array(1 << 12)
  private count = 0
  /** Of the stretch that begins here: its units, 0 where none begins. */
  private widths = new Uint8Array(1 << 12)
  private readonly rowStarts: number[] = []
  private readonly stretchesOfRow: number[] = []
  private slots = new Uint32Array(0)
  /** The next place with the same stretch. */
  private next = new Uint32Array(0)
  private readonly widthsInUse = new Set<number>()

  constructor(options: IndexOptions) {
    this.options = options
  }

  /** Adds an evaluation row by the units of its texts and says whether it is long enough to be looked for. */
  add(texts: readonly (readonly string[])[]): boolean {
    const { length, shortest } = this.options
    const row = this.rows++
    this.rowStarts[row] = this.count
    let stretches = 0
    for (const text of texts) {
      const width = text.length >= length ? length : text.length
      if (width === 0 || width < shortest) continue
      this.widthsInUse.add(width)
      const start = this.count
      for (const unit of text) this.push(this.numberOf(unit))
      const last = this.count - width
      for (let place = start; place <= last; place++) {
        if (this.isRepetition(place, width)) {
          this.repeatedStretches++
          continue
        }
        this.widths[place] = width
        stretches++
      }
    }
    this.stretchesOfRow[row] = stretches
    this.stretches += stretches
    return stretches > 0
  }

  /** How many stretches of an evaluation row are looked for. */
  stretchesOf(row: number): number {
    return this.stretchesOfRow[row]!
  }

  /** Makes the table; to be called once, after the last row. */
  finish(): void {
    let size = 16
    while (size < 2 * this.stretches) size *= 2
    this.slots = new Uint32Array(size)
    this.next = new Uint32Array(this.count).fill(noMore)
    for (let place = this.count - 1; place >= 0; place--) {
      const width = this.widths[place]!
      if (width === 0) continue
      let hash = 0
      for (let at = place; at < place + width; at++) hash = (Math.imul(hash, base) + this.units[at]!) | 0
      const slot = this.slotOf(hash, width, this.units, place)
      const found = this.slots[slot]!
      if (found !== 0) this.next[place] = found - 1
      this.slots[slot] = place + 1
    }
    this.markCommon()
  }

  /**
   * What the units of a training text share with evaluation rows, added to `overlaps`, and where, in order and merged
   * where stretches touch.
   */
  find(text: readonly string[], overlaps: Map<number, Overlap>): Stretch[] {
    const stretches: Stretch[] = []
    const shortest = Math.min(...this.widthsInUse)
    if (text.length < shortest) return stretches
    const ids = new Uint32Array(text.length)
    let known = false
    let run = 0
    for (let at = 0; at < text.length; at++) {
      ids[at] = this.numbers.get(text[at]!) ?? 0
      run = ids[at] === 0 ? 0 : run + 1
      known ||= run >= shortest
    }
    if (!known) return stretches
    for (const width of this.widthsInUse) this.findWidth(ids, width, overlaps, stretches)
    return merged(stretches)
  }

  private findWidth(
    ids: Uint32Array,
    width: number,
    overlaps: Map<number, Overlap>,
    stretches: Stretch[],
  ): void {
    let leaving = 1
    for (let at = 0; at < width; at++) leaving = Math.imul(leaving, base)
    let hash = 0
    let run = 0
    for (let at = 0; at < ids.length; at++) {
      const id = ids[at]!
      if (id === 0) {
        hash = 0
        run = 0
        continue
      }
      hash = (Math.imul(hash, base) + id) | 0
      run++
      if (run > width) hash = (hash - Math.imul(leaving, ids[at - width]!)) | 0
      if (run < width) continue
      const start = at - width + 1
      const found = this.slots[this.slotOf(hash, width, ids, start)]!
      if (found === 0 || this.next[found - 1] === tooCommon) continue
      stretches.push({ start, end: at + 1 })
      for (let place = found - 1; place !== noMore; place = this.next[place]!) this.note(place, overlaps)
    }
  }

  private note(place: number, overlaps: Map<number, Overlap>): void {
    const row = this.rowOf(place)
    let overlap = overlaps.get(row)
    if (overlap === undefined) overlaps.set(row, (overlap = { row, places: new Set() }))
    overlap.places.add(place)
  }

  /** Takes stretches that too many rows have out of what is found. */
  private markCommon(): void {
    const { commonRows } = this.options
    for (const slot of this.slots) {
      if (slot === 0) continue
      let rows = 0
      let last = -1
      for (let place = slot - 1; place !== noMore; place = this.next[place]!) {
        const row = this.rowOf(place)
        if (row !== last) rows++
        last = row
      }
      if (rows <= commonRows) continue
      this.commonStretches++
      for (let place = slot - 1; place !== noMore;) {
        const following = this.next[place]!
        this.stretchesOfRow[this.rowOf(place)]! -= 1
        this.next[place] = tooCommon
        place = following
      }
    }
  }

  /** Whether a stretch has fewer than three different units. */
  private isRepetition(place: number, width: number): boolean {
    const first = this.units[place]!
    let other = 0
    for (let at = place + 1; at < place + width; at++) {
      const unit = this.units[at]!
      if (unit === first || unit === other) continue
      if (other !== 0) return false
      other = unit
    }
    return true
  }

  /** The slot that holds a place with the same stretch, or the free one where it belongs. */
  private slotOf(hash: number, width: number, units: Uint32Array, start: number): number {
    const mask = this.slots.length - 1
    let slot = scatter(hash ^ Math.imul(width, 0x9e3779b1)) & mask
    for (;;) {
      const found = this.slots[slot]!
      if (found === 0 || this.isSame(found - 1, width, units, start)) return slot
      slot = (slot + 1) & mask
    }
  }

  private isSame(place: number, width: number, units: Uint32Array, start: number): boolean {
    if (this.widths[place] !== width) return false
    for (let at = 0; at < width; at++) if (this.units[place + at] !== units[start + at]) return false
    return true
  }

  /** The row that a place is in: the last that begins at or before it. */
  private rowOf(place: number): number {
    let low = 0
    let high = this.rows - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.rowStarts[middle]! <= place) low = middle
      else high = middle - 1
    }
    return low
  }

  private numberOf(unit: string): number {
    let number = this.numbers.get(unit)
    if (number === undefined) this.numbers.set(unit, (number = this.numbers.size + 1))
    return number
  }

  private push(unit: number): void {
    if (this.count === this.units.length) {
      const [units, widths] = [new Uint32Array(2 * this.count), new Uint8Array(2 * this.count)]
      units.set(this.units)
      widths.set(this.widths)
      this.units = units
      this.widths = widths
    }
    this.units[this.count++] = unit
  }
}

/** Spreads each bit over all of a word (the last step of MurmurHash3, Appleby). */
function scatter(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}

function merged(stretches: Stretch[]): Stretch[] {
  const result: { start: number; end: number }[] = []
  for (const { start, end } of stretches.toSorted((a, b) => a.start - b.start)) {
    const last = result.at(-1)
    if (last !== undefined && start <= last.end) last.end = Math.max(last.end, end)
    else result.push({ start, end })
  }
  return result
}
