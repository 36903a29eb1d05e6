import { floats, type HostTensor } from '../engine/session.ts'

/** The entries of the first axis at the indices, in their order. */
export function takeEntries(tensor: HostTensor, indices: readonly number[]): HostTensor {
  const shape = [indices.length, ...tensor.shape.slice(1)]
  const size = tensor.shape.slice(1).reduce((total, dimension) => total * dimension, 1)
  if (tensor.dtype === 'int64') {
    const source = tensor.data as BigInt64Array
    const data = new BigInt64Array(indices.length * size)
    indices.forEach((from, to) => data.set(source.subarray(from * size, (from + 1) * size), to * size))
    return { dtype: tensor.dtype, data, shape }
  }
  const source = tensor.data as Float32Array
  const data = new Float32Array(indices.length * size)
  indices.forEach((from, to) => data.set(source.subarray(from * size, (from + 1) * size), to * size))
  return floats(data, shape)
}

export function sameList(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index])
}

/** The examples in order when every one has the same number of neighbouring rows; otherwise each row by itself. */
export function groupRows(exampleOfRow: readonly number[]): readonly number[] {
  const examples = exampleOfRow.filter((example, row) => row === 0 || example !== exampleOfRow[row - 1])
  const perExample = exampleOfRow.length / examples.length
  const even =
    Number.isInteger(perExample) &&
    exampleOfRow.every((example, row) => example === examples[Math.floor(row / perExample)])
  return even ? examples : exampleOfRow
}
