import { recordOne, type Tensor } from '../tensor.ts'

/** 1 where x > 0, −1 where x < 0 and 0 at 0. Nothing flows back: it is flat wherever it has a slope. */
export function sign(x: Tensor): Tensor {
  return recordOne({
    name: 'sign',
    inputs: [x],
    output: { shape: x.shape, dtype: x.dtype },
    lower(lowering, inputs, outputs) {
      lowering.emit('Sign', inputs, { outputs })
    },
  })
}
