import { normalizeAxis, sameShape, type Shape } from '../dimension.ts'
import { recordOne, type Tensor } from '../tensor.ts'
import { expand } from './expand.ts'
import { reshape } from './reshape.ts'

/** Σ over the axes, which stay as axes of size 1 when `keepDimensions`. */
export function sum(x: Tensor, axes: readonly number[], keepDimensions = false): Tensor {
  // ONNX takes no axes for all axes.
  if (axes.length === 0) return x
  const reduced = new Set(axes.map((axis) => normalizeAxis(axis, x.shape.length)))
  const kept = x.shape.map((dimension, axis) => (reduced.has(axis) ? 1 : dimension))
  const shape = keepDimensions ? kept : x.shape.filter((_, axis) => !reduced.has(axis))
  return recordOne({
    name: 'sum',
    inputs: [x],
    output: { shape, dtype: x.dtype },
    lower(lowering, [input], outputs) {
      lowering.emit('ReduceSum', [input!, lowering.integers([...reduced])], {
        outputs,
        attributes: { keepdims: keepDimensions ? 1 : 0 },
      })
    },
    gradient: ({ gradients: [dy] }) => [expand(reshape(dy!, kept), x.shape)],
  })
}

/** Sums a gradient over the axes along which its tensor was broadcast, back to that tensor's shape. */
export function sumTo(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x
  const offset = x.shape.length - shape.length
  const axes = x.shape.flatMap((dimension, axis) =>
    axis < offset || (shape[axis - offset] === 1 && dimension !== 1) ? [axis] : [],
  )
  return reshape(axes.length === 0 ? x : sum(x, axes, true), shape)
}
