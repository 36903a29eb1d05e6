/**
 * Falcon (Almazrouei et al., 2023) in its three shapes: 7B, where one key head serves all query heads and both blocks of a layer read the same
 * normalized input; 40B and 180B (`new_decoder_architecture`), where key heads serve groups and each block has a norm of its own; and the models of
 * RefinedWeb (Penedo et al., 2023), which know positions by ALiBi and have their blocks one after the other.
 *
 * Notable choices
 * - ALiBi's biases are divided with the scores by the square root of a head's width, and rounded to bfloat16 from the position of the key, as in the
 *   authors' code: the models were trained on them.
 */
import { z } from 'zod'
import { add } from '../engine/ops/add.ts'
import { attention } from '../engine/ops/attention.ts'
import { lastPosition } from '../engine/ops/last-position.ts'
import { rotary } from '../engine/ops/rotary.ts'
import type { Tensor } from '../engine/tensor.ts'
import { YuksuError } from '../errors.ts'
import { activations, type Activation } from '../nn/activation.ts'
import { roundedAlibiMask } from '../nn/alibi.ts'
import { dropout } from '../nn/dropout.ts'
import { embedding } from '../nn/embedding.ts'
import { mergeHeads, splitFusedHeads } from '../nn/heads.ts'
import { keyPositions } from '../nn/key-positions.ts'
import { linear } from '../nn/linear.ts'
import { layerNorm } from '../nn/normalization.ts'
import { rotaryTables } from '../nn/rotary.ts'
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

export interface FalconConfiguration extends TokenIds {
  readonly vocabularySize: number
  readonly width: number
  readonly layers: number
  readonly heads: number
  /** Each serves a group of query heads. */
  readonly keyValueHeads: number
  readonly feedForwardWidth: number
  readonly activation: Activation
  readonly maxPositions: number
  readonly normEpsilon: number
  /** Positions by ALiBi instead of rotary ones. */
  readonly alibi: boolean
  readonly rotaryTheta: number
  readonly rotaryScaling: RopeScaling
  /** Of 40B and later: any number of key heads may be shared. */
  readonly newArchitecture: boolean
  /** How the blocks of a layer stand: one after the other, or beside each other behind one norm or behind one each. */
  readonly blocks: 'sequential' | 'parallel' | 'parallel-two-norms'
  readonly bias: boolean
  /** Dropout of what a layer adds at its end. */
  readonly dropout: number
  readonly tieEmbeddings: boolean
  readonly initializationDeviation: number
}

const family = 'Falcon'

const schema = z.object({
  vocab_size: count,
  hidden_size: count,
  num_hidden_layers: count,
  num_attention_heads: count,
  num_kv_heads: count.nullish(),
  ffn_hidden_size: count.nullish(),
  activation: z.enum(Object.keys(activations) as [Activation, ...Activation[]]).default('gelu'),
  max_position_embeddings: count.default(2048),
  layer_norm_epsilon: z.number().positive().default(1e-5),
  alibi: z.boolean().default(false),
  ...ropeKeys,
  new_decoder_architecture: z.boolean().default(false),
  multi_query: z.boolean().default(true),
  parallel_attn: z.boolean().default(true),
  num_ln_in_parallel_attn: z.union([z.literal(1), z.literal(2)]).nullish(),
  bias: z.boolean().default(false),
  hidden_dropout: dropoutRate.default(0),
  attention_dropout: z.literal(0, 'attention dropout is not supported; set it to 0').default(0),
  initializer_range: z.number().positive().default(0.02),
  tie_word_embeddings: z.boolean().default(true),
  ...tokenIdKeys,
})

type Given = z.infer<typeof schema>

function parseConfiguration(json: Readonly<Record<string, unknown>>): FalconConfiguration {
  const given = parseWith(schema, json, family)
  const rope = parseRope(given, family)
  headWidthOf(given.hidden_size, given.num_attention_heads, family)
  if (rope.share !== undefined && rope.share !== 1)
    throw refusal('partial_rotary_factor', `${rope.share} is not what Falcon computes; set it to 1`)
  refuseLongRope(rope.scaling, family)
  return {
    vocabularySize: given.vocab_size,
    width: given.hidden_size,
    layers: given.num_hidden_layers,
    heads: given.num_attention_heads,
    keyValueHeads: keyValueHeadsOf(given),
    feedForwardWidth: given.ffn_hidden_size ?? 4 * given.hidden_size,
    activation: given.activation,
    maxPositions: given.max_position_embeddings,
    normEpsilon: given.layer_norm_epsilon,
    alibi: given.alibi,
    rotaryTheta: rope.theta,
    rotaryScaling: rope.scaling,
    newArchitecture: given.new_decoder_architecture,
    blocks: blocksOf(given),
    bias: given.bias,
    dropout: given.hidden_dropout,
    tieEmbeddings: given.tie_word_embeddings,
    initializationDeviation: given.initializer_range,
    ...parseTokenIds(given, { bos: 11, eos: 11 }),
  }
}

/** Before the new architecture their number follows from `multi_query` alone. */
function keyValueHeadsOf(given: Given): number {
  const { num_attention_heads: heads, num_kv_heads: shared } = given
  if (given.new_decoder_architecture || !given.multi_query) {
    const found = shared ?? heads
    const fits = given.new_decoder_architecture ? heads % found === 0 : found === heads
    if (fits) return found
    throw refusal(
      'num_kv_heads',
      `${found} key heads cannot serve ${heads} query heads ${given.new_decoder_architecture ? 'evenly' : 'where multi_query and new_decoder_architecture are false'}`,
    )
  }
  return 1
}

function blocksOf(given: Given): FalconConfiguration['blocks'] {
  const isNew = given.new_decoder_architecture
  const norms = given.num_ln_in_parallel_attn ?? (isNew ? 2 : 1)
  if (!given.parallel_attn) {
    if (!isNew) return 'sequential'
    throw refusal('parallel_attn', 'false does not go with new_decoder_architecture; set it to true')
  }
  if (norms === 1) return 'parallel'
  if (isNew) return 'parallel-two-norms'
  throw refusal('num_ln_in_parallel_attn', '2 goes with new_decoder_architecture alone; set it to 1')
}

function refusal(key: string, reason: string): YuksuError {
  return new YuksuError('model-configuration', `config.json of a ${family} model: '${key}': ${reason}`)
}

function formatConfiguration(configuration: FalconConfiguration): Record<string, unknown> {
  const { heads, keyValueHeads, newArchitecture, blocks, width } = configuration
  const { rotaryTheta: theta, rotaryScaling: scaling } = configuration
  return {
    architectures: ['FalconForCausalLM'],
    model_type: 'falcon',
    vocab_size: configuration.vocabularySize,
    hidden_size: width,
    num_hidden_layers: configuration.layers,
    num_attention_heads: heads,
    num_kv_heads: newArchitecture ? keyValueHeads : heads,
    ffn_hidden_size: configuration.feedForwardWidth,
    activation: configuration.activation,
    max_position_embeddings: configuration.maxPositions,
    layer_norm_epsilon: configuration.normEpsilon,
    alibi: configuration.alibi,
    ...formatRope({ theta, scaling, share: undefined }),
    new_decoder_architecture: newArchitecture,
    // Both are unused with the new architecture, and so at their defaults.
    multi_query: newArchitecture || keyValueHeads === 1,
    parallel_attn: blocks !== 'sequential',
    num_ln_in_parallel_attn: newArchitecture ? (blocks === 'parallel' ? 1 : 2) : null,
    bias: configuration.bias,
    hidden_dropout: configuration.dropout,
    attention_dropout: 0,
    tie_word_embeddings: configuration.tieEmbeddings,
    initializer_range: configuration.initializationDeviation,
    ...formatTokenIds(configuration),
    torch_dtype: 'float32',
  }
}

/** The norms before attention and before the feed-forward block, which may be one. */
function normNames({ blocks }: FalconConfiguration): readonly [string, string] {
  if (blocks === 'parallel-two-norms') return ['ln_attn', 'ln_mlp']
  return ['input_layernorm', blocks === 'parallel' ? 'input_layernorm' : 'post_attention_layernorm']
}

function parameters(configuration: FalconConfiguration): ParameterSpecification[] {
  const { width, heads, keyValueHeads, feedForwardWidth, vocabularySize, bias } = configuration
  const list = new ParameterList(configuration.initializationDeviation)
  const fused = (heads + 2 * keyValueHeads) * (width / heads)
  list.table('transformer.word_embeddings', vocabularySize, width)
  for (let index = 0; index < configuration.layers; index++) {
    const layer = `transformer.h.${index}`
    for (const name of new Set(normNames(configuration))) list.layerNorm(`${layer}.${name}`, width)
    list.dense(`${layer}.self_attention.query_key_value`, width, fused, { bias })
    list.dense(`${layer}.self_attention.dense`, width, width, { bias })
    list.dense(`${layer}.mlp.dense_h_to_4h`, width, feedForwardWidth, { bias })
    list.dense(`${layer}.mlp.dense_4h_to_h`, feedForwardWidth, width, { bias })
  }
  list.layerNorm('transformer.ln_f', width)
  if (!configuration.tieEmbeddings) list.table('lm_head', vocabularySize, width)
  return list.specifications
}

/** How attention knows positions: what turns queries and keys, and what is added to their scores. */
function positionsOf(
  { positions, mask, cache, positionCount }: DecoderInputs,
  configuration: FalconConfiguration,
): { turn: (x: Tensor) => Tensor; mask: Tensor } {
  const { width, heads, maxPositions } = configuration
  const count = positionCount ?? maxPositions
  if (configuration.alibi) {
    const keys = cache === undefined ? positions : keyPositions(positions, mask)
    const options = { heads, positions: count, scale: 1 / Math.sqrt(width / heads) }
    return { turn: (x) => x, mask: roundedAlibiMask(mask, keys, options) }
  }
  const { cosines, sines } = rotaryTables(count, {
    width: width / heads,
    theta: configuration.rotaryTheta,
    scaling: configuration.rotaryScaling,
    maxPositions,
  })
  return { turn: (x) => rotary(x, positions, cosines, sines), mask }
}

function forward(scope: Scope, inputs: DecoderInputs, configuration: FalconConfiguration): Prediction {
  const { cache } = inputs
  const { width, heads, keyValueHeads, normEpsilon, blocks } = configuration
  const { turn, mask } = positionsOf(inputs, configuration)
  const [attentionNorm, feedForwardNorm] = normNames(configuration)
  const selfAttention = (block: Scope, x: Tensor): Tensor => {
    const fused = splitFusedHeads(linear(block.at('query_key_value'), x), heads, keyValueHeads)
    const own = { key: turn(fused.key), value: fused.value }
    const { key, value } = cache === undefined ? own : cache.extend(block.path, own)
    const options = { scale: 1 / Math.sqrt(width / heads), mask }
    return linear(block.at('dense'), mergeHeads(attention(turn(fused.query), key, value, options)))
  }
  const feedForward = (block: Scope, x: Tensor): Tensor => {
    const inner = activations[configuration.activation](linear(block.at('dense_h_to_4h'), x))
    return linear(block.at('dense_4h_to_h'), inner)
  }
  const model = scope.at('transformer')
  let x = scope.boundary(embedding(model.at('word_embeddings'), inputs.tokens))
  for (const layer of model.each('h', configuration.layers)) {
    const drop = (added: Tensor) => dropout(layer, added, configuration.dropout)
    const read = layerNorm(layer.at(attentionNorm), x, normEpsilon)
    const attended = selfAttention(layer.at('self_attention'), read)
    if (blocks === 'sequential') {
      x = add(x, attended)
      x = add(x, drop(feedForward(layer.at('mlp'), layerNorm(layer.at(feedForwardNorm), x, normEpsilon))))
    } else {
      const beside = blocks === 'parallel' ? read : layerNorm(layer.at(feedForwardNorm), x, normEpsilon)
      x = add(x, drop(add(feedForward(layer.at('mlp'), beside), attended)))
    }
    scope.boundary(x)
  }
  if (inputs.onlyLast) x = lastPosition(x)
  const hidden = layerNorm(model.at('ln_f'), x, normEpsilon)
  return { hidden, logits: linear(scope.at('lm_head'), hidden) }
}

/** Of the shape of 40B where a number of key heads is given, and of 7B where none is. */
function configure(_modelType: string, sizes: ModelSizes, vocabulary: Vocabulary): FalconConfiguration {
  const { width = 256, heads = 4, decoderLayers = 4, maxPositions = 1024, keyValueHeads } = sizes
  const { feedForwardWidth = 4 * width, activation = 'gelu', tieEmbeddings = true } = sizes
  headWidthOf(width, heads, family)
  if (keyValueHeads !== undefined && heads % keyValueHeads !== 0) {
    throw new YuksuError(
      'model-configuration',
      `${keyValueHeads} key heads cannot serve ${heads} query heads evenly; give a divisor of them as model.keyValueHeads`,
    )
  }
  return {
    vocabularySize: vocabulary.size,
    width,
    layers: decoderLayers,
    heads,
    keyValueHeads: keyValueHeads ?? 1,
    feedForwardWidth,
    activation,
    maxPositions,
    normEpsilon: 1e-5,
    alibi: false,
    rotaryTheta: 10_000,
    rotaryScaling: { rope_type: 'default' },
    newArchitecture: keyValueHeads !== undefined,
    blocks: keyValueHeads === undefined ? 'parallel' : 'parallel-two-norms',
    bias: false,
    ...dropoutOfBlocks(sizes.dropout),
    tieEmbeddings,
    initializationDeviation: initializationDeviation(width),
    bosTokenId: vocabulary.begin,
    eosTokenId: vocabulary.end,
    padTokenId: vocabulary.padding,
  }
}

export const falcon: DecoderFamily<FalconConfiguration> = {
  kind: 'decoder',
  name: 'falcon',
  modelTypes: ['falcon'],
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
