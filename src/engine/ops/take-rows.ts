import { shapeError } from '../call-site.ts'
import { formatShape, product, type Shape } from '../dimension.ts'
import { tileFormat } from '../native-products.ts'
import { nativeDomain } from '../onnx.ts'
import { recordOne, type Tensor } from '../tensor.ts'
import { emitAddToRows } from './emit-add-to-rows.ts'
import { reshape } from './reshape.ts'

/**
 * The slices of the first axis at indices of any shape, in their order: `[rows, …]` → `[…indices, …]`; dx adds each slice of dy into
 * the one that was read.
 */
export function takeRows(x: Tensor, indices: Tensor): Tensor {
  if (x.shape.length === 0 || indices.shape.length === 0 || indices.dtype !== 'int64') {
    throw shapeError(
      `takeRows: indices must be int64 [count, …] into [rows, …], given ${indices.dtype} ${formatShape(indices.shape)} into ${formatShape(x.shape)}`,
    )
  }
  const slice = x.shape.slice(1)
  return recordOne({
    name: 'takeRows',
    inputs: [x, indices],
    output: { shape: [...indices.shape, ...slice], dtype: x.dtype },
    lower(lowering, inputs, outputs) {
      lowering.emit('Gather', inputs, { outputs, attributes: { axis: 0 } })
    },
    gradient({ gradients: [dy] }) {
      const count = product(indices.shape)
      return [addToRows(reshape(dy!, [count, ...slice]), reshape(indices, [count]), x.shape), undefined]
    },
  })
}

/** Zeros of a shape `[rows, …]`, or `base` of that shape, with each slice of `values` `[count, …]` added to the row at its index `[count]`. */
export function addToRows(values: Tensor, indices: Tensor, shape: Shape, base?: Tensor): Tensor {
  return recordOne({
    name: 'addToRows',
    inputs: [values, indices, ...(base === undefined ? [] : [base])],
    output: { shape, dtype: 'float32' },
    lower(lowering, [slices, places, given], outputs) {
      const [rows] = shape
      if (tileFormat(lowering.precision) !== undefined && typeof rows === 'number') {
        const options = { outputs, domain: nativeDomain }
        if (given === undefined)
          lowering.emit('AddToRows', [slices!, places!], { ...options, attributes: { rows } })
        else lowering.emit('AddRowsTo', [given, slices!, places!], options)
        return
      }
      const target = given ?? lowering.emit('ConstantOfShape', [lowering.shape(shape)])
      const operands = { target, indices: places!, values: slices!, rank: shape.length }
      emitAddToRows(lowering, operands, outputs)
    },
    gradient: ({ gradients: [dy] }) => [
      takeRows(dy!, indices),
      undefined,
      ...(base === undefined ? [] : [dy]),
    ],
    // A table of embeddings is large, and a batch reads little of it.
    ...(base === undefined && { addedTo: (other: Tensor) => addToRows(values, indices, shape, other) }),
  })
}
