import { concatenate } from '../engine/ops/concatenate.ts'
import { takeRows } from '../engine/ops/take-rows.ts'
import type { Dimension } from '../engine/dimension.ts'
import { input, type Tensor } from '../engine/tensor.ts'

export interface KeyValue {
  readonly key: Tensor
  readonly value: Tensor
}

/**
 * The keys and values of earlier tokens, as inputs and outputs of a decoding program. Each attention block, known by its
 * path, joins its own to those of the past; rows are first put in the order in which a beam search goes on.
 */
export class KeyValueCache {
  readonly past = new Map<string, KeyValue>()
  readonly present = new Map<string, KeyValue>()
  private readonly reorder: Tensor
  private readonly rows: Dimension

  constructor(rows: Dimension, reorder: Tensor) {
    this.rows = rows
    this.reorder = reorder
  }

  /** All keys and values so far: past ones `[rows, heads, past, width]`, then these `[rows, heads, length, width]`. */
  extend(path: string, { key, value }: KeyValue): KeyValue {
    const [, heads, , width] = key.shape
    const shape = [this.rows, heads!, 'past', width!]
    const past = { key: input(`past.${path}.key`, shape), value: input(`past.${path}.value`, shape) }
    this.past.set(path, past)
    const present = {
      key: concatenate([takeRows(past.key, this.reorder), key], 2),
      value: concatenate([takeRows(past.value, this.reorder), value], 2),
    }
    this.present.set(path, present)
    return present
  }
}
