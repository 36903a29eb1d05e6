/**
 * The products of a linear layer in 8 bits. Every operand is rounded when the program runs, with one scale for each of its lines that lie along
 * the sum, so that the scales stay outside of it and whole numbers are multiplied and added up without any error. With whole numbers p, q, v, w:
 *
 * y = x · Wᵀ: x by rows, xₘₖ ≈ sₘ pₘₖ, and W by rows, Wₙₖ ≈ tₙ wₙₖ; yₘₙ = sₘ tₙ Σₖ pₘₖ wₙₖ.
 * dx = dy · W: dy by rows, dyₘₙ ≈ gₘ qₘₙ, and W by columns, Wₙₖ ≈ cₖ v′ₙₖ; dxₘₖ = gₘ cₖ Σₙ qₘₙ v′ₙₖ.
 * dW = dyᵀ · x: the same q; its scales lie along the rows, which are summed over, so they go onto x, gₘ xₘₖ ≈ dₖ vₘₖ by columns;
 * dWₙₖ = dₖ Σₘ qₘₙ vₘₖ.
 *
 * Scales by row and column are those of Dettmers et al. (2022), "LLM.int8()". Training with the first two products is Wortsman et al. (2023),
 * "Stable and low-precision training for large-scale vision-language models", who leave dW in 16 bits because of its scales.
 * Rounding is to nearest: along itself a gradient is off by half a hundredth at most (experiments/int8-products.md).
 */
import { shapeError } from '../call-site.ts'
import { formatShape, product, type Dimension } from '../dimension.ts'
import { record, recordOne, type Tensor } from '../tensor.ts'
import {
  emitByteProduct,
  emitColumnCodes,
  emitColumnScales,
  emitPoison,
  emitRowCodes,
  emitRowScales,
} from './emit-bytes.ts'
import { reshape } from './reshape.ts'
import { sumTo } from './sum.ts'

/**
 * `linear` with all three products in 8 bits: y ≈ x · Wᵀ + b for x of `[…, in]`, a weight of `[out, in]` and a bias of `[out]`. Rounding
 * counts as leaving a number as it is, dx ≈ dy · W, dW ≈ dyᵀ · x, db = Σ dy over all rows.
 *
 * Products of normal numbers are off by about 1 %. Where a row is one large number and many small ones, as the gradient of the
 * logits is, the small ones become nought: not for the layer that scores a vocabulary. NaN and infinity come out as NaN, in the whole
 * row of y or dx or the whole of dW. It is faster than `linear` for hundreds of rows and widths of 250 and more, and slower for
 * fewer; on x86 without VNNI it is wrong (see `checkInt8Products`).
 */
export function int8Linear(x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  const width = x.shape.at(-1)
  const [out, inner] = weight.shape
  if (weight.shape.length !== 2 || width !== inner || (bias !== undefined && bias.shape[0] !== out)) {
    throw shapeError(
      `int8Linear: an input of ${formatShape(x.shape)} does not fit a weight of ${formatShape(weight.shape)}` +
        (bias === undefined ? '' : ` with a bias of ${formatShape(bias.shape)}`),
    )
  }
  const rows = product(x.shape.slice(0, -1))
  const shape = [...x.shape.slice(0, -1), out!]
  const rounded = roundedRows(x)
  return recordOne({
    name: 'int8Linear',
    inputs: [x, rounded.codes, rounded.scales, weight, ...(bias === undefined ? [] : [bias])],
    output: { shape, dtype: 'float32' },
    products: [[rows, out!, width!]],
    lower(lowering, [, codes, scales, w, b], outputs) {
      const weightScales = emitRowScales(lowering, w!)
      const weightCodes = emitRowCodes(lowering, [w!, weightScales], 'right')
      const turned = lowering.emit('Transpose', [weightCodes], { attributes: { perm: [1, 0] } })
      const sums = emitByteProduct(lowering, [codes!, turned, weightScales])
      const flat = shape.length === 2
      const last = { ...(flat && { outputs }) }
      const column = lowering.emit('Unsqueeze', [scales!, lowering.integers([1])])
      const y =
        b === undefined
          ? lowering.emit('Mul', [sums, column], last)
          : lowering.emit('Add', [lowering.emit('Mul', [sums, column]), b], last)
      if (!flat) lowering.emit('Reshape', [y, lowering.reshapeTarget([rows, out!], shape)], { outputs })
    },
    gradient({ gradients: [dy] }) {
      return [
        x.requiresGradient ? reshape(inputGradient(roundedRows(dy!), weight), x.shape) : undefined,
        undefined,
        undefined,
        weight.requiresGradient
          ? weightGradient(roundedRows(dy!), reshape(x, [rows, width!]), rounded.scales)
          : undefined,
        bias?.requiresGradient ? sumTo(reshape(dy!, [rows, out!]), bias.shape) : undefined,
      ]
    },
  })
}

interface RoundedRows {
  /** uint8 `[rows, width]`, whatever axes the rows had. */
  readonly codes: Tensor
  /** `[rows]` */
  readonly scales: Tensor
}

/** Rounded once, however many layers read the tensor. */
const known = new WeakMap<Tensor, RoundedRows>()

function roundedRows(x: Tensor): RoundedRows {
  const earlier = known.get(x)
  if (earlier !== undefined) return earlier
  const width = x.shape.at(-1)!
  const rows = product(x.shape.slice(0, -1))
  const [codes, scales] = record({
    name: 'roundedRows',
    inputs: [x],
    outputs: [
      { shape: [rows, width], dtype: 'uint8' },
      { shape: [rows], dtype: 'float32' },
    ],
    lower(lowering, [input], [codesOutput, scalesOutput]) {
      const flat =
        x.shape.length === 2
          ? input!
          : lowering.emit('Reshape', [input!, lowering.reshapeTarget(x.shape, [rows, width])])
      const found = emitRowScales(lowering, flat, scalesOutput)
      emitRowCodes(lowering, [flat, found], 'left', codesOutput)
    },
  })
  const rounded = { codes: codes!, scales: scales! }
  known.set(x, rounded)
  return rounded
}

/** dx `[rows, in]`. What is no finite number in W has shown in y. */
function inputGradient({ codes, scales }: RoundedRows, weight: Tensor): Tensor {
  const [rows, out] = codes.shape as [Dimension, Dimension]
  const width = weight.shape[1]!
  return recordOne({
    name: 'int8LinearInputGradient',
    inputs: [codes, scales, weight],
    output: { shape: [rows, width], dtype: 'float32' },
    products: [[rows, width, out]],
    lower(lowering, [q, rowScales, w], outputs) {
      const columnScales = emitColumnScales(lowering, w!)
      const sums = emitByteProduct(lowering, [
        q!,
        emitColumnCodes(lowering, [w!, columnScales]),
        columnScales,
      ])
      const column = lowering.emit('Unsqueeze', [rowScales!, lowering.integers([1])])
      lowering.emit('Mul', [sums, column], { outputs })
    },
  })
}

/** dW `[out, in]`, of the rows of dy, and x `[rows, in]` with the scales that its own rows have, which tell whether they are finite. */
function weightGradient({ codes, scales }: RoundedRows, x: Tensor, inputScales: Tensor): Tensor {
  const [rows, out] = codes.shape as [Dimension, Dimension]
  const width = x.shape[1]!
  return recordOne({
    name: 'int8LinearWeightGradient',
    inputs: [codes, scales, x, inputScales],
    output: { shape: [out, width], dtype: 'float32' },
    products: [[out, width, rows]],
    lower(lowering, [q, rowScales, input, ownScales], outputs) {
      const turned = lowering.emit('Transpose', [q!], { attributes: { perm: [1, 0] } })
      const column = lowering.emit('Unsqueeze', [rowScales!, lowering.integers([1])])
      const weighed = lowering.emit('Mul', [input!, column])
      const poison = emitPoison(lowering, lowering.emit('Add', [rowScales!, ownScales!]), 0)
      const columnScales = lowering.emit('Add', [emitColumnScales(lowering, weighed), poison])
      const weighedCodes = emitColumnCodes(lowering, [weighed, columnScales])
      emitByteProduct(lowering, [turned, weighedCodes, columnScales], outputs)
    },
  })
}
