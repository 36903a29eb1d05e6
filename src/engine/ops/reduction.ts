import { normalizeAxis } from '../dimension.ts'
import { tileFormat } from '../native-products.ts'
import { nativeDomain } from '../onnx.ts'
import { recordOne, type Tensor } from '../tensor.ts'
import { reshape } from './reshape.ts'

/**
 * What the reductions over axes share. The axes stay with size 1 when `keepDimensions`; the gradient is given `dy` and
 * `y` as if they always did.
 */
export function reductionOperation(options: {
  name: string
  x: Tensor
  onnx: string
  axes: readonly number[]
  keepDimensions: boolean
  gradient: (dy: Tensor, y: Tensor) => Tensor
  /** The native operator for a reduction of all axes but the last. */
  nativeRows?: string
}): Tensor {
  const { name, x, onnx, axes, keepDimensions, gradient, nativeRows } = options
  // ONNX takes no axes for all axes.
  if (axes.length === 0) return x
  const reduced = new Set(axes.map((axis) => normalizeAxis(axis, x.shape.length)))
  const kept = x.shape.map((dimension, axis) => (reduced.has(axis) ? 1 : dimension))
  const shape = keepDimensions ? kept : x.shape.filter((_, axis) => !reduced.has(axis))
  return recordOne({
    name,
    inputs: [x],
    output: { shape, dtype: x.dtype },
    lower(lowering, [input], outputs) {
      const ofRows = reduced.size === kept.length - 1 && !reduced.has(kept.length - 1)
      if (
        nativeRows !== undefined &&
        x.dtype === 'float32' &&
        ofRows &&
        tileFormat(lowering.precision) !== undefined
      ) {
        const given = keepDimensions ? undefined : outputs
        const row = lowering.emit(nativeRows, [input!], {
          ...(given && { outputs: given }),
          domain: nativeDomain,
        })
        if (keepDimensions)
          lowering.emit(
            'Reshape',
            [row, lowering.integers(kept.map((_, axis) => (axis === kept.length - 1 ? -1 : 1)))],
            { outputs },
          )
        return
      }
      lowering.emit(onnx, [input!, lowering.integers([...reduced])], {
        outputs,
        attributes: { keepdims: keepDimensions ? 1 : 0 },
      })
    },
    gradient: ({ gradients: [dy], outputs: [y] }) => [gradient(reshape(dy!, kept), reshape(y!, kept))],
  })
}
