import { shapeError } from '../call-site.ts'
import { blockCount, formatShape, product, type Shape } from '../dimension.ts'
import type { Lowering } from '../lowering.ts'
import { recordOne, type Tensor } from '../tensor.ts'

/**
 * Cuts rows into blocks of `size` places, `[batch, length, …]` → `[batch · ⌈length / size⌉, size, …]`, where the last block of a row is filled
 * up with zeros. dx is dy joined again, without what was filled up.
 */
export function splitBlocks(x: Tensor, size: number): Tensor {
  const shape = blockShape('splitBlocks', x, size)
  return recordOne({
    name: 'splitBlocks',
    inputs: [x],
    output: { shape, dtype: x.dtype },
    lower(lowering, [input], outputs) {
      const padded = emitWholeBlocks(lowering, input!, x.shape, { size, around: 0 })
      const target = lowering.shape(shape)
      lowering.emit('Reshape', [padded, target], { outputs })
    },
    gradient: ({ gradients: [dy] }) => [joinBlocks(dy!, x.shape)],
  })
}

/** The rows of a shape `[batch, length, …]` of whose blocks `x` is, `[batch · ⌈length / size⌉, size, …]`. */
export function joinBlocks(x: Tensor, shape: Shape): Tensor {
  const size = x.shape[1] as number
  const expected = blockShape('joinBlocks', { shape }, size)
  if (formatShape(expected) !== formatShape(x.shape)) {
    throw shapeError(`joinBlocks: ${formatShape(x.shape)} are not the blocks of ${formatShape(shape)}`)
  }
  return recordOne({
    name: 'joinBlocks',
    inputs: [x],
    output: { shape, dtype: x.dtype },
    lower(lowering, [input], outputs) {
      const [batch, length, ...rest] = shape
      const whole = [batch!, product([blockCount(length!, size), size]), ...rest]
      const rows = lowering.emit('Reshape', [input!, lowering.shape(whole)])
      const [start, axis] = [lowering.integers([0]), lowering.integers([1])]
      lowering.emit('Slice', [rows, start, lowering.shape([length!]), axis], { outputs })
    },
    gradient: ({ gradients: [dy] }) => [splitBlocks(dy!, size)],
  })
}

function blockShape(name: string, { shape }: { readonly shape: Shape }, size: number): Shape {
  const [batch, length, ...rest] = shape
  if (length === undefined || !Number.isInteger(size) || size < 1) {
    throw shapeError(
      `${name}: ${formatShape(shape)} in blocks of ${size} is not [batch, length, …] in blocks of at least one`,
    )
  }
  return [product([batch!, blockCount(length, size)]), size, ...rest]
}

/** Fills the second axis up to whole blocks, with zeros, and puts that many blocks of zeros around them. */
export function emitWholeBlocks(
  lowering: Lowering,
  x: string,
  [, length, ...rest]: Shape,
  { size, around }: { readonly size: number; readonly around: number },
): string {
  if (around === 0 && typeof length === 'number' && length % size === 0) return x
  const whole = lowering.shape([product([blockCount(length!, size), size])])
  const missing = lowering.emit('Sub', [whole, lowering.shape([length!])])
  const after = lowering.emit('Add', [missing, lowering.integers([around * size])])
  const others = rest.map(() => 0)
  const pads = [
    lowering.integers([0, around * size, ...others, 0]),
    after,
    ...(others.length === 0 ? [] : [lowering.integers(others)]),
  ]
  return lowering.emit('Pad', [x, lowering.emit('Concat', pads, { attributes: { axis: 0 } })])
}
