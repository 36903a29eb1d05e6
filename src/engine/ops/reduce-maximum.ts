import type { Tensor } from '../tensor.ts'
import { divide } from './divide.ts'
import { equal } from './equal.ts'
import { multiply } from './multiply.ts'
import { reductionOperation } from './reduction.ts'
import { sum } from './sum.ts'

/**
 * The largest element over the axes, which stay as axes of size 1 when `keepDimensions`; dx = dy at that element, shared
 * evenly where several are equally large.
 */
export function reduceMaximum(x: Tensor, axes: readonly number[], keepDimensions = false): Tensor {
  return extremum('reduceMaximum', 'ReduceMax', x, axes, keepDimensions)
}

/** The smallest element over the axes; otherwise as `reduceMaximum`. */
export function reduceMinimum(x: Tensor, axes: readonly number[], keepDimensions = false): Tensor {
  return extremum('reduceMinimum', 'ReduceMin', x, axes, keepDimensions)
}

function extremum(name: string, onnx: string, x: Tensor, axes: readonly number[], keepDimensions: boolean) {
  return reductionOperation({
    name,
    x,
    onnx,
    axes,
    keepDimensions,
    gradient(dy, y) {
      const reached = equal(x, y)
      return multiply(reached, divide(dy, sum(reached, axes, true)))
    },
  })
}
