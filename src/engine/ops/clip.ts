import { recordOne, type Tensor } from '../tensor.ts'
import { YuksuError } from '../../errors.ts'
import { equal } from './equal.ts'
import { multiply } from './multiply.ts'

/**
 * y = x held within `lowest ≤ y ≤ highest`, either of which may be infinite; dx = dy where y = x, so that it also
 * flows at the bounds themselves, as in PyTorch.
 */
export function clip(x: Tensor, lowest: number, highest: number): Tensor {
  if (!(lowest <= highest)) {
    throw new YuksuError('setting', `clip: the lowest value ${lowest} is not below the highest, ${highest}`)
  }
  return recordOne({
    name: 'clip',
    inputs: [x],
    output: { shape: x.shape, dtype: x.dtype },
    lower(lowering, [input], outputs) {
      lowering.emit('Clip', [input!, lowering.float(lowest), lowering.float(highest)], { outputs })
    },
    gradient: ({ gradients: [dy], outputs: [y] }) => [multiply(dy!, equal(x, y!))],
  })
}
