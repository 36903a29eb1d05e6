import { shapeError } from '../call-site.ts'
import { recordOne, type Tensor } from '../tensor.ts'

/**
 * 1 at the place each of the int64 indices names and 0 elsewhere, `[…]` → float32 `[…, classes]`. An index outside
 * −classes … classes − 1 is an error when the program runs. Nothing flows back.
 */
export function oneHot(indices: Tensor, classes: number): Tensor {
  if (indices.dtype !== 'int64' || !Number.isInteger(classes) || classes < 1) {
    throw shapeError(
      `oneHot: indices must be int64 and classes a number above 0, given ${indices.dtype} and ${classes}`,
    )
  }
  return recordOne({
    name: 'oneHot',
    inputs: [indices],
    output: { shape: [...indices.shape, classes], dtype: 'float32' },
    lower(lowering, [ids], outputs) {
      const column = lowering.emit('Unsqueeze', [ids!, lowering.integers([-1])])
      const ones = lowering.emit('Expand', [lowering.float(1), lowering.emit('Shape', [column])])
      const sizes = [lowering.emit('Shape', [ids!]), lowering.integers([classes])]
      const shape = lowering.emit('Concat', sizes, { attributes: { axis: 0 } })
      const zeros = lowering.emit('ConstantOfShape', [shape])
      // The runtime's own OneHot is a hundred times slower.
      lowering.emit('ScatterElements', [zeros, column, ones], { outputs, attributes: { axis: -1 } })
    },
  })
}
