import type { Tensor } from '../tensor.ts'
import { cosine } from './cosine.ts'
import { multiply } from './multiply.ts'
import { unaryOperation } from './unary.ts'

/** y = sin x, x in radians; dx = dy · cos x. */
export function sine(x: Tensor): Tensor {
  return unaryOperation({ name: 'sine', x, onnx: 'Sin', gradient: (dy) => multiply(dy, cosine(x)) })
}
