import type { Tensor } from '../tensor.ts'
import { multiply } from './multiply.ts'
import { scale } from './scale.ts'
import { sine } from './sine.ts'
import { unaryOperation } from './unary.ts'

/** y = cos x, x in radians; dx = −dy · sin x. */
export function cosine(x: Tensor): Tensor {
  return unaryOperation({
    name: 'cosine',
    x,
    onnx: 'Cos',
    gradient: (dy) => scale(multiply(dy, sine(x)), -1),
  })
}
