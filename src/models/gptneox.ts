/**
 * GPT-NeoX (Black et al., 2022), Pythia (Biderman et al., 2023) and Polyglot-Ko (Ko et al., 2023): decoders whose positions turn a part of each
 * head, and whose attention and feed-forward blocks read the same input and are added together, or one after the other.
 */
import { z } from 'zod'
import { add } from '../engine/ops/add.ts'
import { attention } from '../engine/ops/attention.ts'
import { lastPosition } from '../engine/ops/last-position.ts'
import { rotary } from '../engine/ops/rotary.ts'
import type { Tensor } from '../engine/tensor.ts'
import { activations, type Activation } from '../nn/activation.ts'
import { attentionDropout, dropout } from '../nn/dropout.ts'
import { embedding } from '../nn/embedding.ts'
import { mergeHeads, splitFusedHeads } from '../nn/heads.ts'
import { linear } from '../nn/linear.ts'
import { layerNorm } from '../nn/normalization.ts'
import { partialRotaryWidth, rotaryTables } from '../nn/rotary.ts'
import type { RopeScaling } from '../nn/rotary-scaling.ts'
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
import { formatRope, parseRope, refuseLongRope, ropeKeys } from './rope-configuration.ts'
import { optionalPrefix } from './stored-tensors.ts'

export interface GptNeoxConfiguration extends TokenIds {
  readonly vocabularySize: number
  readonly width: number
  readonly layers: number
  readonly heads: number
  readonly feedForwardWidth: number
  readonly activation: Activation
  readonly maxPositions: number
  readonly normEpsilon: number
  readonly rotaryTheta: number
  /** How much of each head positions turn. */
  readonly rotaryShare: number
  readonly rotaryScaling: RopeScaling
  /** Whether both blocks of a layer read its input; otherwise the second reads what the first has added to. */
  readonly parallelResidual: boolean
  readonly attentionBias: boolean
  /** Dropout of what each block adds and of what the first layer reads, and of the shares of keys. */
  readonly dropout: number
  readonly attentionDropout: number
  readonly tieEmbeddings: boolean
  readonly initializationDeviation: number
}

const family = 'GPT-NeoX'

const schema = z.object({
  vocab_size: count,
  hidden_size: count,
  num_hidden_layers: count,
  num_attention_heads: count,
  intermediate_size: count,
  hidden_act: z.enum(Object.keys(activations) as [Activation, ...Activation[]]).default('gelu'),
  rotary_pct: z.number().positive().max(1).default(0.25),
  rotary_emb_base: z.number().positive().default(10_000),
  ...ropeKeys,
  max_position_embeddings: count.default(2048),
  layer_norm_eps: z.number().positive().default(1e-5),
  hidden_dropout: dropoutRate.default(0),
  attention_dropout: dropoutRate.default(0),
  use_parallel_residual: z.boolean().default(true),
  attention_bias: z.boolean().default(true),
  initializer_range: z.number().positive().default(0.02),
  tie_word_embeddings: z.boolean().default(false),
  ...tokenIdKeys,
})

function parseConfiguration(json: Readonly<Record<string, unknown>>): GptNeoxConfiguration {
  const given = parseWith(schema, json, family)
  const rope = parseRope({ ...given, rope_theta: given.rope_theta ?? given.rotary_emb_base }, family)
  headWidthOf(given.hidden_size, given.num_attention_heads, family)
  refuseLongRope(rope.scaling, family)
  return {
    vocabularySize: given.vocab_size,
    width: given.hidden_size,
    layers: given.num_hidden_layers,
    heads: given.num_attention_heads,
    feedForwardWidth: given.intermediate_size,
    activation: given.hidden_act,
    maxPositions: given.max_position_embeddings,
    normEpsilon: given.layer_norm_eps,
    rotaryTheta: rope.theta,
    rotaryShare: rope.share ?? given.rotary_pct,
    rotaryScaling: rope.scaling,
    parallelResidual: given.use_parallel_residual,
    attentionBias: given.attention_bias,
    dropout: given.hidden_dropout,
    attentionDropout: given.attention_dropout,
    tieEmbeddings: given.tie_word_embeddings,
    initializationDeviation: given.initializer_range,
    ...parseTokenIds(given, { bos: 0, eos: 2 }),
  }
}

function formatConfiguration(configuration: GptNeoxConfiguration): Record<string, unknown> {
  const { rotaryTheta: theta, rotaryScaling: scaling, rotaryShare: share } = configuration
  return {
    architectures: ['GPTNeoXForCausalLM'],
    model_type: 'gpt_neox',
    vocab_size: configuration.vocabularySize,
    hidden_size: configuration.width,
    num_hidden_layers: configuration.layers,
    num_attention_heads: configuration.heads,
    intermediate_size: configuration.feedForwardWidth,
    hidden_act: configuration.activation,
    max_position_embeddings: configuration.maxPositions,
    layer_norm_eps: configuration.normEpsilon,
    rotary_pct: share,
    rotary_emb_base: theta,
    ...formatRope({ theta, scaling, share }),
    use_parallel_residual: configuration.parallelResidual,
    attention_bias: configuration.attentionBias,
    hidden_dropout: configuration.dropout,
    attention_dropout: configuration.attentionDropout,
    tie_word_embeddings: configuration.tieEmbeddings,
    initializer_range: configuration.initializationDeviation,
    ...formatTokenIds(configuration),
    torch_dtype: 'float32',
  }
}

function parameters(configuration: GptNeoxConfiguration): ParameterSpecification[] {
  const { width, feedForwardWidth, vocabularySize, attentionBias: bias } = configuration
  const list = new ParameterList(configuration.initializationDeviation)
  list.table('gpt_neox.embed_in', vocabularySize, width)
  for (let index = 0; index < configuration.layers; index++) {
    const layer = `gpt_neox.layers.${index}`
    list.layerNorm(`${layer}.input_layernorm`, width)
    list.dense(`${layer}.attention.query_key_value`, width, 3 * width, { bias })
    list.dense(`${layer}.attention.dense`, width, width, { bias })
    list.layerNorm(`${layer}.post_attention_layernorm`, width)
    list.dense(`${layer}.mlp.dense_h_to_4h`, width, feedForwardWidth)
    list.dense(`${layer}.mlp.dense_4h_to_h`, feedForwardWidth, width)
  }
  list.layerNorm('gpt_neox.final_layer_norm', width)
  if (!configuration.tieEmbeddings) list.table('embed_out', vocabularySize, width)
  return list.specifications
}

function forward(scope: Scope, inputs: DecoderInputs, configuration: GptNeoxConfiguration): Prediction {
  const { tokens, positions, mask, cache } = inputs
  const { width, heads, maxPositions, normEpsilon } = configuration
  const headWidth = width / heads
  const { cosines, sines } = rotaryTables(inputs.positionCount ?? maxPositions, {
    width: partialRotaryWidth(headWidth, configuration.rotaryShare),
    theta: configuration.rotaryTheta,
    scaling: configuration.rotaryScaling,
    maxPositions,
  })
  const selfAttention = (block: Scope, x: Tensor): Tensor => {
    const fused = splitFusedHeads(linear(block.at('query_key_value'), x), heads)
    const [query, turned] = [fused.query, fused.key].map((part) => rotary(part, positions, cosines, sines))
    const own = { key: turned!, value: fused.value }
    const { key, value } = cache === undefined ? own : cache.extend(block.path, own)
    const dropped = attentionDropout(block, query!, key, configuration.attentionDropout)
    const options = { scale: 1 / Math.sqrt(headWidth), mask, ...dropped }
    return linear(block.at('dense'), mergeHeads(attention(query!, key, value, options)))
  }
  const feedForward = (block: Scope, x: Tensor): Tensor => {
    const inner = activations[configuration.activation](linear(block.at('dense_h_to_4h'), x))
    return linear(block.at('dense_4h_to_h'), inner)
  }
  const drop = (place: Scope, x: Tensor) => dropout(place, x, configuration.dropout)
  let x = scope.boundary(drop(scope.at('gpt_neox'), embedding(scope.at('gpt_neox.embed_in'), tokens)))
  for (const layer of scope.each('gpt_neox.layers', configuration.layers)) {
    const attend = selfAttention(
      layer.at('attention'),
      layerNorm(layer.at('input_layernorm'), x, normEpsilon),
    )
    const attended = add(x, drop(layer, attend))
    const read = configuration.parallelResidual ? x : attended
    const fed = feedForward(
      layer.at('mlp'),
      layerNorm(layer.at('post_attention_layernorm'), read, normEpsilon),
    )
    x = scope.boundary(add(attended, drop(layer, fed)))
  }
  if (inputs.onlyLast) x = lastPosition(x)
  const hidden = layerNorm(scope.at('gpt_neox.final_layer_norm'), x, normEpsilon)
  return { hidden, logits: linear(scope.at('embed_out'), hidden) }
}

function configure(_modelType: string, sizes: ModelSizes, vocabulary: Vocabulary): GptNeoxConfiguration {
  refuseSizes(sizes, ['keyValueHeads'], family)
  const { width = 256, heads = 4, decoderLayers = 4, maxPositions = 1024 } = sizes
  const { feedForwardWidth = 4 * width, activation = 'gelu', tieEmbeddings = true } = sizes
  headWidthOf(width, heads, family)
  return {
    vocabularySize: vocabulary.size,
    width,
    layers: decoderLayers,
    heads,
    feedForwardWidth,
    activation,
    maxPositions,
    normEpsilon: 1e-5,
    rotaryTheta: 10_000,
    // Polyglot-Ko's; Pythia turns a quarter, of wider heads.
    rotaryShare: 0.5,
    rotaryScaling: { rope_type: 'default' },
    parallelResidual: true,
    attentionBias: true,
    ...dropoutOfBlocks(sizes.dropout),
    attentionDropout: 0,
    tieEmbeddings,
    initializationDeviation: initializationDeviation(width),
    bosTokenId: vocabulary.begin,
    eosTokenId: vocabulary.end,
    padTokenId: vocabulary.padding,
  }
}

export const gptneox: DecoderFamily<GptNeoxConfiguration> = {
  kind: 'decoder',
  name: 'gptneox',
  modelTypes: ['gpt_neox'],
  configure,
  dropouts: dropoutOfBlocks,
  parseConfiguration,
  formatConfiguration,
  parameters,
  aliases: ({ tieEmbeddings }): Record<string, string> => ({
    // Newer transformers has the head under this name.
    'lm_head.weight': tieEmbeddings ? 'gpt_neox.embed_in.weight' : 'embed_out.weight',
    ...(tieEmbeddings && { 'embed_out.weight': 'gpt_neox.embed_in.weight' }),
  }),
  // Older files hold the causal mask of each layer.
  tensorName: optionalPrefix('gpt_neox', ['embed_out', 'lm_head'], /\.attention\.(masked_)?bias$/),
  forward,
}
