import { bart, type BartConfiguration } from '../models/bart.ts'
import type { ModelFamily } from '../models/family.ts'
import { llama, type LlamaConfiguration } from '../models/llama.ts'
import { Model } from '../models/model.ts'
import { randomStream } from '../random.ts'
import type { Example } from './objectives/objective.ts'
import { adamw } from './optimizers/adamw.ts'
import type { TrainingStepOptions } from './training-step.ts'

/** The vocabulary of the tiny models: 0 begins, 1 pads, 2 ends, the rest are words. */
export const tinyVocabulary = 23

/** An encoder–decoder of a few thousand parameters. */
export function tinyBart(changes: Partial<BartConfiguration> = {}, family = bart): Model {
  const configuration: BartConfiguration = {
    vocabularySize: tinyVocabulary,
    width: 16,
    encoderLayers: 1,
    decoderLayers: 1,
    encoderHeads: 2,
    decoderHeads: 2,
    encoderFeedForwardWidth: 24,
    decoderFeedForwardWidth: 24,
    activation: 'gelu',
    maxPositions: 24,
    dropout: 0,
    attentionDropout: 0,
    activationDropout: 0,
    scaleEmbedding: true,
    normalizeBefore: true,
    sinusoidalPositions: false,
    copyHead: false,
    initializationDeviation: 0.2,
    bosTokenId: 0,
    padTokenId: 1,
    eosTokenId: 2,
    decoderStartTokenId: 0,
    forcedEosTokenId: null,
    ...changes,
  }
  return new Model(family as unknown as ModelFamily, configuration).initialize(1)
}

/** A decoder of a few thousand parameters. */
export function tinyLlama(changes: Partial<LlamaConfiguration> = {}): Model {
  const configuration: LlamaConfiguration = {
    modelType: 'llama',
    vocabularySize: tinyVocabulary,
    width: 16,
    layers: 1,
    heads: 4,
    keyValueHeads: 2,
    headWidth: 4,
    feedForwardWidth: 24,
    activation: 'silu',
    maxPositions: 24,
    normEpsilon: 1e-5,
    rotary: { theta: 10_000, scaling: { rope_type: 'default' } },
    rotaryShare: 1,
    slidingWindow: null,
    attentionBias: false,
    attentionOutputBias: false,
    feedForwardBias: false,
    queryScalar: null,
    attentionSoftCap: null,
    logitSoftCap: null,
    experts: null,
    attentionDropout: 0,
    residualDropout: 0,
    tieEmbeddings: true,
    initializationDeviation: 0.2,
    bosTokenId: 0,
    eosTokenId: 2,
    padTokenId: 1,
    ...changes,
  }
  return new Model(llama as unknown as ModelFamily, configuration).initialize(1)
}

/** Rows of random words whose target begins with words of the source, of lengths that all differ. */
export function randomExamples(count: number, seed = 5): Example[] {
  const random = randomStream(seed, 0)
  const words = (length: number) => Array.from({ length }, () => 3 + random.below(tinyVocabulary - 3))
  return Array.from({ length: count }, (_, row) => {
    const source = words(3 + ((row * 5) % 9))
    return {
      source: Int32Array.from([...source, 2]),
      target: Int32Array.from([...source.slice(0, 2), ...words((row * 3) % 7), 2]),
    }
  })
}

export const stepOptions: TrainingStepOptions = {
  seed: 3,
  labelSmoothing: 0.1,
  maxGradientNorm: 1,
  optimizer: adamw({ beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01 }),
  threads: 1,
}

/** The largest absolute difference; NaN where lengths differ or a value is NaN, so that it never passes for small. */
export function largestDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.NaN
  let largest = 0
  for (let index = 0; index < expected.length; index++) {
    const difference = Math.abs(actual[index]! - expected[index]!)
    if (!(difference <= largest)) largest = difference
  }
  return largest
}
