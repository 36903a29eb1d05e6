import { product } from '../engine/dimension.ts'
import { reshape } from '../engine/ops/reshape.ts'
import type { Tensor } from '../engine/tensor.ts'
import { rowsPerExample, type EncoderDecoderInputs } from './family.ts'

/** How the rows of an example, beams of it or samples, look at its one source: as more queries, instead of each at a copy of its keys. */
export interface ExampleRows {
  /** `[rows, length, width]` → `[batch, rows of an example · length, width]`. */
  together(x: Tensor): Tensor
  /** The way back. */
  apart(x: Tensor): Tensor
}

/** The rows of a decoder's inputs, which may be several of each example. */
export function exampleRows({
  tokens,
  sourceMask,
}: Pick<EncoderDecoderInputs, 'tokens' | 'sourceMask'>): ExampleRows {
  const [rows, length] = tokens.shape
  const batch = sourceMask.shape[0]!
  const queries = rows === batch ? length! : product([rowsPerExample, length!])
  return {
    together: (x) => reshape(x, [batch, queries, x.shape[2]!]),
    apart: (x) => reshape(x, [rows!, length!, x.shape[2]!]),
  }
}
