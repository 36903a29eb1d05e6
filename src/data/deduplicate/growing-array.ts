type Numbers = Uint32Array | Int32Array | Float64Array

/** Numbers one after another, without their count being known; in memory that threads share. */
export class GrowingArray<Kind extends Numbers> {
  length = 0
  private numbers: Kind
  private readonly make: (memory: SharedArrayBuffer) => Kind

  private constructor(make: (memory: SharedArrayBuffer) => Kind) {
    this.make = make
    this.numbers = make(new SharedArrayBuffer(8192))
  }

  static uint32(): GrowingArray<Uint32Array> {
    return new GrowingArray((memory) => new Uint32Array(memory))
  }

  static float64(): GrowingArray<Float64Array> {
    return new GrowingArray((memory) => new Float64Array(memory))
  }

  push(value: number): void {
    if (this.length === this.numbers.length) this.grow()
    this.numbers[this.length++] = value
  }

  at(index: number): number {
    return this.numbers[index]!
  }

  set(index: number, value: number): void {
    this.numbers[index] = value
  }

  /** The numbers there are so far. */
  values(): Kind {
    return this.numbers.subarray(0, this.length) as Kind
  }

  private grow(): void {
    const larger = this.make(new SharedArrayBuffer(2 * this.numbers.byteLength))
    larger.set(this.numbers)
    this.numbers = larger
  }
}
