import { YuksuError } from '../errors.ts'
import { formatShape } from './dimension.ts'

/**
 * Weights in few bits. Each row is cut into blocks of neighbours that share a scale, and every number becomes a code:
 *
 *   int8, int4   w ≈ (code − zero point) · scale
 *   nf4          w ≈ level[code] · scale
 *
 * One layout serves every way to compute with them: the codes of `[out, blocks, blockSize]` in order, a row's last block
 * filled up with zeros. Read as `[out · blocks, blockSize]` with a scale a row that is what `DequantizeLinear` takes, and
 * as bytes of `[out, blocks, blockSize / 2]` what `MatMulNBits` takes.
 */
export interface QuantizedWeight {
  readonly format: 'int8' | 'int4' | 'nf4'
  readonly bits: 8 | 4
  readonly shape: readonly [number, number]
  /** How many neighbours in a row share a scale. */
  readonly blockSize: number
  /** Signed bytes for int8; codes of 4 bits are packed two in a byte, the first in the low half. */
  readonly data: Int8Array | Uint8Array
  /** `[out, blocks]`; of int4 a scale may be negative. */
  readonly scales: Float32Array
  /** `[out, blocks]` packed as `data` is; absent where the zero point is 0 for int8 and 8 for int4. */
  readonly zeroPoints?: Uint8Array
  /** What all of it takes. */
  readonly bytes: number
}

/**
 * NF4: levels that hold equally many numbers of a normal distribution each, its quantiles scaled to [−1, 1], with 0 among
 * them (Dettmers et al., 2023, "QLoRA", appendix E).
 */
export const nf4Levels: Float32Array = Float32Array.of(
  -1,
  -0.6961928009986877,
  -0.5250730514526367,
  -0.39491748809814453,
  -0.28444138169288635,
  -0.18477343022823334,
  -0.09105003625154495,
  0,
  0.07958029955625534,
  0.16093020141124725,
  0.24611230194568634,
  0.33791524171829224,
  0.44070982933044434,
  0.5626170039176941,
  0.7229568362236023,
  1,
)

/** The level that is 0. */
const nf4Zero = 7
const nf4Bounds = nf4Levels.subarray(1).map((level, index) => (level + nf4Levels[index]!) / 2)

/** How many blocks a row is cut into. */
export function blockCount({ shape, blockSize }: Pick<QuantizedWeight, 'shape' | 'blockSize'>): number {
  return Math.ceil(shape[1] / blockSize)
}

/** The code at an index of values packed two in a byte. */
export function unpackNibble(packed: Uint8Array, index: number): number {
  return (packed[index >> 1]! >> ((index & 1) * 4)) & 15
}

/** Packs codes of 4 bits two in a byte, the first in the low half. */
export function packNibble(packed: Uint8Array, index: number, code: number): void {
  packed[index >> 1]! |= code << ((index & 1) * 4)
}

/**
 * A weight of `[out, in]` as signed bytes, symmetric about 0: codes of −127 to 127 and a scale for each row, or for each block of
 * `blockSize` neighbours in a row. No number moves by more than half a step, a step being 1/127 of the largest magnitude of its block.
 * Throws YuksuError where a value is not finite or the sizes do not fit.
 */
export function quantizeInt8(
  weight: Float32Array,
  shape: readonly [number, number],
  { blockSize = shape[1] }: { readonly blockSize?: number } = {},
): QuantizedWeight {
  if (!Number.isInteger(blockSize) || blockSize < 1) {
    throw new YuksuError(
      'block-size',
      `a block of ${blockSize} numbers was asked for; give a whole number of at least 1, or none for one scale a row`,
    )
  }
  const settings = { format: 'int8', bits: 8, blockSize: Math.min(blockSize, shape[1]) } as const
  return quantizeBlocks(weight, shape, settings, (values, codes) => {
    const scale = Math.fround(Math.abs(extreme(values)) / 127)
    const block = { scale, zeroPoint: 0 }
    encodeSteps(values, codes, block, signedBytes)
    return block
  })
}

/**
 * A weight of `[out, in]` in 4 bits with a scale for each block of `blockSize` neighbours in a row.
 *
 * Symmetric: the number farthest from 0 is −8 steps exactly, whatever its sign, and the scale has the other sign (Q4_0 of llama.cpp, and the
 * quantizer of ONNX Runtime). No number moves by more than half a step, but for those beyond 7.5 steps on the other side,
 * which may move by a whole one; over normal weights the error is a tenth smaller than with a step that spares them.
 *
 * Otherwise a block also has a zero point, 15 steps reach from its smallest to its largest number, and none moves by more
 * than half a step; that takes an eighth of a bit more for each weight at 32 in a block.
 * Throws YuksuError where a value is not finite or the sizes do not fit.
 */
export function quantizeInt4Blocks(
  weight: Float32Array,
  shape: readonly [number, number],
  { blockSize = 32, symmetric = true }: { readonly blockSize?: number; readonly symmetric?: boolean } = {},
): QuantizedWeight {
  checkPackedBlock(blockSize)
  const settings = { format: 'int4', bits: 4, blockSize, withZeroPoints: !symmetric } as const
  return quantizeBlocks(weight, shape, settings, (values, codes) => {
    const block = symmetric ? symmetricRange(values) : fullRange(values)
    encodeSteps(values, codes, block, nibbles)
    return block
  })
}

/**
 * A weight of `[out, in]` in the 16 levels of NF4 (`nf4Levels`), times the largest magnitude of each block of `blockSize`
 * neighbours in a row (Dettmers et al., 2023, "QLoRA"). Each number becomes the level next to it.
 * Throws YuksuError where a value is not finite or the sizes do not fit.
 */
export function quantizeNf4(
  weight: Float32Array,
  shape: readonly [number, number],
  { blockSize = 64 }: { readonly blockSize?: number } = {},
): QuantizedWeight {
  checkPackedBlock(blockSize)
  return quantizeBlocks(weight, shape, { format: 'nf4', bits: 4, blockSize }, (values, codes) => {
    const scale = Math.abs(extreme(values))
    values.forEach((value, index) => (codes[index] = scale === 0 ? nf4Zero : nearestLevel(value / scale)))
    return { scale, zeroPoint: nf4Zero }
  })
}

/** The numbers that the codes stand for, `[out, in]`: exactly those that a program computes with. */
export function dequantize(weight: QuantizedWeight): Float32Array {
  const { format, shape, blockSize, data, scales, zeroPoints } = weight
  const [out, width] = shape
  const blocks = blockCount(weight)
  const values = new Float32Array(out * width)
  for (let row = 0; row < out; row++) {
    for (let column = 0; column < width; column++) {
      const index = row * blocks * blockSize + column
      const block = row * blocks + Math.floor(column / blockSize)
      values[row * width + column] = codeValue(format, data, index, zeroPoints, block) * scales[block]!
    }
  }
  return values
}

function codeValue(
  format: QuantizedWeight['format'],
  data: QuantizedWeight['data'],
  index: number,
  zeroPoints: Uint8Array | undefined,
  block: number,
): number {
  if (data instanceof Int8Array) return data[index]!
  const code = unpackNibble(data, index)
  if (format === 'nf4') return nf4Levels[code]!
  return code - (zeroPoints === undefined ? 8 : unpackNibble(zeroPoints, block))
}

interface BlockRange {
  readonly scale: number
  /** The code of 0. */
  readonly zeroPoint: number
}

/** Quantizes block by block: `encode` writes the codes of a block's values. */
function quantizeBlocks(
  weight: Float32Array,
  shape: readonly [number, number],
  settings: Pick<QuantizedWeight, 'format' | 'bits' | 'blockSize'> & { readonly withZeroPoints?: boolean },
  encode: (values: Float32Array, codes: Uint8Array) => BlockRange,
): QuantizedWeight {
  const { format, bits, blockSize, withZeroPoints = false } = settings
  const [out, width] = shape
  checkWeight(weight, shape)
  const blocks = blockCount({ shape, blockSize })
  const scales = new Float32Array(out * blocks)
  const bytes = new Uint8Array((out * blocks * blockSize * bits) / 8)
  const zeroPoints = withZeroPoints ? new Uint8Array(Math.ceil(scales.length / 2)) : undefined
  const codes = new Uint8Array(blockSize)
  for (let block = 0; block < scales.length; block++) {
    const row = Math.floor(block / blocks)
    const start = (block % blocks) * blockSize
    const values = weight.subarray(row * width + start, row * width + Math.min(width, start + blockSize))
    const { scale, zeroPoint } = encode(values, codes)
    codes.fill(zeroPoint, values.length)
    scales[block] = scale
    if (zeroPoints !== undefined) packNibble(zeroPoints, block, zeroPoint)
    if (bits === 8) bytes.set(codes, block * blockSize)
    else
      for (let at = 0; at < blockSize; at += 2)
        bytes[(block * blockSize + at) / 2] = codes[at]! | (codes[at + 1]! << 4)
  }
  // A negative number kept in an unsigned byte has the bits of the signed one.
  const data = bits === 8 ? new Int8Array(bytes.buffer) : bytes
  return {
    format,
    bits,
    shape,
    blockSize,
    data,
    scales,
    ...(zeroPoints !== undefined && { zeroPoints }),
    bytes: data.byteLength + scales.byteLength + (zeroPoints?.byteLength ?? 0),
  }
}

/** The lowest and the highest code. */
const signedBytes = [-127, 127] as const
const nibbles = [0, 15] as const

function encodeSteps(
  values: Float32Array,
  codes: Uint8Array,
  { scale, zeroPoint }: BlockRange,
  [lowest, highest]: readonly [number, number],
): void {
  for (let index = 0; index < values.length; index++) {
    const code = scale === 0 ? zeroPoint : Math.round(values[index]! / scale) + zeroPoint
    codes[index] = code < lowest ? lowest : code > highest ? highest : code
  }
}

function symmetricRange(values: Float32Array): BlockRange {
  return { scale: Math.fround(extreme(values) / -8), zeroPoint: 8 }
}

/** 0 is always among the numbers reached, so that it stays 0. */
function fullRange(values: Float32Array): BlockRange {
  let [lowest, highest] = [0, 0]
  for (const value of values) {
    lowest = Math.min(lowest, value)
    highest = Math.max(highest, value)
  }
  const scale = Math.fround((highest - lowest) / 15)
  return { scale, zeroPoint: scale === 0 ? 0 : Math.max(0, Math.min(15, Math.round(-lowest / scale))) }
}

/** The number farthest from 0, with its sign. */
function extreme(values: Float32Array): number {
  let found = 0
  for (const value of values) if (Math.abs(value) > Math.abs(found)) found = value
  return found
}

function nearestLevel(value: number): number {
  let code = 0
  while (code < nf4Bounds.length && value > nf4Bounds[code]!) code++
  return code
}

/** `MatMulNBits` asks for it, and two codes share a byte. */
function checkPackedBlock(blockSize: number): void {
  if (!Number.isInteger(blockSize) || blockSize < 16 || !Number.isInteger(Math.log2(blockSize))) {
    throw new YuksuError(
      'block-size',
      `a block of ${blockSize} numbers was asked for in 4 bits; give a power of two of at least 16, such as 32`,
    )
  }
}

function checkWeight(weight: Float32Array, shape: readonly [number, number]): void {
  const [out, width] = shape
  if (!(out >= 1 && width >= 1) || weight.length !== out * width) {
    throw new YuksuError(
      'shape',
      `a weight of ${weight.length} numbers was given as ${formatShape(shape)}; give [out, in] whose product they are`,
    )
  }
  const place = weight.findIndex((value) => !Number.isFinite(value))
  if (place !== -1) {
    throw new YuksuError(
      'weight',
      `the weight has ${weight[place]} in row ${Math.floor(place / width)}, column ${place % width}, and only finite numbers can be quantized; look where it comes from`,
    )
  }
}
