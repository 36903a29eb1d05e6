import type { Tensor } from '../tensor.ts'
import { add } from './add.ts'
import { broadcastOperation } from './broadcast.ts'
import { greater, greaterOrEqual } from './comparisons.ts'
import { multiply } from './multiply.ts'
import { scale } from './scale.ts'

/** The larger of two, element by element; its gradient goes to that one, half to each where they are equal. */
export function maximum(a: Tensor, b: Tensor): Tensor {
  return broadcastOperation({
    name: 'maximum',
    onnx: 'Max',
    a,
    b,
    gradient: (dy) => [() => multiply(dy, shareOfLarger(a, b)), () => multiply(dy, shareOfLarger(b, a))],
  })
}

/** The smaller of two, element by element; its gradient goes to that one, half to each where they are equal. */
export function minimum(a: Tensor, b: Tensor): Tensor {
  return broadcastOperation({
    name: 'minimum',
    onnx: 'Min',
    a,
    b,
    gradient: (dy) => [() => multiply(dy, shareOfLarger(b, a)), () => multiply(dy, shareOfLarger(a, b))],
  })
}

/** 1 where a > b, ½ where they are equal, as PyTorch shares the gradient of a tie, and 0 elsewhere. */
function shareOfLarger(a: Tensor, b: Tensor): Tensor {
  return scale(add(greater(a, b), greaterOrEqual(a, b)), 0.5)
}
