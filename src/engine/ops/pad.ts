import { shapeError } from '../call-site.ts'
import { formatShape, total, type Shape } from '../dimension.ts'
import { recordOne, type Tensor } from '../tensor.ts'
import { YuksuError } from '../../errors.ts'

/** How many elements are put before and after, one pair for each axis. */
export type Padding = readonly (readonly [before: number, after: number])[]

/**
 * A constant value, 0 by default, before and after along each axis: `[[0, 0], [2, 1]]` makes `[rows, width]` into
 * `[rows, 2 + width + 1]`. A size not known yet becomes `width+3`. dx is the slice of dy without the padding.
 */
export function pad(x: Tensor, padding: Padding, value = 0): Tensor {
  const counts = padding.flat()
  if (padding.length !== x.shape.length || !counts.every((count) => Number.isInteger(count) && count >= 0)) {
    throw shapeError(
      `pad: [${padding.map((pair) => formatShape(pair)).join(', ')}] is not a whole number before and after each axis of ${formatShape(x.shape)}`,
    )
  }
  if (value !== 0 && x.dtype !== 'float32' && !(x.dtype === 'int64' && Number.isInteger(value))) {
    throw new YuksuError('setting', `pad: ${value} cannot be put around ${x.dtype} ${formatShape(x.shape)}`)
  }
  if (counts.every((count) => count === 0)) return x
  return recordOne({
    name: 'pad',
    inputs: [x],
    output: { shape: x.shape.map((size, axis) => total([size, ...padding[axis]!])), dtype: x.dtype },
    lower(lowering, [input], outputs) {
      const pads = [...padding.map(([before]) => before), ...padding.map(([, after]) => after)]
      const fill = x.dtype === 'int64' ? BigInt64Array.of(BigInt(value)) : Float32Array.of(value)
      // Without a value, ONNX pads with 0 of whatever type.
      const operand = value === 0 ? [] : [lowering.constant(fill, [], x.dtype)]
      lowering.emit('Pad', [input!, lowering.integers(pads), ...operand], { outputs })
    },
    gradient: ({ gradients: [dy] }) => [unpad(dy!, padding, x.shape)],
  })
}

/** What is left of the shape given when the padding is cut off, at sizes known only at the run too. */
export function unpad(x: Tensor, padding: Padding, shape: Shape): Tensor {
  return recordOne({
    name: 'unpad',
    inputs: [x],
    output: { shape, dtype: x.dtype },
    lower(lowering, [input], outputs) {
      const starts = lowering.integers(padding.map(([before]) => before))
      // Counted from the end, which lies far beyond where nothing is cut off there.
      const ends = lowering.integers(padding.map(([, after]) => (after === 0 ? 2 ** 31 - 1 : -after)))
      lowering.emit('Slice', [input!, starts, ends], { outputs })
    },
    gradient: ({ gradients: [dy] }) => [pad(dy!, padding)],
  })
}
