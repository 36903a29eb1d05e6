import type { Lowering } from '../lowering.ts'
import { tileFormat } from '../native-products.ts'
import { nativeDomain } from '../onnx.ts'
import { blockCount, nf4Levels, packNibble, type QuantizedWeight, unpackNibble } from '../quantized.ts'
import { constant, recordOne, type Tensor } from '../tensor.ts'

/** A quantized weight as constants of a program. */
export interface WeightConstants {
  /** What `emitDequantized` reads: the two below, one after the other. A program has those that its operators take. */
  readonly forDequantize: readonly Tensor[]
  /** Codes, scales, and the zero points or the table of levels where there are some. */
  readonly forRuntime: readonly Tensor[]
  /** Of codes of 4 bits about a fixed zero, what the native library reads besides the scales: their bytes and the 16 levels that they stand for. */
  readonly forLibrary: readonly Tensor[]
  /** What `MatMulNBits` reads after the activations: codes, scales, and the zero points where there are some. */
  readonly forBlocks: readonly Tensor[]
}

/** The same tensors every time, so that however often a program uses a weight, it holds it once. */
const known = new WeakMap<QuantizedWeight, WeightConstants>()

export function weightConstants(weight: QuantizedWeight): WeightConstants {
  let constants = known.get(weight)
  if (constants === undefined) {
    constants = makeConstants(weight)
    known.set(weight, constants)
  }
  return constants
}

function makeConstants(weight: QuantizedWeight): WeightConstants {
  const { format, shape, blockSize, data, zeroPoints } = weight
  const blocks = blockCount(weight)
  const rows = shape[0] * blocks
  const scales = constant(weight.scales, [rows])
  const made = (
    forRuntime: readonly Tensor[],
    forLibrary: readonly Tensor[],
    forBlocks: readonly Tensor[],
  ): WeightConstants => ({ forDequantize: [...forRuntime, ...forLibrary], forRuntime, forLibrary, forBlocks })
  if (data instanceof Int8Array) return made([constant(data, [rows, blockSize]), scales], [], [])
  const bytes = constant(data, [shape[0], blocks, blockSize / 2], 'uint8')
  const wholeSixteens = blockSize % 16 === 0
  if (format === 'nf4') {
    return made([bytes, scales, nf4Pairs], wholeSixteens ? [bytes, levelsOfNf4] : [], [])
  }
  const zeros = zeroPoints ?? new Uint8Array(Math.ceil(rows / 2)).fill(0x88)
  return made(
    [constant(data, [rows, blockSize], 'uint4'), scales, constant(zeros, [rows], 'uint4')],
    wholeSixteens && zeroPoints === undefined ? [bytes, levelsOfInt4] : [],
    [bytes, scales, ...(zeroPoints === undefined ? [] : [zeroPointsByRow(weight, zeroPoints)])],
  )
}

/** The zero points as `MatMulNBits` reads them: those of each row begin a byte. */
function zeroPointsByRow(weight: QuantizedWeight, zeroPoints: Uint8Array): Tensor {
  const [out] = weight.shape
  const blocks = blockCount(weight)
  const width = Math.ceil(blocks / 2)
  const rows = new Uint8Array(out * width)
  for (let block = 0; block < out * blocks; block++) {
    const place = Math.floor(block / blocks) * width * 2 + (block % blocks)
    packNibble(rows, place, unpackNibble(zeroPoints, block))
  }
  return constant(rows, [rows.length], 'uint8')
}

/** The level that each code of 4 bits stands for. */
const levelsOfNf4 = constant(nf4Levels, [16])
const levelsOfInt4 = constant(
  Float32Array.from({ length: 16 }, (_, code) => code - 8),
  [16],
)

/** The two levels that a byte of codes stands for, `[256, 2]`. */
const nf4Pairs = constant(
  Float32Array.from({ length: 512 }, (_, index) => nf4Levels[((index >> 1) >> ((index & 1) * 4)) & 15]!),
  [256, 2],
)

/**
 * The weight's numbers, `[out, in]`, once `moment` is there. Whoever needs them again asks again, which costs a few hundredths of
 * the product they are for and saves keeping them.
 */
export function dequantized(weight: QuantizedWeight, moment: Tensor): Tensor {
  return recordOne({
    name: 'dequantized',
    inputs: [moment, ...weightConstants(weight).forDequantize],
    output: { shape: weight.shape, dtype: 'float32' },
    lower(lowering, [after, ...constants], outputs) {
      emitDequantized(lowering, weight, { after: after!, constants }, outputs)
    },
  })
}

/**
 * Emits what turns codes into numbers `[out, in]`, and returns their name.
 *
 * The runtime runs what needs nothing but constants first: it would make the numbers of all layers, forward and backward, at the very
 * beginning, and have them all in memory at once. It would also turn the levels of NF4 into one constant of f32. So the
 * constants pass through a choice, of the same thing either way, that waits for the value named `after`. The native library's operator waits for
 * that by itself, reads codes where they lie, and takes a tenth of the time.
 *
 * A scale for each row of `[out · blocks, blockSize]` takes half the time of blocks within rows of `[out, in]`
 * (`DequantizeLinear` with a `block_size`), for the same numbers.
 */
export function emitDequantized(
  lowering: Lowering,
  weight: QuantizedWeight,
  names: { readonly after: string; readonly constants: readonly string[] },
  outputs?: readonly string[],
): string {
  const [out, width] = weight.shape
  const { forRuntime, forLibrary } = weightConstants(weight)
  const [codes, scales, extra] = names.constants.slice(0, forRuntime.length)
  if (tileFormat(lowering.precision) !== undefined && forLibrary.length > 0) {
    const [bytes, levels] = names.constants.slice(forRuntime.length)
    return lowering.emit('Dequantize', [names.after, bytes!, scales!, levels!], {
      ...(outputs && { outputs }),
      domain: nativeDomain,
      attributes: { rows: out, width, block_size: weight.blockSize },
    })
  }
  const wait = waiting(lowering, names.after)
  const blocks =
    weight.format === 'nf4'
      ? emitLevels(lowering, weight, { bytes: wait(codes!), scales: scales!, pairs: extra! })
      : lowering.emit('DequantizeLinear', [codes!, wait(scales!), ...(extra === undefined ? [] : [extra])], {
          attributes: { axis: 0 },
        })
  const padded = blockCount(weight) * weight.blockSize
  const shape = lowering.integers([out, padded])
  if (padded === width) return lowering.emit('Reshape', [blocks, shape], { ...(outputs && { outputs }) })
  const [start, end, axis] = [0, width, 1].map((value) => lowering.integers([value]))
  const rows = lowering.emit('Reshape', [blocks, shape])
  return lowering.emit('Slice', [rows, start!, end!, axis!], { ...(outputs && { outputs }) })
}

function emitLevels(
  lowering: Lowering,
  { scales, blockSize }: QuantizedWeight,
  names: { readonly bytes: string; readonly scales: string; readonly pairs: string },
): string {
  const indices = lowering.emit('Cast', [names.bytes], { attributes: { to: 6 } })
  const pairs = lowering.emit('Gather', [names.pairs, indices], { attributes: { axis: 0 } })
  const levels = lowering.emit('Reshape', [pairs, lowering.integers([scales.length, blockSize])])
  const column = lowering.emit('Unsqueeze', [names.scales, lowering.integers([1])])
  return lowering.emit('Mul', [levels, column])
}

/** What makes a constant wait for a value without looking at it: its size is there when it is. */
function waiting(lowering: Lowering, after: string): (constantName: string) => string {
  const size = lowering.emit('Size', [after])
  const either = lowering.emit('Cast', [size], { attributes: { to: 9 } })
  return (constantName) => lowering.emit('Where', [either, constantName, constantName])
}
