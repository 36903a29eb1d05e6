import { recordOne, type Tensor } from '../tensor.ts'

/** 1 where a condition of bool holds and 0 elsewhere, as float32. Nothing flows back through it. */
export function indicator(condition: Tensor): Tensor {
  return recordOne({
    name: 'indicator',
    inputs: [condition],
    output: { shape: condition.shape, dtype: 'float32' },
    lower(lowering, inputs, outputs) {
      lowering.emit('Cast', inputs, { outputs, attributes: { to: 1 } })
    },
  })
}
