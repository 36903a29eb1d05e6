import type { Tensor } from '../tensor.ts'
import { unaryOperation } from './unary.ts'

/**
 * y = x rounded to a whole number, half to the even one; dx = dy, as if nothing had been rounded (Bengio et al., 2013).
 * For training that is aware of quantization.
 */
export function straightThroughRound(x: Tensor): Tensor {
  return unaryOperation({ name: 'straightThroughRound', x, onnx: 'Round', gradient: (dy) => dy })
}
