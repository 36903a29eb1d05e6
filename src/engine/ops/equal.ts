import type { Tensor } from '../tensor.ts'
import { broadcastOperation } from './broadcast.ts'
import { indicator } from './indicator.ts'

/** 1 where a = b and 0 elsewhere, as float32. Nothing flows back through a comparison. */
export function equal(a: Tensor, b: Tensor): Tensor {
  return indicator(broadcastOperation({ name: 'equal', onnx: 'Equal', a, b, dtype: 'bool' }))
}
