import { concatenate } from '../engine/ops/concatenate.ts'
import { takeRows } from '../engine/ops/take-rows.ts'
import type { Dimension } from '../engine/dimension.ts'
import { input, type Tensor } from '../engine/tensor.ts'

export interface KeyValue {
  readonly key: Tensor
  readonly value: Tensor
}

/**
 * What a decoder keeps of earlier tokens, as inputs and outputs of a decoding program. Each attention block, known by its path, joins its own
 * keys and values to those of the past; a block that keeps a state of one size instead, as those of a state space model do, is given the last
 * one and gives the next. Where there is an order, in which a beam search goes on, rows are first put into it, and otherwise each goes on
 * itself, which saves a copy of everything.
 */
export class KeyValueCache {
  readonly past = new Map<string, KeyValue>()
  readonly present = new Map<string, KeyValue>()
  /** States after these tokens, by the path and the name of each. */
  readonly states = new Map<string, Tensor>()
  private readonly order: Tensor | undefined
  private readonly rows: Dimension

  /** `rows` is the size of the past's rows, and `order` `[rows now]` the row of the past that each goes on from. */
  constructor(rows: Dimension, order?: Tensor) {
    this.rows = rows
    this.order = order
  }

  /** All keys and values so far: past ones `[rows, heads, past, width]`, then these `[rows, heads, length, width]`. */
  extend(path: string, { key, value }: KeyValue): KeyValue {
    const [, heads, , width] = key.shape
    const shape = [this.rows, heads!, 'past', width!]
    const past = { key: input(`past.${path}.key`, shape), value: input(`past.${path}.value`, shape) }
    this.past.set(path, past)
    const present = {
      key: concatenate([this.inOrder(past.key), key], 2),
      value: concatenate([this.inOrder(past.value), value], 2),
    }
    this.present.set(path, present)
    return present
  }

  /** The state of this name after the past, `[rows, …shape]`; zeros before the first token. */
  state(path: string, name: string, shape: readonly number[]): Tensor {
    return this.inOrder(input(`past.${path}.${name}`, [this.rows, ...shape]))
  }

  /** Keeps the state of this name after these tokens. */
  keep(path: string, name: string, state: Tensor): void {
    this.states.set(`${path}.${name}`, state)
  }

  /** All that a program gives for the next step to go on from: `present.PATH.NAME`, which is its `past.PATH.NAME`. */
  outputs(): Record<string, Tensor> {
    const keyValues = [...this.present].flatMap(([path, { key, value }]): [string, Tensor][] => [
      [`${path}.key`, key],
      [`${path}.value`, value],
    ])
    return Object.fromEntries(
      [...keyValues, ...this.states].map(([name, tensor]) => [`present.${name}`, tensor]),
    )
  }

  private inOrder(past: Tensor): Tensor {
    return this.order === undefined ? past : takeRows(past, this.order)
  }
}
