/**
 * The blocks of 256 numbers of ggml (k-quants), whose parts have scales of few bits under one or two in binary16:
 *
 * - Q4_K: eight parts of 32; x = d·s·q − m·t with q from 0 to 15, and s and t, from 0 to 63, of the part. 144 bytes.
 * - Q6_K: sixteen parts of 16; x = d·s·(q − 32) with q from 0 to 63 and s, a signed byte, of the part. 210 bytes.
 *
 * Layouts are those of ggml (ggml-quants.c), and so is the way scales are looked for: several are tried, and for each the codes that
 * they give are taken as fixed and the scale solved for by least squares.
 */
import { readFloat16, writeFloat16 } from './scale.ts'

export const longBlock = 256

const codes = new Uint8Array(longBlock)
const tried = new Uint8Array(32)
const importance = new Float32Array(32)
const scales = new Float32Array(16)
const offsets = new Float32Array(8)

const nearest = (number: number): number => {
  const below = Math.floor(number)
  const rest = number - below
  return rest > 0.5 || (rest === 0.5 && (below & 1) === 1) ? below + 1 : below
}
const bounded = (number: number, from: number, to: number): number => Math.min(to, Math.max(from, number))

/** Writes 256 numbers as one block of 144 bytes: d, m, twelve bytes of s and t in 6 bits each, and the codes in nibbles. */
export function encodeQ4KBlock(values: Float32Array, target: Uint8Array): void {
  let largestScale = 0
  let largestOffset = 0
  for (let part = 0; part < 8; part++) {
    const own = values.subarray(part * 32, part * 32 + 32)
    const size = Math.sqrt(own.reduce((sum, value) => sum + value * value, 0) / 32)
    for (let index = 0; index < 32; index++) importance[index] = size + Math.abs(own[index]!)
    const { scale, offset } = fitAffine(own)
    scales[part] = scale
    offsets[part] = offset
    largestScale = Math.max(largestScale, scale)
    largestOffset = Math.max(largestOffset, offset)
  }
  const d = writeFloat16(target, 0, largestScale / 63)
  const m = writeFloat16(target, 2, largestOffset / 63)
  target.fill(0, 4, 16)
  for (let part = 0; part < 8; part++) {
    const s = largestScale === 0 ? 0 : Math.min(63, nearest((63 * scales[part]!) / largestScale))
    const t = largestOffset === 0 ? 0 : Math.min(63, nearest((63 * offsets[part]!) / largestOffset))
    writePartScales(target, part, s, t)
    for (let index = part * 32; index < part * 32 + 32; index++)
      codes[index] = d * s === 0 ? 0 : bounded(nearest((values[index]! + m * t) / (d * s)), 0, 15)
  }
  for (let pair = 0; pair < 4; pair++) {
    for (let index = 0; index < 32; index++) {
      const first = pair * 64 + index
      target[16 + pair * 32 + index] = codes[first]! | (codes[first + 32]! << 4)
    }
  }
}

export function decodeQ4KBlock(source: Uint8Array, target: Float32Array): void {
  const d = readFloat16(source, 0)
  const m = readFloat16(source, 2)
  for (let part = 0; part < 8; part++) {
    const { s, t } = readPartScales(source, part)
    const step = Math.fround(d * s)
    const offset = Math.fround(m * t)
    for (let index = 0; index < 32; index++) {
      const byte = source[16 + (part >> 1) * 32 + index]!
      const code = part % 2 === 0 ? byte & 15 : byte >> 4
      target[part * 32 + index] = Math.fround(step * code) - offset
    }
  }
}

/** The first four s and t have bytes of their own; the others have their low halves in one byte and the rest in the high bits of those. */
function writePartScales(target: Uint8Array, part: number, s: number, t: number): void {
  if (part < 4) {
    target[4 + part]! |= s
    target[8 + part]! |= t
    return
  }
  target[8 + part] = (s & 15) | ((t & 15) << 4)
  target[part]! |= (s >> 4) << 6
  target[4 + part]! |= (t >> 4) << 6
}

function readPartScales(source: Uint8Array, part: number): { s: number; t: number } {
  if (part < 4) return { s: source[4 + part]! & 63, t: source[8 + part]! & 63 }
  const low = source[8 + part]!
  return {
    s: (low & 15) | ((source[part]! >> 6) << 4),
    t: (low >> 4) | ((source[4 + part]! >> 6) << 4),
  }
}

/**
 * A scale and an offset, neither below 0, with which codes q of 0 to 15 come near x ≈ scale·q − offset: of all candidates the one of
 * the smallest error weighted by `importance`.
 */
function fitAffine(x: Float32Array): { scale: number; offset: number } {
  let low = 0
  let high = -Infinity
  let weight = 0
  let weighted = 0
  for (let index = 0; index < 32; index++) {
    low = Math.min(low, x[index]!)
    high = Math.max(high, x[index]!)
    weight += importance[index]!
    weighted += importance[index]! * x[index]!
  }
  if (high <= low) return { scale: 0, offset: -low }
  const errorOf = (scale: number, minimum: number): number => {
    let error = 0
    for (let index = 0; index < 32; index++)
      error += importance[index]! * (scale * tried[index]! + minimum - x[index]!) ** 2
    return error
  }
  const assign = (inverse: number): void => {
    for (let index = 0; index < 32; index++)
      tried[index] = bounded(nearest(inverse * (x[index]! - minimum)), 0, 15)
  }
  let scale = (high - low) / 15
  let minimum = low
  assign(1 / scale)
  let best = errorOf(scale, minimum)
  for (let attempt = 0; attempt <= 20; attempt++) {
    // From the best start so far, not from the smallest number: that is nearer to what will be the codes.
    assign((14 + 0.1 * attempt) / (high - minimum))
    let sum = 0
    let squares = 0
    let products = 0
    for (let index = 0; index < 32; index++) {
      const part = importance[index]! * tried[index]!
      sum += part
      squares += part * tried[index]!
      products += part * x[index]!
    }
    const determinant = weight * squares - sum * sum
    if (!(determinant > 0)) continue
    let candidate = (weight * products - weighted * sum) / determinant
    let start = (squares * weighted - sum * products) / determinant
    if (start > 0) {
      start = 0
      candidate = products / squares
    }
    const error = errorOf(candidate, start)
    if (error < best) {
      best = error
      scale = candidate
      minimum = start
    }
  }
  return { scale, offset: -minimum }
}

/** Writes 256 numbers as one block of 210 bytes: the low nibbles of the codes, their two high bits, sixteen scales, and d. */
export function encodeQ6KBlock(values: Float32Array, target: Uint8Array): void {
  let largest = 0
  for (let part = 0; part < 16; part++) {
    scales[part] = fitScale(values.subarray(part * 16, part * 16 + 16))
    if (Math.abs(scales[part]!) > Math.abs(largest)) largest = scales[part]!
  }
  if (Math.abs(largest) < 1e-15) {
    target.fill(0)
    return
  }
  // The scale furthest from 0 becomes −128.
  const d = writeFloat16(target, 208, largest / -128)
  for (let part = 0; part < 16; part++) {
    const s = Math.min(127, nearest((-128 * scales[part]!) / largest))
    target[192 + part] = s
    for (let index = part * 16; index < part * 16 + 16; index++)
      codes[index] = d * s === 0 ? 32 : bounded(nearest(values[index]! / (d * s)), -32, 31) + 32
  }
  for (let half = 0; half < 2; half++) {
    for (let index = 0; index < 32; index++) {
      const [a, b, c, e] = [0, 32, 64, 96].map((shift) => codes[half * 128 + shift + index]!) as [
        number,
        number,
        number,
        number,
      ]
      target[half * 64 + index] = (a & 15) | ((c & 15) << 4)
      target[half * 64 + 32 + index] = (b & 15) | ((e & 15) << 4)
      target[128 + half * 32 + index] = (a >> 4) | ((b >> 4) << 2) | ((c >> 4) << 4) | ((e >> 4) << 6)
    }
  }
}

export function decodeQ6KBlock(source: Uint8Array, target: Float32Array): void {
  const d = readFloat16(source, 208)
  for (let index = 0; index < longBlock; index++) {
    const half = index >> 7
    const quarter = (index >> 5) & 3
    const place = index & 31
    const nibbles = source[half * 64 + (quarter & 1) * 32 + place]!
    const low = quarter < 2 ? nibbles & 15 : nibbles >> 4
    const high = (source[128 + half * 32 + place]! >> (2 * quarter)) & 3
    const s = (source[192 + (index >> 4)]! << 24) >> 24
    target[index] = Math.fround(d * s) * ((low | (high << 4)) - 32)
  }
}

/** A scale with which codes q of −32 to 31 come near x ≈ scale·q, the more so the larger x: of 19 candidates the best. */
function fitScale(x: Float32Array): number {
  let furthest = 0
  for (const value of x) if (Math.abs(value) > Math.abs(furthest)) furthest = value
  if (Math.abs(furthest) < 1e-15) return 0
  let best = 0
  let scale = 0
  for (const shift of shifts) {
    const inverse = -(32 + 0.1 * shift) / furthest
    let products = 0
    let squares = 0
    for (const value of x) {
      const code = bounded(nearest(inverse * value), -32, 31)
      products += value ** 3 * code
      squares += (value * code) ** 2
    }
    if (squares > 0 && products * products > best * squares) {
      scale = products / squares
      best = scale * products
    }
  }
  return scale
}

const shifts = [0, ...Array.from({ length: 19 }, (_, index) => index - 9).filter((shift) => shift !== 0)]
