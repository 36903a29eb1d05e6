import type { Tensor } from '../tensor.ts'
import { broadcastOperation } from './broadcast.ts'
import { indicator } from './indicator.ts'

/** 1 where a < b and 0 elsewhere, as float32. Nothing flows back through a comparison. */
export function less(a: Tensor, b: Tensor): Tensor {
  return indicator(broadcastOperation({ name: 'less', onnx: 'Less', a, b, dtype: 'bool' }))
}

/** 1 where a ≤ b and 0 elsewhere, as float32. Nothing flows back through a comparison. */
export function lessOrEqual(a: Tensor, b: Tensor): Tensor {
  return indicator(broadcastOperation({ name: 'lessOrEqual', onnx: 'LessOrEqual', a, b, dtype: 'bool' }))
}

/** 1 where a > b and 0 elsewhere, as float32. Nothing flows back through a comparison. */
export function greater(a: Tensor, b: Tensor): Tensor {
  return indicator(broadcastOperation({ name: 'greater', onnx: 'Greater', a, b, dtype: 'bool' }))
}

/** 1 where a ≥ b and 0 elsewhere, as float32. Nothing flows back through a comparison. */
export function greaterOrEqual(a: Tensor, b: Tensor): Tensor {
  return indicator(
    broadcastOperation({ name: 'greaterOrEqual', onnx: 'GreaterOrEqual', a, b, dtype: 'bool' }),
  )
}
