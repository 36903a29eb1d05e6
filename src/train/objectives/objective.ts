import type { Dimension, Shape } from '../../engine/dimension.ts'
import type { HostTensor } from '../../engine/session.ts'
import type { Tensor } from '../../engine/tensor.ts'
import type { Products } from '../../models/products.ts'
import type { Model } from '../../models/model.ts'

/** The sizes of a batch: numbers for a program of one shape, names for one of any. */
export interface BatchShape {
  readonly batch: Dimension
  readonly source: Dimension
  readonly target: Dimension
  /** Half of the batch, where its second half repeats the rows of its first. */
  readonly half?: Dimension
}

export interface TracedLoss {
  /** What is minimised: summed over target tokens, divided once by their number in the whole step. */
  readonly loss: Tensor
  /** The same without label smoothing. */
  readonly negativeLogLikelihood: Tensor
  /** The trainable parameters that the loss depends on. */
  readonly parameters: ReadonlyMap<string, Tensor>
  /** Where the model may be cut into parts, as its scope was told. */
  readonly boundaries: readonly Tensor[]
}

/** One of several targets of an example, and how much the loss of its tokens counts: negative to unlearn it. */
export interface Candidate {
  readonly target: Int32Array
  readonly weight: number
}

/** One tokenized example. `source` is empty for objectives without one. */
export interface Example {
  readonly source: Int32Array
  readonly target: Int32Array
  /** Of an encoder: which part of a pair each token of the source belongs to; 0 by default. */
  readonly tokenTypes?: Int32Array
  /** Of an encoder that is told languages: that of each token of the source. */
  readonly languages?: Int32Array
  /** Of an encoder: rows of its table of positions for the tokens of the source, by default counted as the model was taught. */
  readonly positions?: Int32Array
  /** Of an encoder that tells labels of whole texts apart: the number of this one's. */
  readonly label?: number
  /** How many tokens at the start of `target` are context and not learned. */
  readonly contextLength?: number
  /** Of a decoder: for each token of `target` 1 where it is learned, in place of `contextLength`. */
  readonly learned?: Uint8Array
  /** What is learned in place of the target, for objectives that weigh several; of one number in a batch. */
  readonly candidates?: readonly Candidate[]
}

export interface CollatedBatch {
  readonly feeds: Record<string, HostTensor>
  readonly targetTokens: number
  /** Tokens without padding, source and target: what the rate on the progress line counts. */
  readonly tokens: number
}

export interface TraceOptions {
  readonly training: boolean
  /** What weights meet activations in while training, `float32` by default. */
  readonly products?: Products | undefined
  readonly labelSmoothing: number
  /** Look at so many words of the vocabulary at a time, and never hold the logits. */
  readonly vocabularyChunk?: number | undefined
  /** How much it counts that the model says unlike things of the same row in both halves of a batch; see `rDrop`. */
  readonly disagreementWeight?: number | undefined
}

/** What is learned from examples: a loss over a model, and the feeding of batches to it. */
export interface Objective {
  readonly name: string
  /** How long an example is, in tokens as `collate` will feed them. */
  lengths(example: Example): { source: number; target: number }
  trace(model: Model, shape: BatchShape, options: TraceOptions): TracedLoss
  /** Pads examples to the longest of them. The feeds lack `inverseCount`, which belongs to the whole step. */
  collate(model: Model, examples: readonly Example[]): CollatedBatch
}

/** The length that rows are padded to, at least 1. */
export function longest(rows: readonly Int32Array[]): number {
  return rows.reduce((length, row) => Math.max(length, row.length), 1)
}

/** The shape of the weights of target tokens: of a batch of two halves by half, so that a program can tell them apart. */
export function weightsShape({ batch, target, half }: BatchShape): Shape {
  return half === undefined ? [batch, target] : [2, half, target]
}
