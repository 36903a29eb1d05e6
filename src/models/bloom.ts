/**
 * BLOOM (BigScience Workshop, 2022): a decoder that knows positions by ALiBi alone, and normalizes its embeddings. Its feed-forward blocks are four
 * times as wide as the model and activated by the approximation of GELU with tanh, always.
 */
import { z } from 'zod'
import { add } from '../engine/ops/add.ts'
import { attention } from '../engine/ops/attention.ts'
import { lastPosition } from '../engine/ops/last-position.ts'
import type { Tensor } from '../engine/tensor.ts'
import { activations } from '../nn/activation.ts'
import { alibiMask } from '../nn/alibi.ts'
import { attentionDropout, dropout } from '../nn/dropout.ts'
import { embedding } from '../nn/embedding.ts'
import { mergeHeads, splitFusedHeads } from '../nn/heads.ts'
import { linear } from '../nn/linear.ts'
import { layerNorm } from '../nn/normalization.ts'
import type { Scope } from '../nn/scope.ts'
import {
  count,
  dropoutOfBlocks,
  dropoutRate,
  formatTokenIds,
  headWidthOf,
  parseTokenIds,
  parseWith,
  refuseSizes,
  tokenIdKeys,
  type TokenIds,
} from './configuration.ts'
import { ParameterList } from './declare-parameters.ts'
import type {
  DecoderFamily,
  DecoderInputs,
  ModelSizes,
  ParameterSpecification,
  Prediction,
  Vocabulary,
} from './family.ts'
import { initializationDeviation } from './family.ts'
import { optionalPrefix } from './stored-tensors.ts'

export interface BloomConfiguration extends TokenIds {
  readonly vocabularySize: number
  readonly width: number
  readonly layers: number
  readonly heads: number
  /** How long the texts of the training were: nothing in the model ends there. */
  readonly maxPositions: number
  readonly normEpsilon: number
  /** Blocks add to what they read after its normalization instead of before it. */
  readonly residualAfterNorm: boolean
  /** Dropout of what each block adds, and of the shares of keys. */
  readonly dropout: number
  readonly attentionDropout: number
  readonly tieEmbeddings: boolean
  readonly initializationDeviation: number
}

const family = 'BLOOM'

const schema = z.object({
  vocab_size: count,
  hidden_size: count,
  n_layer: count,
  n_head: count,
  seq_length: count.default(2048),
  layer_norm_epsilon: z.number().positive().default(1e-5),
  apply_residual_connection_post_layernorm: z.boolean().default(false),
  hidden_dropout: dropoutRate.default(0),
  attention_dropout: dropoutRate.default(0),
  initializer_range: z.number().positive().default(0.02),
  tie_word_embeddings: z.boolean().default(true),
  ...tokenIdKeys,
})

function parseConfiguration(json: Readonly<Record<string, unknown>>): BloomConfiguration {
  // Published files have one name or the other of these sizes.
  const named = {
    ...json,
    hidden_size: json.n_embed ?? json.hidden_size,
    n_layer: json.n_layer ?? json.num_hidden_layers,
    n_head: json.n_head ?? json.num_attention_heads,
  }
  const given = parseWith(schema, named, family)
  headWidthOf(given.hidden_size, given.n_head, family)
  return {
    vocabularySize: given.vocab_size,
    width: given.hidden_size,
    layers: given.n_layer,
    heads: given.n_head,
    maxPositions: given.seq_length,
    normEpsilon: given.layer_norm_epsilon,
    residualAfterNorm: given.apply_residual_connection_post_layernorm,
    dropout: given.hidden_dropout,
    attentionDropout: given.attention_dropout,
    tieEmbeddings: given.tie_word_embeddings,
    initializationDeviation: given.initializer_range,
    ...parseTokenIds(given, { bos: 1, eos: 2 }),
  }
}

function formatConfiguration(configuration: BloomConfiguration): Record<string, unknown> {
  return {
    architectures: ['BloomForCausalLM'],
    model_type: 'bloom',
    vocab_size: configuration.vocabularySize,
    hidden_size: configuration.width,
    n_layer: configuration.layers,
    n_head: configuration.heads,
    seq_length: configuration.maxPositions,
    layer_norm_epsilon: configuration.normEpsilon,
    apply_residual_connection_post_layernorm: configuration.residualAfterNorm,
    hidden_dropout: configuration.dropout,
    attention_dropout: configuration.attentionDropout,
    tie_word_embeddings: configuration.tieEmbeddings,
    initializer_range: configuration.initializationDeviation,
    ...formatTokenIds(configuration),
    torch_dtype: 'float32',
  }
}

function parameters(configuration: BloomConfiguration): ParameterSpecification[] {
  const { width, vocabularySize } = configuration
  const list = new ParameterList(configuration.initializationDeviation)
  list.table('transformer.word_embeddings', vocabularySize, width)
  list.layerNorm('transformer.word_embeddings_layernorm', width)
  for (let index = 0; index < configuration.layers; index++) {
    const layer = `transformer.h.${index}`
    list.layerNorm(`${layer}.input_layernorm`, width)
    list.dense(`${layer}.self_attention.query_key_value`, width, 3 * width)
    list.dense(`${layer}.self_attention.dense`, width, width)
    list.layerNorm(`${layer}.post_attention_layernorm`, width)
    list.dense(`${layer}.mlp.dense_h_to_4h`, width, 4 * width)
    list.dense(`${layer}.mlp.dense_4h_to_h`, 4 * width, width)
  }
  list.layerNorm('transformer.ln_f', width)
  if (!configuration.tieEmbeddings) list.table('lm_head', vocabularySize, width)
  return list.specifications
}

function selfAttention(
  block: Scope,
  x: Tensor,
  { mask, cache }: DecoderInputs,
  { width, heads, attentionDropout: rate }: BloomConfiguration,
): Tensor {
  const { query, ...own } = splitFusedHeads(linear(block.at('query_key_value'), x), heads)
  const { key, value } = cache === undefined ? own : cache.extend(block.path, own)
  const options = { scale: 1 / Math.sqrt(width / heads), mask, ...attentionDropout(block, query, key, rate) }
  return linear(block.at('dense'), mergeHeads(attention(query, key, value, options)))
}

function feedForward(block: Scope, x: Tensor): Tensor {
  return linear(block.at('dense_4h_to_h'), activations.gelu_new(linear(block.at('dense_h_to_4h'), x)))
}

function forward(scope: Scope, inputs: DecoderInputs, configuration: BloomConfiguration): Prediction {
  const { normEpsilon } = configuration
  const biased = { ...inputs, mask: alibiMask(inputs.mask, configuration.heads) }
  const model = scope.at('transformer')
  const token = embedding(model.at('word_embeddings'), inputs.tokens)
  let x = scope.boundary(layerNorm(model.at('word_embeddings_layernorm'), token, normEpsilon))
  for (const layer of model.each('h', configuration.layers)) {
    for (const [norm, block] of [
      [
        layer.at('input_layernorm'),
        (h: Tensor) => selfAttention(layer.at('self_attention'), h, biased, configuration),
      ],
      [layer.at('post_attention_layernorm'), (h: Tensor) => feedForward(layer.at('mlp'), h)],
    ] as const) {
      const read = layerNorm(norm, x, normEpsilon)
      const added = dropout(layer, block(read), configuration.dropout)
      x = add(configuration.residualAfterNorm ? read : x, added)
    }
    scope.boundary(x)
  }
  if (inputs.onlyLast) x = lastPosition(x)
  const hidden = layerNorm(model.at('ln_f'), x, normEpsilon)
  return { hidden, logits: linear(scope.at('lm_head'), hidden) }
}

function configure(_modelType: string, sizes: ModelSizes, vocabulary: Vocabulary): BloomConfiguration {
  refuseSizes(sizes, ['keyValueHeads', 'feedForwardWidth', 'activation'], family)
  const { width = 256, heads = 4, decoderLayers = 4, maxPositions = 1024, tieEmbeddings = true } = sizes
  headWidthOf(width, heads, family)
  return {
    vocabularySize: vocabulary.size,
    width,
    layers: decoderLayers,
    heads,
    maxPositions,
    normEpsilon: 1e-5,
    residualAfterNorm: false,
    ...dropoutOfBlocks(sizes.dropout),
    attentionDropout: 0,
    tieEmbeddings,
    initializationDeviation: initializationDeviation(width),
    bosTokenId: vocabulary.begin,
    eosTokenId: vocabulary.end,
    padTokenId: vocabulary.padding,
  }
}

export const bloom: DecoderFamily<BloomConfiguration> = {
  kind: 'decoder',
  name: 'bloom',
  modelTypes: ['bloom'],
  configure,
  dropouts: dropoutOfBlocks,
  parseConfiguration,
  formatConfiguration,
  parameters,
  aliases: ({ tieEmbeddings }): Record<string, string> =>
    tieEmbeddings ? { 'lm_head.weight': 'transformer.word_embeddings.weight' } : {},
  tensorName: optionalPrefix('transformer', ['lm_head']),
  forward,
}
