import { recordOne, type Tensor } from '../tensor.ts'

/** The last step of the second axis, `[batch, length, …]` → `[batch, 1, …]`. For decoding: nothing flows back. */
export function lastPosition(x: Tensor): Tensor {
  return recordOne({
    name: 'lastPosition',
    inputs: [x],
    output: { shape: x.shape.map((dimension, axis) => (axis === 1 ? 1 : dimension)), dtype: x.dtype },
    lower(lowering, [input], outputs) {
      const [start, end, axis] = [
        lowering.integers([-1]),
        lowering.integers([2 ** 31 - 1]),
        lowering.integers([1]),
      ]
      lowering.emit('Slice', [input!, start, end, axis], { outputs })
    },
  })
}
