/** The largest `capacity` of the numbers offered, in a binary heap with the smallest of them on top. */
export class SmallestFirstHeap {
  readonly #values: Float32Array
  #size = 0

  constructor(capacity: number) {
    this.#values = new Float32Array(capacity)
  }

  clear(): void {
    this.#size = 0
  }

  /** The smallest number kept: the k-th largest once `capacity` numbers were offered. */
  get smallest(): number {
    return this.#values[0]!
  }

  offer(value: number): void {
    const values = this.#values
    if (this.#size < values.length) {
      let child = this.#size++
      while (child > 0) {
        const parent = (child - 1) >> 1
        if (values[parent]! <= value) break
        values[child] = values[parent]!
        child = parent
      }
      values[child] = value
    } else if (value > values[0]!) this.#replaceTop(value)
  }

  #replaceTop(value: number): void {
    const values = this.#values
    const size = this.#size
    let parent = 0
    for (;;) {
      let child = 2 * parent + 1
      if (child >= size) break
      if (child + 1 < size && values[child + 1]! < values[child]!) child++
      if (values[child]! >= value) break
      values[parent] = values[child]!
      parent = child
    }
    values[parent] = value
  }
}
