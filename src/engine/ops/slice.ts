import { formatShape, normalizeAxis } from '../dimension.ts'
import { recordOne, type Tensor } from '../tensor.ts'
import { YuksuError } from '../../errors.ts'

/** The part `start ≤ index < end` of one axis; its gradient is padded with zeros. */
export function slice(x: Tensor, axis: number, start: number, end: number): Tensor {
  const at = normalizeAxis(axis, x.shape.length)
  const size = x.shape[at]!
  if (start === 0 && end === size) return x
  if (start < 0 || end <= start || (typeof size === 'number' && end > size)) {
    throw new YuksuError(
      'shape',
      `slice: ${start} to ${end} is not within axis ${at} of ${formatShape(x.shape)}`,
    )
  }
  return recordOne({
    name: 'slice',
    inputs: [x],
    output: {
      shape: x.shape.map((dimension, index) => (index === at ? end - start : dimension)),
      dtype: x.dtype,
    },
    lower(lowering, [input], outputs) {
      const operands = [input!, lowering.integers([start]), lowering.integers([end]), lowering.integers([at])]
      lowering.emit('Slice', operands, { outputs })
    },
    gradient({ gradients: [dy] }) {
      if (typeof size !== 'number') {
        throw new YuksuError(
          'symbolic-shape',
          'slice: the gradient needs a size known when the program is traced',
        )
      }
      return [padZeros(dy!, at, start, size - end)]
    },
  })
}

/** Zeros before and after along one axis. */
export function padZeros(x: Tensor, axis: number, before: number, after: number): Tensor {
  const size = x.shape[axis]
  if (typeof size !== 'number')
    throw new YuksuError('symbolic-shape', 'pad: the size of the axis is not known yet')
  const rank = x.shape.length
  const pads = Array.from({ length: 2 * rank }, (_, index) =>
    index === axis ? before : index === axis + rank ? after : 0,
  )
  return recordOne({
    name: 'pad',
    inputs: [x],
    output: {
      shape: x.shape.map((dimension, index) => (index === axis ? size + before + after : dimension)),
      dtype: x.dtype,
    },
    lower(lowering, [input], outputs) {
      lowering.emit('Pad', [input!, lowering.integers(pads)], { outputs })
    },
    gradient: ({ gradients: [dy] }) => [slice(dy!, axis, before, before + size)],
  })
}
