/** Counts of adjacent symbol pairs: an open-addressing hash table from (left, right) to a small index. */
export class PairTable {
  size = 0
  left = new Int32Array(1 << 14)
  right = new Int32Array(1 << 14)
  count = new Float64Array(1 << 14)
  #slots = new Int32Array(1 << 15)

  /** The index of a pair; a new pair is added with count 0. */
  indexOf(left: number, right: number): number {
    const slots = this.#slots
    const mask = slots.length - 1
    let slot = hash(left, right) & mask
    for (let pair = slots[slot]!; pair !== 0; pair = slots[slot]!) {
      if (this.left[pair - 1] === left && this.right[pair - 1] === right) return pair - 1
      slot = (slot + 1) & mask
    }
    if (this.size === this.left.length) {
      this.#grow()
      return this.indexOf(left, right)
    }
    const index = this.size++
    slots[slot] = index + 1
    this.left[index] = left
    this.right[index] = right
    return index
  }

  /** The index of a pair, -1 where it is not in the table. */
  find(left: number, right: number): number {
    const slots = this.#slots
    const mask = slots.length - 1
    let slot = hash(left, right) & mask
    for (let pair = slots[slot]!; pair !== 0; pair = slots[slot]!) {
      if (this.left[pair - 1] === left && this.right[pair - 1] === right) return pair - 1
      slot = (slot + 1) & mask
    }
    return -1
  }

  /** Adds to the count of a pair. */
  add(left: number, right: number, amount: number): void {
    const pair = this.indexOf(left, right)
    this.count[pair]! += amount
  }

  #grow(): void {
    const { left, right, count, size } = this
    this.left = new Int32Array(size * 2)
    this.right = new Int32Array(size * 2)
    this.count = new Float64Array(size * 2)
    this.left.set(left)
    this.right.set(right)
    this.count.set(count)
    const slots = new Int32Array(size * 4)
    const mask = slots.length - 1
    for (let pair = 0; pair < size; pair++) {
      let slot = hash(left[pair]!, right[pair]!) & mask
      while (slots[slot] !== 0) slot = (slot + 1) & mask
      slots[slot] = pair + 1
    }
    this.#slots = slots
  }
}

function hash(left: number, right: number): number {
  const mixed = Math.imul(Math.imul(left, 0x9e3779b1) ^ right, 0x85ebca6b)
  return mixed ^ (mixed >>> 15)
}
