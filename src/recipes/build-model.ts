import { bart, type BartConfiguration } from '../models/bart.ts'
import type { ModelFamily } from '../models/family.ts'
import { llama, type LlamaConfiguration } from '../models/llama.ts'
import { Model, openModel } from '../models/model.ts'
import { endToken } from '../tokenizers/render.ts'
import type { Tokenizer } from '../tokenizers/tokenizer.ts'
import type { Recipe } from './schema.ts'

/** The deviation that suits a width of 768 in published models, carried over to others: products keep their size. */
function initializationDeviation(width: number): number {
  return 0.02 * Math.sqrt(768 / width)
}

function bartConfiguration({ model }: Recipe, tokenizer: Tokenizer): BartConfiguration {
  const width = model.width ?? 256
  const heads = model.heads ?? 4
  const inner = model.feedForwardWidth ?? 4 * width
  const end = endToken(tokenizer)
  const begin = tokenizer.specialTokens.bos ?? end
  return {
    vocabularySize: tokenizer.vocabularySize,
    width,
    encoderLayers: model.encoderLayers ?? 4,
    decoderLayers: model.decoderLayers ?? 4,
    encoderHeads: heads,
    decoderHeads: heads,
    encoderFeedForwardWidth: inner,
    decoderFeedForwardWidth: inner,
    activation: model.activation ?? 'gelu',
    maxPositions: model.maxPositions ?? 1024,
    dropout: model.dropout,
    scaleEmbedding: true,
    normalizeBefore: model.family !== 'bart',
    copyHead: model.copyHead ?? false,
    initializationDeviation: initializationDeviation(width),
    bosTokenId: begin,
    eosTokenId: end,
    padTokenId: tokenizer.specialTokens.pad ?? end,
    decoderStartTokenId: begin,
    forcedEosTokenId: null,
  }
}

function llamaConfiguration({ model }: Recipe, tokenizer: Tokenizer): LlamaConfiguration {
  const width = model.width ?? 256
  const heads = model.heads ?? 4
  return {
    vocabularySize: tokenizer.vocabularySize,
    width,
    layers: model.decoderLayers ?? 4,
    heads,
    keyValueHeads: model.keyValueHeads ?? heads,
    headWidth: width / heads,
    feedForwardWidth: model.feedForwardWidth ?? 4 * width,
    activation: model.activation ?? 'silu',
    maxPositions: model.maxPositions ?? 1024,
    normEpsilon: 1e-5,
    rotaryTheta: 10_000,
    rotaryScaling: { type: 'default' },
    attentionBias: false,
    feedForwardBias: false,
    tieEmbeddings: model.tieEmbeddings ?? true,
    initializationDeviation: initializationDeviation(width),
    bosTokenId: tokenizer.specialTokens.bos ?? null,
    eosTokenId: endToken(tokenizer),
    padTokenId: tokenizer.specialTokens.pad ?? null,
  }
}

/** The model a recipe starts from: a folder's, or a new one of its sizes, drawn from its seed. */
export async function buildModel(recipe: Recipe, tokenizer: Tokenizer): Promise<Model> {
  const { from, family } = recipe.model
  if (from !== undefined) return openModel(from)
  const model =
    family === 'llama'
      ? new Model(llama as unknown as ModelFamily, llamaConfiguration(recipe, tokenizer))
      : new Model(bart as unknown as ModelFamily, bartConfiguration(recipe, tokenizer))
  return model.initialize(recipe.seed)
}
