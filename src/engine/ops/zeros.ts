import type { Shape } from '../dimension.ts'
import { recordOne, type Tensor } from '../tensor.ts'

/** A float32 tensor of zeros, made when the program runs: it takes no room in the program. */
export function zeros(shape: Shape): Tensor {
  return recordOne({
    name: 'zeros',
    inputs: [],
    output: { shape, dtype: 'float32' },
    lower(lowering, _, outputs) {
      lowering.emit('ConstantOfShape', [lowering.shape(shape)], { outputs })
    },
  })
}
