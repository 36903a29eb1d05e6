// Dynamic (tree) quantization to a byte (Dettmers, 2016; Dettmers et al., 2022): a number is kept as a share of its block's
// largest, in seven decades of which each has twice the steps of the one below. Step j of the n of the decade that ends at
// 10ᵈ stands for its middle, 10ᵈ (0.1 + 0.9 (j + ½) / n).

const decades = 7

/**
 * What a code may stand for but for its sign, ascending: 0, the steps of all decades, 1. The lowest decade has `lowest` steps:
 * one where a bit of the byte is the sign, which makes 129 magnitudes, and two where none is, which makes 256.
 */
export function dynamicMagnitudes(lowest: 1 | 2): Float32Array {
  const steps = Array.from({ length: decades }, (_, decade) => {
    const count = lowest << decade
    const end = 10 ** (decade + 1 - decades)
    return Array.from({ length: count }, (__, step) => end * (0.1 + (0.9 * (step + 0.5)) / count))
  })
  return Float32Array.from([0, ...steps.flat(), 1])
}

/** What a byte of the signed code stands for: 0 to 128 for as many magnitudes, 129 to 255 for those of 127 to 1 with a minus. */
export function signedValues(magnitudes: Float32Array): Float32Array {
  return Float32Array.from({ length: 256 }, (_, byte) =>
    byte > 128 ? -magnitudes[256 - byte]! : magnitudes[byte]!,
  )
}

/**
 * The table by which the kernel `adamw8Bit` finds the nearest of the magnitudes, of equally near ones the lower: for each step
 * of 2^fine in the bits of floats from 2⁻⁷ to 1, and of eight times that from 2⁻²³ to 2⁻⁷, (code at its beginning + 1) · 2²⁴ −
 * the bits from which the next code is nearer. No step may have more than one such change in it.
 */
export function codeEntries(magnitudes: Float32Array, fine: number): Int32Array {
  const changes = changeBits(magnitudes)
  const entries: number[] = []
  let code = 0
  for (let bits = 0x34000000; bits <= 0x3f800000;) {
    const end = bits + (1 << (bits < 0x3c000000 ? fine + 3 : fine))
    while (code < changes.length && changes[code]! <= bits) code++
    entries.push(((code + 1) << 24) - Math.min(changes[code] ?? end, end))
    bits = end
  }
  return Int32Array.from(entries)
}

/** For each magnitude but the last, the bits of the smallest float that is nearer to the next one. */
function changeBits(magnitudes: Float32Array): Int32Array {
  const middles = Float64Array.from(
    magnitudes.subarray(1),
    (magnitude, code) => (magnitude + magnitudes[code]!) / 2,
  )
  const floats = Float32Array.from(middles)
  return new Int32Array(floats.buffer).map((bits, code) => (floats[code]! > middles[code]! ? bits : bits + 1))
}
