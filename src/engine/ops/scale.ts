import { scalar, type Tensor } from '../tensor.ts'
import { multiply } from './multiply.ts'

/** y = factor · x for a number known when the program is traced. */
export function scale(x: Tensor, factor: number): Tensor {
  return factor === 1 ? x : multiply(x, scalar(factor))
}
