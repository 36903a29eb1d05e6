import { normalizeAxis, product } from '../dimension.ts'
import { recordOne, scalar, type Tensor } from '../tensor.ts'

/** How many elements there are along the axes together, as a float32 of no axes. */
export function countAlong(x: Tensor, axes: readonly number[]): Tensor {
  const along = [...new Set(axes.map((axis) => normalizeAxis(axis, x.shape.length)))]
  const known = product(along.map((axis) => x.shape[axis]!))
  if (typeof known === 'number') return scalar(known)
  return recordOne({
    name: 'countAlong',
    inputs: [x],
    output: { shape: [], dtype: 'float32' },
    lower(lowering, [input], outputs) {
      const sizes = lowering.emit('Gather', [lowering.emit('Shape', [input!]), lowering.integers(along)])
      const count = lowering.emit('ReduceProd', [sizes], { attributes: { keepdims: 0 } })
      lowering.emit('Cast', [count], { outputs, attributes: { to: 1 } })
    },
  })
}
