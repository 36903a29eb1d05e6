/** The pieces of work that are compared. Both sides build them from these numbers alone. */
import type { ProductPrecision } from '../../src/engine/product-precisions.ts'

export interface LlamaSizes {
  readonly layers: number
  readonly width: number
  readonly heads: number
  readonly feedForwardWidth: number
  readonly vocabularySize: number
}

export interface BartSizes extends Omit<LlamaSizes, 'layers'> {
  readonly encoderLayers: number
  readonly decoderLayers: number
}

export type Workload =
  | {
      readonly kind: 'train-decoder'
      readonly sizes: LlamaSizes
      readonly batch: number
      readonly length: number
    }
  | {
      readonly kind: 'train-encoder-decoder'
      readonly sizes: BartSizes
      readonly batch: number
      readonly source: number
      readonly target: number
    }
  | {
      readonly kind: 'train-low-rank'
      readonly sizes: LlamaSizes
      readonly batch: number
      readonly length: number
      readonly rank: number
      /** How the weights of the linear layers are stored. */
      readonly base: 'f32' | 'int4' | 'nf4'
      readonly memory: 'fast' | 'low'
    }
  | {
      readonly kind: 'decode'
      readonly sizes: LlamaSizes
      readonly prompt: number
      readonly tokens: number
      /** How the matrices are stored, the head among them. */
      readonly weights: 'f32' | 'int4'
    }
  | { readonly kind: 'prefill'; readonly sizes: LlamaSizes; readonly length: number }

/** What our side computes products in; all but `float32` by the native library (`yuksu native`). */
export type OurProducts = ProductPrecision

/** The prototype's model, 16.8 million parameters. */
export const small: LlamaSizes = {
  layers: 6,
  width: 384,
  heads: 6,
  feedForwardWidth: 1024,
  vocabularySize: 8000,
}

/** Twelve layers of 768, 110 million parameters with its 16,000 words. */
export const medium: LlamaSizes = {
  layers: 12,
  width: 768,
  heads: 12,
  feedForwardWidth: 2048,
  vocabularySize: 16_000,
}

/** TinyLlama's, but for keys and values that are not shared: what fine-tuning in few bits is for. */
export const large: LlamaSizes = {
  layers: 22,
  width: 2048,
  heads: 32,
  feedForwardWidth: 5632,
  vocabularySize: 32_000,
}

/** The shape of BART-base and KoBART, 30,000 words. */
export const bartBase: BartSizes = {
  encoderLayers: 6,
  decoderLayers: 6,
  width: 768,
  heads: 12,
  feedForwardWidth: 3072,
  vocabularySize: 30_000,
}
