/** Reads Protocol Buffers (https://protobuf.dev/programming-guides/encoding), field by field. */
import { YuksuError } from '../errors.ts'

/** A field: its number, and its value as a whole number, bytes, or the bytes of a fixed-width number. */
export interface ProtobufField {
  readonly number: number
  readonly value: number | Buffer
}

/** The fields of a message in the order they stand in. Throws YuksuError `invalid-protobuf` where the bytes end early or hold no message. */
export function* protobufFields(bytes: Buffer): Generator<ProtobufField> {
  let at = 0
  const broken = () =>
    new YuksuError(
      'invalid-protobuf',
      `The bytes hold no Protocol Buffers message: byte ${at} of ${bytes.length} makes no sense.`,
    )
  const varint = (): number => {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at++]
      if (byte === undefined || scale > 2 ** 63) throw broken()
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
    }
  }
  const take = (length: number): Buffer => {
    if (at + length > bytes.length) throw broken()
    at += length
    return bytes.subarray(at - length, at)
  }
  while (at < bytes.length) {
    const key = varint()
    const number = Math.floor(key / 8)
    const wire = key % 8
    if (number === 0) throw broken()
    if (wire === 0) yield { number, value: varint() }
    else if (wire === 1) yield { number, value: take(8) }
    else if (wire === 2) yield { number, value: take(varint()) }
    else if (wire === 5) yield { number, value: take(4) }
    else throw broken()
  }
}
