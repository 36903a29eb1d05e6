import { int8Linear } from '../engine/ops/int8-linear.ts'
import { linear as linearOperation } from '../engine/ops/linear.ts'
import { quantizedLinear } from '../engine/ops/quantized-linear.ts'
import type { Tensor } from '../engine/tensor.ts'
import type { Scope } from './scope.ts'

/**
 * The one place where weights meet activations: x `[…, in]` · weightᵀ (+ bias) → `[…, out]`. The scope says how the weight is stored and what
 * stands around the layer.
 */
export function linear(scope: Scope, x: Tensor): Tensor {
  const layer = scope.attachments().reduce<(x: Tensor) => Tensor>(
    (inner, attachment) => (given) => attachment(scope, given, inner),
    (given) => product(scope, given),
  )
  return layer(x)
}

function product(scope: Scope, x: Tensor): Tensor {
  const bias = scope.has('bias') ? scope.parameter('bias') : undefined
  const stored = scope.quantized('weight')
  if (stored === undefined) {
    const operation = scope.hasInt8Product('weight') ? int8Linear : linearOperation
    return operation(x, scope.parameter('weight'), bias)
  }
  const { weight, product = 'dequantize' } = stored
  return quantizedLinear(x, weight, bias, { product: scope.training ? 'dequantize' : product })
}
