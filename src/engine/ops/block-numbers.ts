import { shapeError } from '../call-site.ts'
import { blockCount, formatShape } from '../dimension.ts'
import { recordOne, type Tensor } from '../tensor.ts'

/** The numbers 0, 1, 2, … of the blocks of `size` places that an axis fills, the last perhaps in part, float32 `[⌈length / size⌉]`. Of `x` only that size is read; nothing flows back. */
export function blockNumbers(x: Tensor, axis: number, size: number): Tensor {
  const length = x.shape[axis]
  if (length === undefined || !Number.isInteger(size) || size < 1)
    throw shapeError(`blockNumbers: ${formatShape(x.shape)} has no axis ${axis} of blocks of ${size}`)
  const count = blockCount(length, size)
  return recordOne({
    name: 'blockNumbers',
    inputs: [x],
    output: { shape: [count], dtype: 'float32' },
    lower(lowering, _, outputs) {
      const end = lowering.emit('Squeeze', [lowering.shape([count])])
      const [zero, one] = [0n, 1n].map((value) => lowering.constant(BigInt64Array.of(value), [], 'int64'))
      const numbers = lowering.emit('Range', [zero!, end, one!])
      lowering.emit('Cast', [numbers], { outputs, attributes: { to: 1 } })
    },
  })
}
