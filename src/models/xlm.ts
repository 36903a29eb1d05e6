/**
 * XLM (Conneau and Lample, 2019): an encoder that is told the language of each token, for masked words in one language and in pairs of
 * sentences of two (translation language modelling). The positions of the second sentence of a pair begin anew.
 *
 * Notable choices
 * - Languages are added to the embeddings of tokens. A model that knows several must be told them: no language is no default.
 * - What a model made of padding is nought.
 * - Heads are those of masked words and of labels of tokens; what sums up a text for its classifier is not supported.
 */
import { z } from 'zod'
import { add } from '../engine/ops/add.ts'
import { attention } from '../engine/ops/attention.ts'
import { equal } from '../engine/ops/equal.ts'
import { multiply } from '../engine/ops/multiply.ts'
import { reshape } from '../engine/ops/reshape.ts'
import { integers, type HostTensor } from '../engine/session.ts'
import { scalar, type Tensor } from '../engine/tensor.ts'
import { YuksuError } from '../errors.ts'
import { activations } from '../nn/activation.ts'
import { attentionDropout, dropout } from '../nn/dropout.ts'
import { embedding } from '../nn/embedding.ts'
import { mergeHeads, splitHeads } from '../nn/heads.ts'
import { linear } from '../nn/linear.ts'
import { layerNorm } from '../nn/normalization.ts'
import type { Scope } from '../nn/scope.ts'
import {
  count,
  dropoutOfBlocksAndAttention,
  dropoutRate,
  headWidthOf,
  parseWith,
  refuseSizes,
} from './configuration.ts'
import {
  architectureOf,
  formatLabels,
  headOf,
  labelKeys,
  parseLabels,
  unnamedLabels,
} from './encoder-heads.ts'
import type {
  EncoderConfiguration,
  EncoderFamily,
  EncoderHead,
  EncoderRows,
  Encoding,
  ModelSizes,
  ParameterSpecification,
  Vocabulary,
} from './family.ts'
import { initializationDeviation } from './family.ts'

export interface XlmConfiguration extends EncoderConfiguration {
  readonly width: number
  readonly layers: number
  readonly heads: number
  readonly activation: 'gelu' | 'relu'
  readonly normEpsilon: number
  readonly dropout: number
  readonly attentionDropout: number
  readonly embeddingDeviation: number
  readonly initializationDeviation: number
  /** The numbers of languages by their names, where the file tells them. */
  readonly languageNumbers: Readonly<Record<string, number>> | null
  readonly bosTokenId: number | null
  readonly eosTokenId: number | null
}

const id = z.number().int().nonnegative().nullish()

const schema = z.object({
  architectures: z.array(z.string()).nullish(),
  ...labelKeys,
  vocab_size: count.optional(),
  // What older versions call the same.
  n_words: count.optional(),
  emb_dim: count,
  n_layers: count,
  n_heads: count,
  dropout: dropoutRate.default(0.1),
  attention_dropout: dropoutRate.default(0.1),
  gelu_activation: z.boolean().default(true),
  max_position_embeddings: count.default(512),
  n_langs: count.default(1),
  use_lang_emb: z.boolean().default(true),
  lang2id: z.record(z.string(), z.number().int().nonnegative()).nullish(),
  layer_norm_eps: z.number().positive().default(1e-12),
  embed_init_std: z
    .number()
    .positive()
    .default(2048 ** -0.5),
  init_std: z.number().positive().default(0.02),
  causal: z.literal(false, 'only encoders are supported').default(false),
  is_encoder: z.literal(true, 'only encoders are supported').default(true),
  asm: z.literal(false, 'an adaptive softmax is not supported').default(false),
  tie_word_embeddings: z.literal(true, 'an output table of its own is not supported').default(true),
  pad_token_id: id,
  pad_index: id,
  bos_token_id: id,
  bos_index: id,
  eos_token_id: id,
  eos_index: id,
})

const className = 'XLM'
/** What the head of masked words is called instead of `XLMForMaskedLM`. */
const wordHead = 'XLMWithLMHeadModel'

function checkHead(head: EncoderHead): void {
  if (head === 'none' || head === 'masked-words' || head === 'token-classification') return
  throw new YuksuError(
    'model-configuration',
    `an xlm model has no head '${head}' here; masked-words and token-classification are supported`,
  )
}

function parseConfiguration(json: Readonly<Record<string, unknown>>): XlmConfiguration {
  const given = parseWith(schema, json, 'XLM')
  const vocabularySize = given.vocab_size ?? given.n_words
  if (vocabularySize === undefined)
    throw new YuksuError('model-configuration', `config.json of a XLM model: 'vocab_size' is missing`)
  const head = headOf(given.architectures, className, { [wordHead]: 'masked-words' })
  checkHead(head)
  headWidthOf(given.emb_dim, given.n_heads, 'XLM')
  return {
    head,
    ...parseLabels(given),
    vocabularySize,
    width: given.emb_dim,
    layers: given.n_layers,
    heads: given.n_heads,
    activation: given.gelu_activation ? 'gelu' : 'relu',
    maxPositions: given.max_position_embeddings,
    tokenTypes: 1,
    ...(given.use_lang_emb && given.n_langs > 1 && { languages: given.n_langs }),
    languageNumbers: given.lang2id ?? null,
    normEpsilon: given.layer_norm_eps,
    dropout: given.dropout,
    attentionDropout: given.attention_dropout,
    embeddingDeviation: given.embed_init_std,
    initializationDeviation: given.init_std,
    padTokenId: given.pad_token_id ?? given.pad_index ?? 2,
    bosTokenId: given.bos_token_id ?? given.bos_index ?? null,
    eosTokenId: given.eos_token_id ?? given.eos_index ?? null,
  }
}

function formatConfiguration(configuration: XlmConfiguration): Record<string, unknown> {
  const { head, languages, languageNumbers } = configuration
  return {
    architectures: [head === 'masked-words' ? wordHead : architectureOf(className, head)],
    model_type: 'xlm',
    ...formatLabels(configuration),
    vocab_size: configuration.vocabularySize,
    emb_dim: configuration.width,
    n_layers: configuration.layers,
    n_heads: configuration.heads,
    dropout: configuration.dropout,
    attention_dropout: configuration.attentionDropout,
    gelu_activation: configuration.activation === 'gelu',
    max_position_embeddings: configuration.maxPositions,
    n_langs: languages ?? 1,
    use_lang_emb: true,
    ...(languageNumbers !== null && {
      lang2id: languageNumbers,
      id2lang: Object.fromEntries(Object.entries(languageNumbers).map(([name, number]) => [number, name])),
    }),
    layer_norm_eps: configuration.normEpsilon,
    embed_init_std: configuration.embeddingDeviation,
    init_std: configuration.initializationDeviation,
    sinusoidal_embeddings: false,
    causal: false,
    asm: false,
    is_encoder: true,
    tie_word_embeddings: true,
    pad_token_id: configuration.padTokenId,
    bos_token_id: configuration.bosTokenId,
    eos_token_id: configuration.eosTokenId,
    torch_dtype: 'float32',
  }
}

/** What stands before the names of all but the head; a base model has nothing there. */
function prefixOf({ head }: Pick<XlmConfiguration, 'head'>): string {
  return head === 'none' ? '' : 'transformer.'
}

function parameters(configuration: XlmConfiguration): ParameterSpecification[] {
  const { width, languages, vocabularySize, head } = configuration
  const normal = { deviation: configuration.initializationDeviation }
  const ofTables = { deviation: configuration.embeddingDeviation }
  const specifications: ParameterSpecification[] = []
  const declare = (name: string, shape: number[], initialization: ParameterSpecification['initialization']) =>
    specifications.push({ name, shape, initialization, trainable: true })
  const dense = (name: string, from: number, to: number) => {
    declare(`${name}.weight`, [to, from], normal)
    declare(`${name}.bias`, [to], 'zeros')
  }
  const norm = (name: string) => {
    declare(`${name}.weight`, [width], 'ones')
    declare(`${name}.bias`, [width], 'zeros')
  }
  const base = prefixOf(configuration)
  declare(`${base}position_embeddings.weight`, [configuration.maxPositions, width], ofTables)
  if (languages !== undefined) declare(`${base}lang_embeddings.weight`, [languages, width], ofTables)
  declare(`${base}embeddings.weight`, [vocabularySize, width], ofTables)
  norm(`${base}layer_norm_emb`)
  for (let index = 0; index < configuration.layers; index++) {
    for (const name of ['q_lin', 'k_lin', 'v_lin', 'out_lin'])
      dense(`${base}attentions.${index}.${name}`, width, width)
    norm(`${base}layer_norm1.${index}`)
    dense(`${base}ffns.${index}.lin1`, width, 4 * width)
    dense(`${base}ffns.${index}.lin2`, 4 * width, width)
    norm(`${base}layer_norm2.${index}`)
  }
  if (head === 'masked-words') declare('pred_layer.proj.bias', [vocabularySize], 'zeros')
  if (head === 'token-classification') dense('classifier', width, configuration.labels.length)
  return specifications
}

function selfAttention(block: Scope, x: Tensor, mask: Tensor, configuration: XlmConfiguration): Tensor {
  const { heads, width, attentionDropout: rate } = configuration
  const [query, key, value] = ['q_lin', 'k_lin', 'v_lin'].map((name) =>
    splitHeads(linear(block.at(name), x), heads),
  )
  const scale = 1 / Math.sqrt(width / heads)
  const options = { scale, mask, ...attentionDropout(block, query!, key!, rate) }
  return linear(block.at('out_lin'), mergeHeads(attention(query!, key!, value!, options)))
}

function encode(scope: Scope, rows: EncoderRows, configuration: XlmConfiguration): Encoding {
  const { normEpsilon, dropout: rate, activation, head } = configuration
  const base = configuration.head === 'none' ? scope : scope.at('transformer')
  const placed = add(
    embedding(base.at('embeddings'), rows.tokens),
    embedding(base.at('position_embeddings'), rows.positions),
  )
  const told =
    configuration.languages === undefined
      ? placed
      : add(placed, embedding(base.at('lang_embeddings'), rows.languages!))
  const normed = layerNorm(base.at('layer_norm_emb'), told, normEpsilon)
  let x = scope.boundary(dropout(base.at('embeddings'), normed, rate))
  for (let index = 0; index < configuration.layers; index++) {
    const block = base.at('attentions', index)
    const attended = dropout(block, selfAttention(block, x, rows.mask, configuration), rate)
    x = layerNorm(base.at('layer_norm1', index), add(x, attended), normEpsilon)
    const wide = base.at('ffns', index)
    const inner = linear(wide.at('lin2'), activations[activation](linear(wide.at('lin1'), x)))
    const joined = add(x, dropout(wide, inner, rate))
    x = scope.boundary(layerNorm(base.at('layer_norm2', index), joined, normEpsilon))
  }
  const [batch, length] = rows.tokens.shape
  const hidden = multiply(x, reshape(equal(rows.mask, scalar(0)), [batch!, length!, 1]))
  if (head === 'none') return { hidden }
  if (head === 'masked-words') return { hidden, logits: linear(scope.at('pred_layer.proj'), hidden) }
  const classifier = scope.at('classifier')
  return { hidden, logits: linear(classifier, dropout(classifier, hidden, rate)) }
}

/** Counted from the first place of a row. */
function positions(_ids: ArrayLike<number>, batch: number, length: number): HostTensor {
  return integers(
    Int32Array.from({ length: batch * length }, (_, index) => index % length),
    [batch, length],
  )
}

function configure(_modelType: string, sizes: ModelSizes, vocabulary: Vocabulary): XlmConfiguration {
  refuseSizes(sizes, ['decoderLayers', 'keyValueHeads', 'copyHead', 'feedForwardWidth'], 'XLM')
  const { width = 256, heads = 4, encoderLayers = 4, maxPositions = 512, activation = 'gelu' } = sizes
  if (activation !== 'gelu' && activation !== 'relu') {
    throw new YuksuError(
      'model-configuration',
      `an xlm model has activation: gelu or relu, given ${activation}`,
    )
  }
  return {
    head: 'masked-words',
    labels: unnamedLabels(2),
    problemType: null,
    vocabularySize: vocabulary.size,
    width,
    layers: encoderLayers,
    heads,
    activation,
    maxPositions,
    tokenTypes: 1,
    languageNumbers: null,
    normEpsilon: 1e-12,
    ...dropoutOfBlocksAndAttention(sizes.dropout),
    embeddingDeviation: 1 / Math.sqrt(width),
    initializationDeviation: initializationDeviation(width),
    padTokenId: vocabulary.padding,
    bosTokenId: vocabulary.begin,
    eosTokenId: vocabulary.end,
  }
}

export const xlm: EncoderFamily<XlmConfiguration> = {
  kind: 'encoder',
  name: 'xlm',
  modelTypes: ['xlm'],
  configure,
  dropouts: dropoutOfBlocksAndAttention,
  parseConfiguration,
  formatConfiguration,
  parameters,
  aliases: (configuration): Record<string, string> =>
    configuration.head === 'masked-words'
      ? { 'pred_layer.proj.weight': `${prefixOf(configuration)}embeddings.weight` }
      : {},
  tensorName(stored, configuration) {
    const plain = stored.replace(/^transformer\./, '')
    if (plain.startsWith('pred_layer.')) return configuration.head === 'masked-words' ? plain : undefined
    return plain.startsWith('classifier.') ? plain : `${prefixOf(configuration)}${plain}`
  },
  positions,
  encode,
  withHead(configuration, head, labels) {
    checkHead(head)
    const problemType = head === configuration.head ? configuration.problemType : null
    return { ...configuration, head, labels, problemType }
  },
}
