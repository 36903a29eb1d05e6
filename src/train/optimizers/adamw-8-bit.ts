import { elementCount } from '../../engine/dimension.ts'
import {
  correctedMoments,
  momentsState,
  updateByMoments,
  type AdamWOptions,
  type MomentsStep,
} from './adamw.ts'
import { codeEntries, dynamicMagnitudes, signedValues } from './dynamic-code.ts'
import { kept, type OptimizedParameter, type Optimizer } from './optimizer.ts'

export interface AdamW8BitOptions extends AdamWOptions {
  /** Parameters of fewer elements keep their moments in float32: they hardly count, and are often the delicate ones. 4096. */
  readonly minimumSize?: number
}

/** Elements that share a scale. */
const blockSize = 256

/**
 * AdamW whose two moments take one byte an element each, and one scale per 256 elements (8-bit Optimizers via Block-wise
 * Quantization, Dettmers et al., 2022), as bitsandbytes' AdamW8bit: a good quarter of AdamW's memory.
 *
 * One thing differs from it: a square that is not zero is never rounded to zero. If it were, a mean that outlasts it would be
 * divided by next to nothing and its weight leap by many learning rates (the zero-point problem of Li et al., 2023), as
 * happens in rows of an embedding that are rarely used and for which bitsandbytes' users turn the eight bits off.
 */
export function adamw8Bit({ minimumSize = 4096, ...options }: AdamW8BitOptions): Optimizer {
  return {
    name: 'adamw-8bit',
    state(shape) {
      const length = elementCount(shape)
      if (length < minimumSize) return momentsState(shape)
      const [bytes, blocks] = [Math.ceil(length / 4), Math.ceil(length / blockSize)]
      return {
        mean: bytes,
        square: bytes,
        meanScales: blocks,
        squareScales: blocks,
        // Room for the squares of a block, and the tables, where the kernel can reach them.
        scratch: blockSize + codeTables().length,
      }
    },
    update(parameters, step) {
      const moments = correctedMoments(options, step)
      for (const parameter of parameters) {
        if (parameter.state.scratch === undefined) updateByMoments([parameter], moments)
        else updateByCodes(parameter, moments)
      }
    },
  }
}

function updateByCodes(parameter: OptimizedParameter, moments: MomentsStep): void {
  const { weights, gradient, state, rateFactor } = parameter
  const rate = moments.learningRate * rateFactor
  state.scratch!.data.set(codeTables(), blockSize)
  weights.kernels.adamw8Bit(
    weights.pointer,
    gradient.pointer,
    state.mean!.pointer,
    state.square!.pointer,
    state.meanScales!.pointer,
    state.squareScales!.pointer,
    state.scratch!.pointer,
    weights.paddedLength,
    moments.beta1,
    moments.beta2,
    rate * moments.correction,
    moments.root,
    moments.epsilon,
    kept(parameter, rate, moments.weightDecay),
    moments.gradientFactor,
  )
}

let tables: Float32Array | undefined

/** The tables of the kernel: what the bytes of both moments stand for, and the entries that find them. */
function codeTables(): Float32Array {
  if (tables !== undefined) return tables
  const [mean, square] = [dynamicMagnitudes(1), dynamicMagnitudes(2)]
  const [meanEntries, squareEntries] = [codeEntries(mean, 17), codeEntries(square, 16)]
  tables = new Float32Array(512 + meanEntries.length + squareEntries.length)
  tables.set(signedValues(mean), 0)
  tables.set(square, 256)
  // Whole numbers in an array of floats, whose bits are copied but never read as floats.
  const bits = new Int32Array(tables.buffer)
  bits.set(meanEntries, 512)
  bits.set(squareEntries, 512 + meanEntries.length)
  return tables
}
