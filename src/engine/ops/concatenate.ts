import { shapeError } from '../call-site.ts'
import { formatShape, normalizeAxis, total } from '../dimension.ts'
import { recordOne, type Tensor } from '../tensor.ts'
import { YuksuError } from '../../errors.ts'
import { unpad } from './pad.ts'
import { slice } from './slice.ts'

/** Joins tensors along an axis; each gets its slice of the gradient. Sizes not known yet are joined as `past+length`. */
export function concatenate(tensors: readonly Tensor[], axis: number): Tensor {
  const first = tensors[0]!
  const at = normalizeAxis(axis, first.shape.length)
  for (const tensor of tensors) {
    const fits =
      tensor.shape.length === first.shape.length &&
      tensor.shape.every((dimension, index) => index === at || dimension === first.shape[index])
    if (!fits) {
      const shapes = tensors.map((other) => formatShape(other.shape)).join(', ')
      throw shapeError(`concatenate: ${shapes} differ beside axis ${at}`)
    }
  }
  const sizes = tensors.map((tensor) => tensor.shape[at]!)
  return recordOne({
    name: 'concatenate',
    inputs: tensors,
    output: {
      shape: first.shape.map((dimension, index) => (index === at ? total(sizes) : dimension)),
      dtype: first.dtype,
    },
    lower(lowering, inputs, outputs) {
      lowering.emit('Concat', inputs, { outputs, attributes: { axis: at } })
    },
    gradient({ gradients: [dy] }) {
      let start = 0
      return sizes.map((size, index) => {
        if (typeof size === 'number') {
          start += size
          return slice(dy!, at, start - size, start)
        }
        if (index < sizes.length - 1) {
          throw new YuksuError(
            'symbolic-shape',
            'concatenate: the gradient needs sizes known when the program is traced, of all but the last',
          )
        }
        const padding = dy!.shape.map((_, axis) => (axis === at ? ([start, 0] as const) : ([0, 0] as const)))
        return unpad(dy!, padding, tensors[index]!.shape)
      })
    },
  })
}
