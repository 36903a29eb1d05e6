import { shapeError } from '../call-site.ts'
import { formatShape } from '../dimension.ts'
import { recordOne, type Tensor } from '../tensor.ts'

/**
 * How many places each key of attention lies before each query, `[length, keys]`, negative where it comes after: the last query stands
 * beside the last key, so that query i of n is at place keys − n + i, whatever comes before it from a cache. Of `scores`,
 * `[…, length, keys]`, such as a mask, only the sizes are read; nothing flows back.
 */
export function keyDistances(scores: Tensor): Tensor {
  const [length, keys] = scores.shape.slice(-2)
  if (length === undefined || keys === undefined)
    throw shapeError(`keyDistances: ${formatShape(scores.shape)} is not […, length, keys]`)
  return recordOne({
    name: 'keyDistances',
    inputs: [scores],
    output: { shape: [length, keys], dtype: 'float32' },
    lower(lowering, [input], outputs) {
      const zero = lowering.constant(BigInt64Array.of(0n), [], 'int64')
      const one = lowering.constant(BigInt64Array.of(1n), [], 'int64')
      const size = (axis: number) => {
        const shape = lowering.emit('Shape', [input!])
        const place = lowering.constant(BigInt64Array.of(BigInt(axis)), [], 'int64')
        return lowering.emit('Gather', [shape, place], { attributes: { axis: 0 } })
      }
      const [queries, places] = [size(scores.shape.length - 2), size(scores.shape.length - 1)]
      const first = lowering.emit('Sub', [places, queries])
      const own = lowering.emit('Range', [first, places, one])
      const rows = lowering.emit('Unsqueeze', [own, lowering.integers([1])])
      const distances = lowering.emit('Sub', [rows, lowering.emit('Range', [zero, places, one])])
      lowering.emit('Cast', [distances], { outputs, attributes: { to: 1 } })
    },
  })
}
