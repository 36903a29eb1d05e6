/**
 * T5 (Raffel et al., 2020), its version 1.1 with gated feed-forward blocks (Shazeer, 2020) and mT5 (Xue et al., 2021):
 * encoder–decoder transformers that know places by relative position alone.
 *
 * Notable choices
 * - Each side learns one bias for the distance of a query to a key, in its first layer, and all its layers add it to their
 *   scores, which are not divided by anything. Cross-attention has none. So there is no longest text.
 * - T5 takes the token table for the output too and scales what it meets by 1/√width; version 1.1 has a table of its own
 *   and does not scale. `config.json` says the second by `tie_word_embeddings: false`, newer transformers by
 *   `scale_decoder_outputs`, and whether there is a table of its own is seen in the file. mT5 never scales.
 * - `gated-gelu` is GELU by its tanh, as in the authors' code, and not what `gelu` alone is.
 * - `dropout_rate` is for everything that is dropped, shares of attention among it.
 */
import { z } from 'zod'
import { add } from '../engine/ops/add.ts'
import { attention } from '../engine/ops/attention.ts'
import { multiply } from '../engine/ops/multiply.ts'
import { reshape } from '../engine/ops/reshape.ts'
import { scale } from '../engine/ops/scale.ts'
import { subtract } from '../engine/ops/subtract.ts'
import type { Tensor } from '../engine/tensor.ts'
import { YuksuError } from '../errors.ts'
import { activations, type Activation } from '../nn/activation.ts'
import { attentionDropout, dropout } from '../nn/dropout.ts'
import { embedding } from '../nn/embedding.ts'
import { mergeHeads, splitHeads } from '../nn/heads.ts'
import type { KeyValue } from '../nn/key-value-cache.ts'
import { linear } from '../nn/linear.ts'
import { rmsNorm } from '../nn/normalization.ts'
import { relativePositionBias, relativePositionBuckets } from '../nn/relative-position.ts'
import type { Scope } from '../nn/scope.ts'
import { count, dropoutRate, parseWith, refuseSizes } from './configuration.ts'
import { exampleRows } from './example-rows.ts'
import type {
  CrossAttentionInputs,
  EncoderDecoderFamily,
  EncoderDecoderInputs,
  EncoderInputs,
  ModelSizes,
  ParameterSpecification,
  Prediction,
  Vocabulary,
} from './family.ts'
import { sameTensor } from './stored-tensors.ts'

export interface T5Configuration {
  readonly modelType: 't5' | 'mt5'
  readonly vocabularySize: number
  readonly width: number
  readonly headWidth: number
  readonly heads: number
  readonly feedForwardWidth: number
  readonly encoderLayers: number
  readonly decoderLayers: number
  /** `feed_forward_proj`: an activation, or `gated-` and one. */
  readonly feedForward: string
  readonly relativeBuckets: number
  readonly relativeMaxDistance: number
  readonly dropout: number
  readonly normEpsilon: number
  /** Whether the token table scores the words too, and whether what it meets there is divided by √width. */
  readonly tieEmbeddings: boolean
  readonly scaleOutputs: boolean
  /** Infinity: only distances count. */
  readonly maxPositions: number
  readonly initializerFactor: number
  readonly eosTokenId: number | readonly number[] | null
  readonly padTokenId: number
  readonly decoderStartTokenId: number
}

const schema = z.object({
  model_type: z.enum(['t5', 'mt5']),
  vocab_size: count,
  d_model: count,
  d_kv: count,
  d_ff: count,
  num_layers: count,
  num_decoder_layers: count.nullish(),
  num_heads: count,
  relative_attention_num_buckets: count.default(32),
  relative_attention_max_distance: count.default(128),
  dropout_rate: dropoutRate.default(0.1),
  layer_norm_epsilon: z.number().positive().default(1e-6),
  initializer_factor: z.number().positive().default(1),
  feed_forward_proj: z.string().optional(),
  tie_word_embeddings: z.boolean().optional(),
  scale_decoder_outputs: z.boolean().optional(),
  is_decoder: z.literal(false, 'a decoder alone is not supported').default(false),
  eos_token_id: z.union([z.number().int(), z.array(z.number().int())]).nullish(),
  pad_token_id: z.number().int().default(0),
  decoder_start_token_id: z.number().int().nullish(),
})

/** The activation that `feed_forward_proj` names, and whether it gates another product. */
function feedForwardOf(name: string): { activation: Activation; gated: boolean } {
  const gated = name.startsWith('gated-')
  const given = gated ? name.slice('gated-'.length) : name
  const activation = gated && given === 'gelu' ? 'gelu_new' : given
  if (!Object.hasOwn(activations, activation)) {
    throw new YuksuError(
      'model-configuration',
      `config.json of a T5 model: 'feed_forward_proj': '${name}' is not supported; expected one of ${Object.keys(activations).join(', ')}, or gated- and one of them`,
    )
  }
  return { activation: activation as Activation, gated }
}

function parseConfiguration(json: Readonly<Record<string, unknown>>): T5Configuration {
  const given = parseWith(schema, json, 'T5')
  const isTied = given.tie_word_embeddings !== false
  const feedForward = given.feed_forward_proj ?? (given.model_type === 'mt5' ? 'gated-gelu' : 'relu')
  feedForwardOf(feedForward)
  return {
    modelType: given.model_type,
    vocabularySize: given.vocab_size,
    width: given.d_model,
    headWidth: given.d_kv,
    heads: given.num_heads,
    feedForwardWidth: given.d_ff,
    encoderLayers: given.num_layers,
    decoderLayers: given.num_decoder_layers ?? given.num_layers,
    feedForward,
    relativeBuckets: given.relative_attention_num_buckets,
    relativeMaxDistance: given.relative_attention_max_distance,
    dropout: given.dropout_rate,
    normEpsilon: given.layer_norm_epsilon,
    tieEmbeddings: isTied,
    scaleOutputs: given.model_type === 't5' && (given.scale_decoder_outputs ?? isTied),
    maxPositions: Number.POSITIVE_INFINITY,
    initializerFactor: given.initializer_factor,
    eosTokenId: given.eos_token_id ?? null,
    padTokenId: given.pad_token_id,
    decoderStartTokenId: given.decoder_start_token_id ?? given.pad_token_id,
  }
}

function formatConfiguration(configuration: T5Configuration): Record<string, unknown> {
  const { modelType, tieEmbeddings, scaleOutputs } = configuration
  const isMultilingual = modelType === 'mt5'
  return {
    architectures: [isMultilingual ? 'MT5ForConditionalGeneration' : 'T5ForConditionalGeneration'],
    model_type: modelType,
    is_encoder_decoder: true,
    vocab_size: configuration.vocabularySize,
    d_model: configuration.width,
    d_kv: configuration.headWidth,
    d_ff: configuration.feedForwardWidth,
    num_layers: configuration.encoderLayers,
    num_decoder_layers: configuration.decoderLayers,
    num_heads: configuration.heads,
    relative_attention_num_buckets: configuration.relativeBuckets,
    relative_attention_max_distance: configuration.relativeMaxDistance,
    dropout_rate: configuration.dropout,
    layer_norm_epsilon: configuration.normEpsilon,
    initializer_factor: configuration.initializerFactor,
    feed_forward_proj: configuration.feedForward,
    // Of T5 this says whether to scale: whether there is a table of its own, the file tells.
    tie_word_embeddings: isMultilingual ? tieEmbeddings : scaleOutputs,
    ...(!isMultilingual && { scale_decoder_outputs: scaleOutputs }),
    eos_token_id: configuration.eosTokenId,
    pad_token_id: configuration.padTokenId,
    decoder_start_token_id: configuration.decoderStartTokenId,
    torch_dtype: 'float32',
  }
}

function parameters(configuration: T5Configuration): ParameterSpecification[] {
  const { width, heads, headWidth, feedForwardWidth, vocabularySize, initializerFactor } = configuration
  const inner = heads * headWidth
  const specifications: ParameterSpecification[] = []
  const declare = (name: string, shape: number[], initialization: ParameterSpecification['initialization']) =>
    specifications.push({ name, shape, initialization, trainable: true })
  /** Deviations are those of Mesh TensorFlow: 1 / √ of what is summed over, of queries √ of their own width besides. */
  const dense = (name: string, from: number, to: number, summed = from) =>
    declare(`${name}.weight`, [to, from], { deviation: initializerFactor / Math.sqrt(summed) })
  const norm = (name: string) => declare(`${name}.layer_norm.weight`, [width], 'ones')
  const attentionBlock = (name: string) => {
    dense(`${name}.q`, width, inner, width * headWidth)
    dense(`${name}.k`, width, inner)
    dense(`${name}.v`, width, inner)
    dense(`${name}.o`, inner, width)
  }
  declare('shared.weight', [vocabularySize, width], { deviation: initializerFactor })
  const inputs = feedForwardOf(configuration.feedForward).gated ? ['wi_0', 'wi_1'] : ['wi']
  for (const side of ['encoder', 'decoder'] as const) {
    const layers = side === 'encoder' ? configuration.encoderLayers : configuration.decoderLayers
    for (let index = 0; index < layers; index++) {
      const block = `${side}.block.${index}.layer`
      attentionBlock(`${block}.0.SelfAttention`)
      if (index === 0) {
        const table = [configuration.relativeBuckets, heads]
        const deviation = initializerFactor / Math.sqrt(width)
        declare(`${block}.0.SelfAttention.relative_attention_bias.weight`, table, { deviation })
      }
      norm(`${block}.0`)
      if (side === 'decoder') {
        attentionBlock(`${block}.1.EncDecAttention`)
        norm(`${block}.1`)
      }
      const last = side === 'decoder' ? 2 : 1
      for (const input of inputs) dense(`${block}.${last}.DenseReluDense.${input}`, width, feedForwardWidth)
      dense(`${block}.${last}.DenseReluDense.wo`, feedForwardWidth, width)
      norm(`${block}.${last}`)
    }
    declare(`${side}.final_layer_norm.weight`, [width], 'ones')
  }
  if (!configuration.tieEmbeddings) {
    declare('lm_head.weight', [vocabularySize, width], { deviation: initializerFactor })
  }
  return specifications
}

/** What the scores of self-attention on one side are given for distances, `[1, heads, length, keys]`. */
function distanceBias(side: Scope, scores: Tensor, bidirectional: boolean, configuration: T5Configuration) {
  const { relativeBuckets: buckets, relativeMaxDistance: maxDistance } = configuration
  const places = relativePositionBuckets(scores, { bidirectional, buckets, maxDistance })
  return relativePositionBias(side.at('block.0.layer.0.SelfAttention.relative_attention_bias'), places)
}

function embed(scope: Scope, side: Scope, tokens: Tensor, { dropout: rate }: T5Configuration): Tensor {
  return dropout(side, embedding(scope.at('shared'), tokens), rate)
}

/** One block, normalized before it, with its residual connection. */
function residual(
  layer: Scope,
  x: Tensor,
  { normEpsilon, dropout: rate }: T5Configuration,
  block: (x: Tensor) => Tensor,
): Tensor {
  return add(x, dropout(layer, block(rmsNorm(layer.at('layer_norm'), x, normEpsilon)), rate))
}

function keyValue(block: Scope, x: Tensor, heads: number): KeyValue {
  return {
    key: splitHeads(linear(block.at('k'), x), heads),
    value: splitHeads(linear(block.at('v'), x), heads),
  }
}

function attend(
  block: Scope,
  x: Tensor,
  { key, value }: KeyValue,
  added: { mask: Tensor; bias?: Tensor },
  { heads, dropout: rate }: T5Configuration,
): Tensor {
  const query = splitHeads(linear(block.at('q'), x), heads)
  const options = { scale: 1, ...added, ...attentionDropout(block, query, key, rate) }
  return linear(block.at('o'), mergeHeads(attention(query, key, value, options)))
}

function feedForward(layer: Scope, x: Tensor, configuration: T5Configuration): Tensor {
  const block = layer.at('DenseReluDense')
  const { activation, gated } = feedForwardOf(configuration.feedForward)
  const act = activations[activation]
  const inner = gated
    ? multiply(act(linear(block.at('wi_0'), x)), linear(block.at('wi_1'), x))
    : act(linear(block.at('wi'), x))
  return linear(block.at('wo'), dropout(block, inner, configuration.dropout))
}

function finish(side: Scope, x: Tensor, { normEpsilon, dropout: rate }: T5Configuration): Tensor {
  return dropout(side, rmsNorm(side.at('final_layer_norm'), x, normEpsilon), rate)
}

function encode(
  scope: Scope,
  { tokens, positions, mask }: EncoderInputs,
  configuration: T5Configuration,
): Tensor {
  const encoder = scope.at('encoder')
  const length = tokens.shape[1]!
  // Of the size of the scores, which no mask of an encoder has.
  const pairs = subtract(reshape(positions, [length, 1]), reshape(positions, [1, length]))
  let x = scope.boundary(embed(scope, encoder, tokens, configuration))
  const bias = scope.boundary(distanceBias(encoder, pairs, true, configuration))
  for (const block of encoder.each('block', configuration.encoderLayers)) {
    x = residual(block.at('layer', 0), x, configuration, (h) => {
      const self = block.at('layer', 0, 'SelfAttention')
      return attend(self, h, keyValue(self, h, configuration.heads), { mask, bias }, configuration)
    })
    x = residual(block.at('layer', 1), x, configuration, (h) =>
      feedForward(block.at('layer', 1), h, configuration),
    )
    scope.boundary(x)
  }
  return scope.boundary(finish(encoder, x, configuration))
}

function cross(scope: Scope, encoded: Tensor, configuration: T5Configuration): CrossAttentionInputs {
  const blocks = scope.at('decoder').each('block', configuration.decoderLayers)
  const keyValues = blocks.map((block): [string, KeyValue] => {
    const attention = block.at('layer', 1, 'EncDecAttention')
    return [attention.path, keyValue(attention, encoded, configuration.heads)]
  })
  return { keyValues: new Map(keyValues) }
}

function decode(scope: Scope, inputs: EncoderDecoderInputs, configuration: T5Configuration): Prediction {
  const { tokens, selfMask: mask, sourceMask, cache } = inputs
  const source = inputs.cross ?? cross(scope, inputs.encoded!, configuration)
  const decoder = scope.at('decoder')
  const rows = exampleRows(inputs)
  let x = scope.boundary(embed(scope, decoder, tokens, configuration))
  const bias = scope.boundary(distanceBias(decoder, mask, false, configuration))
  for (const block of decoder.each('block', configuration.decoderLayers)) {
    x = residual(block.at('layer', 0), x, configuration, (h) => {
      const self = block.at('layer', 0, 'SelfAttention')
      const own = keyValue(self, h, configuration.heads)
      const all = cache === undefined ? own : cache.extend(self.path, own)
      return attend(self, h, all, { mask, bias }, configuration)
    })
    x = residual(block.at('layer', 1), x, configuration, (h) => {
      const attention = block.at('layer', 1, 'EncDecAttention')
      const keys = source.keyValues.get(attention.path)!
      return rows.apart(attend(attention, rows.together(h), keys, { mask: sourceMask }, configuration))
    })
    x = residual(block.at('layer', 2), x, configuration, (h) =>
      feedForward(block.at('layer', 2), h, configuration),
    )
    scope.boundary(x)
  }
  x = finish(decoder, x, configuration)
  const scaled = configuration.scaleOutputs ? scale(x, 1 / Math.sqrt(configuration.width)) : x
  return { hidden: x, logits: linear(scope.at('lm_head'), scaled) }
}

function configure(modelType: string, sizes: ModelSizes, vocabulary: Vocabulary): T5Configuration {
  refuseSizes(sizes, ['maxPositions', 'keyValueHeads', 'copyHead'], 'T5')
  const { width = 256, heads = 4, encoderLayers = 4, decoderLayers = 4, tieEmbeddings = true } = sizes
  const { feedForwardWidth = 4 * width, activation = 'gelu_new' } = sizes
  if (activation === 'gelu') {
    throw new YuksuError(
      'model-configuration',
      `the gated blocks of a T5 model know GELU by its tanh alone; write activation: gelu_new`,
    )
  }
  return {
    modelType: modelType === 'mt5' ? 'mt5' : 't5',
    vocabularySize: vocabulary.size,
    width,
    headWidth: width / heads,
    heads,
    feedForwardWidth,
    encoderLayers,
    decoderLayers,
    feedForward: activation === 'gelu_new' ? 'gated-gelu' : `gated-${activation}`,
    relativeBuckets: 32,
    relativeMaxDistance: 128,
    dropout: sizes.dropout,
    normEpsilon: 1e-6,
    tieEmbeddings,
    scaleOutputs: modelType === 't5' && tieEmbeddings,
    maxPositions: Number.POSITIVE_INFINITY,
    initializerFactor: 1,
    eosTokenId: vocabulary.end,
    padTokenId: vocabulary.padding,
    decoderStartTokenId: vocabulary.begin,
  }
}

export const t5: EncoderDecoderFamily<T5Configuration> = {
  kind: 'encoder-decoder',
  name: 't5',
  modelTypes: ['t5', 'mt5'],
  configure,
  parseConfiguration,
  formatConfiguration,
  parameters,
  aliases: ({ tieEmbeddings }) => ({
    'encoder.embed_tokens.weight': 'shared.weight',
    'decoder.embed_tokens.weight': 'shared.weight',
    ...(tieEmbeddings && { 'lm_head.weight': 'shared.weight' }),
  }),
  // Published by mistake with the first T5 models, and read by none.
  tensorName: (stored) =>
    stored === 'decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight' ? undefined : stored,
  async fitToFile(configuration, file) {
    const head = 'lm_head.weight'
    const table = ['shared', 'encoder.embed_tokens'].map((name) => `${name}.weight`).find(file.has)
    const isOwn = table !== undefined && file.has(head) && !(await sameTensor(file, head, table))
    return { ...configuration, tieEmbeddings: !isOwn }
  },
  encode,
  cross,
  decode,
}
