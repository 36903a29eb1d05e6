import { broadcastShapes, formatShape } from '../dimension.ts'
import { recordOne, type Tensor } from '../tensor.ts'
import { YuksuError } from '../../errors.ts'

/** 1 where a = b and 0 elsewhere, as float32. Nothing flows back through a comparison. */
export function equal(a: Tensor, b: Tensor): Tensor {
  const shape = broadcastShapes(a.shape, b.shape)
  if (shape === undefined || a.dtype !== b.dtype) {
    throw new YuksuError(
      'shape',
      `equal: ${formatShape(a.shape)} and ${formatShape(b.shape)} do not go together`,
    )
  }
  return recordOne({
    name: 'equal',
    inputs: [a, b],
    output: { shape, dtype: 'float32' },
    lower(lowering, inputs, outputs) {
      lowering.emit('Cast', [lowering.emit('Equal', inputs)], { outputs, attributes: { to: 1 } })
    },
  })
}
