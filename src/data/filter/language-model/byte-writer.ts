/** Bytes that grow as whole numbers are added, seven bits a byte, the lowest first. */
export class ByteWriter {
  private bytes = new Uint8Array(1 << 16)
  private length = 0

  add(value: number): void {
    if (this.length + 5 > this.bytes.length) {
      const longer = new Uint8Array(this.bytes.length * 2)
      longer.set(this.bytes)
      this.bytes = longer
    }
    let rest = value
    while (rest > 0x7f) {
      this.bytes[this.length++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    this.bytes[this.length++] = rest
  }

  finish(): Uint8Array {
    return this.bytes.subarray(0, this.length)
  }
}

/** Reads what `ByteWriter` wrote; past the end it gives NaN. */
export class ByteReader {
  position = 0
  private readonly bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }

  next(): number {
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.bytes[this.position++]
      if (byte === undefined) return Number.NaN
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value >>> 0
    }
    return Number.NaN
  }
}
