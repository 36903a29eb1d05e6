import type { Tensor } from '../tensor.ts'
import { broadcastOperation } from './broadcast.ts'
import { shareOfLarger } from './maximum.ts'
import { multiply } from './multiply.ts'

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
