import { YuksuError } from '../../errors.ts'
import { shapeError } from '../call-site.ts'
import { formatShape, product as sizeProduct } from '../dimension.ts'
import type { Lowering } from '../lowering.ts'
import { tileFormat } from '../native-products.ts'
import { microsoft, nativeDomain } from '../onnx.ts'
import type { QuantizedWeight } from '../quantized.ts'
import { recordOne, type Tensor } from '../tensor.ts'
import { emitByteProduct, emitPoison, emitRowCodes, emitRowScales } from './emit-bytes.ts'
import { matmul } from './matmul.ts'
import { dequantized, emitDequantized, weightConstants } from './quantized-linear-weight.ts'
import { reshape } from './reshape.ts'
import { sumTo } from './sum.ts'

export interface QuantizedLinearOptions {
  /**
   * How x meets the weight.
   *
   * - `dequantize` (the default): the weight's numbers are made, and the product is that of f32. Over many rows it takes a few
   *   hundredths longer than with a weight in f32; over one row several times as long.
   * - `blocks`: the codes are multiplied as they are, x rounded to 8 bits block by block, which moves the product by about 0.5 %. For
   *   decoding, where a row at a time reads the whole weight: less than half the time of f32. Of int4 alone.
   * - `int8`: x is rounded to 8 bits with a scale for each of its rows, and bytes are multiplied: four times as fast as f32 where the
   *   processor has instructions for that. It moves the product of a normal x by about 0.8 %, and by some 5 % where a few features of
   *   x are twenty times as large as the others (Dettmers et al., 2022, "LLM.int8()"). Of int8 with one scale a row alone. On x86 with AVX2 but not VNNI the runtime's sums of
   *   bytes may run over, unless its session has `x64quantprecision` set.
   */
  readonly product?: 'dequantize' | 'blocks' | 'int8'
}

/**
 * y = x · Wᵀ + b for x of `[…, in]`, a weight of `[out, in]` in few bits, which is a constant of the program and takes no gradient,
 * and a bias of `[out]`. dx = dy · W, db = Σ dy over all rows, for every product: rounding x counts as leaving it as it is.
 *
 * W is made of its codes again for the gradient, so that its f32 numbers last for one product each time (Dettmers et al.,
 * 2023, "QLoRA").
 */
export function quantizedLinear(
  x: Tensor,
  weight: QuantizedWeight,
  bias?: Tensor,
  { product = 'dequantize' }: QuantizedLinearOptions = {},
): Tensor {
  const [out, width] = weight.shape
  if (
    x.shape.at(-1) !== width ||
    (bias !== undefined && (bias.shape.length !== 1 || bias.shape[0] !== out))
  ) {
    throw shapeError(
      `quantizedLinear: an input of ${formatShape(x.shape)} does not fit a weight of ${formatShape(weight.shape)}` +
        (bias === undefined ? '' : ` with a bias of ${formatShape(bias.shape)}`),
    )
  }
  checkProduct(weight, product)
  const rows = sizeProduct(x.shape.slice(0, -1))
  const shape = [...x.shape.slice(0, -1), out]
  const { forDequantize, forBlocks } = weightConstants(weight)
  const constants = product === 'blocks' ? forBlocks : forDequantize
  return recordOne({
    name: 'quantizedLinear',
    inputs: [x, ...constants, ...(bias === undefined ? [] : [bias])],
    output: { shape, dtype: 'float32' },
    products: [[rows, out, width]],
    lower(lowering, [input, ...rest], outputs) {
      const names = { constants: rest.slice(0, constants.length), bias: rest[constants.length] }
      if (product === 'blocks') {
        emitBlocks(lowering, weight, { ...names, x: input! }, outputs)
        return
      }
      const emit = product === 'int8' ? emitBytes : emitDequantizedProduct
      const flat = x.shape.length === 2
      const operand = flat
        ? input!
        : lowering.emit('Reshape', [input!, lowering.reshapeTarget(x.shape, [rows, width])])
      const y = emit(lowering, weight, { ...names, x: operand }, flat ? outputs : undefined)
      if (!flat) lowering.emit('Reshape', [y, lowering.reshapeTarget([rows, out], shape)], { outputs })
    },
    gradient({ gradients: [dy] }) {
      const flat = reshape(dy!, [rows, out])
      return [
        x.requiresGradient ? reshape(matmul(flat, dequantized(weight, dy!)), x.shape) : undefined,
        ...constants.map(() => undefined),
        bias?.requiresGradient ? sumTo(flat, bias.shape) : undefined,
      ]
    },
  })
}

interface OperandNames {
  /** `[rows, in]`, or of any leading axes for `emitBlocks`. */
  readonly x: string
  readonly constants: readonly string[]
  readonly bias: string | undefined
}

type Emit = (
  lowering: Lowering,
  weight: QuantizedWeight,
  names: OperandNames,
  outputs?: readonly string[],
) => string

const emitDequantizedProduct: Emit = (lowering, weight, { x, constants, bias }, outputs) => {
  const numbers = emitDequantized(lowering, weight, { after: x, constants })
  return lowering.emit('Gemm', [x, numbers, ...(bias === undefined ? [] : [bias])], {
    ...(outputs && { outputs }),
    attributes: { transB: 1 },
  })
}

const emitBlocks: Emit = (lowering, weight, { x, constants, bias }, outputs) => {
  const { shape, bits, blockSize } = weight
  // The native operator leaves no numbers that are none without a trace, and takes no pass of its own for that.
  if (
    tileFormat(lowering.precision) !== undefined &&
    weight.zeroPoints === undefined &&
    (blockSize === 32 || blockSize === 64 || blockSize % 128 === 0)
  ) {
    const y = lowering.emit('BlocksProduct', [x, ...constants], {
      ...(bias === undefined && outputs && { outputs }),
      domain: nativeDomain,
      attributes: { columns: shape[0], width: shape[1], block_size: blockSize },
    })
    return bias === undefined ? y : lowering.emit('Add', [y, bias], { ...(outputs && { outputs }) })
  }
  const [codes, scales, zeroPoints = ''] = constants
  const y = lowering.emit('MatMulNBits', [x, codes!, scales!, zeroPoints, '', bias ?? ''], {
    domain: microsoft,
    // 4: x in 8 bits.
    attributes: { K: shape[1], N: shape[0], bits, block_size: blockSize, accuracy_level: 4 },
  })
  return lowering.emit('Add', [y, emitPoison(lowering, x, 1)], { ...(outputs && { outputs }) })
}

/**
 * With one scale s a row of x, t a row of the weight and whole numbers p and q: y = Σ (s·p)(t·q) = s·t·Σ p·q. The scale is that of the
 * row's largest magnitude, so that a row with an outlier spoils no other.
 */
const emitBytes: Emit = (lowering, _, { x, constants, bias }, outputs) => {
  const [codes, weightScales] = constants
  const scales = emitRowScales(lowering, x)
  const bytes = emitRowCodes(lowering, [x, scales], 'left')
  // The runtime turns the codes once, when the session is made.
  const turned = lowering.emit('Transpose', [codes!], { attributes: { perm: [1, 0] } })
  const sums = emitByteProduct(lowering, [bytes, turned, weightScales!])
  const column = lowering.emit('Unsqueeze', [scales, lowering.integers([1])])
  const last = outputs && { outputs }
  if (bias === undefined) return lowering.emit('Mul', [sums, column], { ...last })
  return lowering.emit('Add', [lowering.emit('Mul', [sums, column]), bias], { ...last })
}

function checkProduct(
  weight: QuantizedWeight,
  product: NonNullable<QuantizedLinearOptions['product']>,
): void {
  const given = `${weight.format} ${formatShape(weight.shape)} in blocks of ${weight.blockSize}`
  if (product === 'blocks' && weight.format !== 'int4') {
    throw new YuksuError(
      'quantized-product',
      `the product 'blocks' was asked for of a weight in ${given}; quantize it with quantizeInt4Blocks, or ask for 'dequantize'`,
    )
  }
  if (product === 'int8' && (weight.format !== 'int8' || weight.blockSize !== weight.shape[1])) {
    throw new YuksuError(
      'quantized-product',
      `the product 'int8' was asked for of a weight in ${given}; quantize it with quantizeInt8 and no block size, or ask for 'dequantize'`,
    )
  }
}
