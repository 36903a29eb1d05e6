/** A growing list of 32-bit integers. */
export class IntegerList {
  items = new Int32Array(1 << 14)
  length = 0

  push(value: number): void {
    if (this.length === this.items.length) this.reserve(1)
    this.items[this.length++] = value
  }

  /** Makes room for `count` more items and returns the index of the first; the length is left to the caller. */
  reserve(count: number): number {
    const needed = this.length + count
    if (needed > this.items.length) {
      const items = this.items
      this.items = new Int32Array(Math.max(needed, items.length * 2))
      this.items.set(items)
    }
    return this.length
  }

  /** Appends `other[from … to]`. */
  append(other: IntegerList, from: number, to: number): void {
    let at = this.reserve(to - from)
    const [items, others] = [this.items, other.items]
    for (let index = from; index < to; index++) items[at++] = others[index]!
    this.length = at
  }

  toArray(): number[] {
    const out: number[] = []
    for (let index = 0; index < this.length; index++) out.push(this.items[index]!)
    return out
  }
}
