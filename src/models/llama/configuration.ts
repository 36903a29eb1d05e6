import type { Activation } from '../../nn/activation.ts'
import type { RopeScaling } from '../../nn/rotary-scaling.ts'
import type { TokenIds } from '../configuration.ts'

/** How positions turn queries and keys. */
export interface RotarySettings {
  /** The base of the frequencies. */
  readonly theta: number
  readonly scaling: RopeScaling
}

/** Layers that see no farther back than a window. */
export interface SlidingWindow {
  /** A token sees itself and this many tokens less one before it. */
  readonly size: number
  /** Which layers, counted from 0. */
  readonly layers: readonly number[]
  /** Their own positions (Gemma 3 turns them by another base). */
  readonly rotary: RotarySettings
}

/** Feed-forward blocks of which each token takes a few (Mixtral). */
export interface Experts {
  readonly count: number
  readonly perToken: number
}

/** What sets one decoder of the family apart from another. What follows from the model type alone stands in its layout. */
export interface LlamaConfiguration extends TokenIds {
  /** `model_type` in `config.json`. */
  readonly modelType: string
  readonly vocabularySize: number
  readonly width: number
  readonly layers: number
  readonly heads: number
  readonly keyValueHeads: number
  readonly headWidth: number
  readonly feedForwardWidth: number
  readonly activation: Activation
  readonly maxPositions: number
  readonly normEpsilon: number
  /** Of the layers that see everything; null where they know no positions (EXAONE 4). */
  readonly rotary: RotarySettings | null
  /** The share of each head that positions turn. */
  readonly rotaryShare: number
  readonly slidingWindow: SlidingWindow | null
  /** Of queries, keys and values. */
  readonly attentionBias: boolean
  readonly attentionOutputBias: boolean
  readonly feedForwardBias: boolean
  /** Scores are divided by its square root; null for the width of a head. */
  readonly queryScalar: number | null
  readonly attentionSoftCap: number | null
  readonly logitSoftCap: number | null
  readonly experts: Experts | null
  readonly attentionDropout: number
  /** Of what each block adds. */
  readonly residualDropout: number
  readonly tieEmbeddings: boolean
  readonly initializationDeviation: number
}
