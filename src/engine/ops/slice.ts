import { shapeError } from '../call-site.ts'
import { formatShape, normalizeAxis } from '../dimension.ts'
import { recordOne, type Tensor } from '../tensor.ts'
import { YuksuError } from '../../errors.ts'
import { pad } from './pad.ts'

/** The part `start ≤ index < end` of one axis; its gradient is padded with zeros. */
export function slice(x: Tensor, axis: number, start: number, end: number): Tensor {
  const at = normalizeAxis(axis, x.shape.length)
  const size = x.shape[at]!
  if (start === 0 && end === size) return x
  if (start < 0 || end <= start || (typeof size === 'number' && end > size)) {
    throw shapeError(`slice: ${start} to ${end} is not within axis ${at} of ${formatShape(x.shape)}`)
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
      const padding = x.shape.map(
        (_, index) => (index === at ? [start, size - end] : [0, 0]) as [number, number],
      )
      return [pad(dy!, padding)]
    },
  })
}
