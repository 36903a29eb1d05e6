import { shapeError } from '../call-site.ts'
import { blockCount, formatShape, product, type Shape } from '../dimension.ts'
import { recordOne, type Tensor } from '../tensor.ts'
import { emitWholeBlocks } from './split-blocks.ts'

/**
 * For each block of `size` places what stands in the block before it, in it and in the block after it,
 * `[batch, length, width]` → `[batch · ⌈length / size⌉, 3 · size, width]`: the keys that local attention looks at (Guo et al., 2022, LongT5). Beyond the
 * ends of a row are zeros. dx adds up what every place is given in the blocks that see it.
 */
export function neighbourBlocks(x: Tensor, size: number): Tensor {
  const shape = windowShape('neighbourBlocks', x.shape, size)
  return recordOne({
    name: 'neighbourBlocks',
    inputs: [x],
    output: { shape, dtype: x.dtype },
    lower(lowering, [input], outputs) {
      const width = x.shape[2] as number
      const padded = emitWholeBlocks(lowering, input!, x.shape, { size, around: 1 })
      const blocks = lowering.emit('Reshape', [padded, lowering.integers([0, -1, size, width])])
      const axis = lowering.integers([1])
      // The ends are counted from behind; the last reaches beyond them.
      const parts = [0, 1, 2].map((start) =>
        lowering.emit('Slice', [
          blocks,
          lowering.integers([start]),
          lowering.integers([start === 2 ? 2 ** 31 - 1 : start - 2]),
          axis,
        ]),
      )
      const windows = lowering.emit('Concat', parts, { attributes: { axis: 2 } })
      lowering.emit('Reshape', [windows, lowering.integers([-1, 3 * size, width])], { outputs })
    },
    gradient: ({ gradients: [dy] }) => [sumNeighbours(dy!, x.shape, size)],
  })
}

/** Adds what three blocks say of a place, `[batch · ⌈length / size⌉, 3 · size, width]` → the shape `[batch, length, width]`. */
function sumNeighbours(x: Tensor, shape: Shape, size: number): Tensor {
  return recordOne({
    name: 'sumNeighbours',
    inputs: [x],
    output: { shape, dtype: x.dtype },
    lower(lowering, [input], outputs) {
      const [batch, length, width] = shape as [number, number, number]
      const wanted = [batch, blockCount(length, size), 3 * size, width]
      const windows = lowering.emit('Reshape', [input!, lowering.shape(wanted)])
      const axis = lowering.integers([2])
      const parts = [0, 1, 2].map((part) => {
        const bounds = [lowering.integers([part * size]), lowering.integers([(part + 1) * size])]
        const block = lowering.emit('Slice', [windows, ...bounds, axis])
        return lowering.emit('Pad', [block, lowering.integers([0, part, 0, 0, 0, 2 - part, 0, 0])])
      })
      const sum = parts.reduce((total, part) => lowering.emit('Add', [total, part]))
      const rows = lowering.emit('Reshape', [sum, lowering.integers([0, -1, width])])
      const start = lowering.integers([size])
      const end = lowering.emit('Add', [lowering.shape([length]), start])
      lowering.emit('Slice', [rows, start, end, lowering.integers([1])], { outputs })
    },
    gradient: ({ gradients: [dy] }) => [neighbourBlocks(dy!, size)],
  })
}

function windowShape(name: string, shape: Shape, size: number): Shape {
  const [batch, length, width] = shape
  if (shape.length !== 3 || typeof width !== 'number' || !Number.isInteger(size) || size < 1) {
    throw shapeError(
      `${name}: ${formatShape(shape)} in blocks of ${size} is not [batch, length, width] of a known width in blocks of at least one`,
    )
  }
  return [product([batch!, blockCount(length!, size)]), 3 * size, width]
}
