import { sameShape, type Shape } from '../dimension.ts'
import type { Tensor } from '../tensor.ts'
import { expand } from './expand.ts'
import { reductionOperation } from './reduction.ts'
import { reshape } from './reshape.ts'

/** Σ over the axes, which stay as axes of size 1 when `keepDimensions`. */
export function sum(x: Tensor, axes: readonly number[], keepDimensions = false): Tensor {
  return reductionOperation({
    name: 'sum',
    x,
    onnx: 'ReduceSum',
    axes,
    keepDimensions,
    nativeRows: 'SumRows',
    gradient: (dy) => expand(dy, x.shape),
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
