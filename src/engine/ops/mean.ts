import type { Tensor } from '../tensor.ts'
import { countAlong } from './count-along.ts'
import { divide } from './divide.ts'
import { sum } from './sum.ts'

/** Σ / n over the axes, n elements each, which stay as axes of size 1 when `keepDimensions`; dx = dy / n, repeated. */
export function mean(x: Tensor, axes: readonly number[], keepDimensions = false): Tensor {
  if (axes.length === 0) return x
  return divide(sum(x, axes, keepDimensions), countAlong(x, axes))
}
