/**
 * BERT (Devlin et al., 2019), RoBERTa (Liu et al., 2019) and XLM-R (Conneau et al., 2020): encoders that see both ways, with
 * learned positions and a norm after each block. mBERT and the models of KLUE (Park et al., 2021) are of these types.
 *
 * Notable choices
 * - Which head a model has is read from `architectures`. A base model's tensors are published without the prefix `bert.` or
 *   `roberta.`, and both are read for any head; tensors of heads that this one does without are left alone, as BERT's
 *   published files have those of pretraining.
 * - RoBERTa counts positions over what is no padding token, from the row after that token's own.
 * - The first models call the numbers of a norm gamma and beta.
 * - What pools a base model may be missing in its file, as where texts are embedded by a mean; then there is none.
 */
import { z } from 'zod'
import { add } from '../engine/ops/add.ts'
import { attention } from '../engine/ops/attention.ts'
import { gelu } from '../engine/ops/gelu.ts'
import { tanh } from '../engine/ops/tanh.ts'
import { integers, type HostTensor } from '../engine/session.ts'
import type { Tensor } from '../engine/tensor.ts'
import { YuksuError } from '../errors.ts'
import { activations, type Activation } from '../nn/activation.ts'
import { attentionDropout, dropout } from '../nn/dropout.ts'
import { embedding } from '../nn/embedding.ts'
import { mergeHeads, splitHeads } from '../nn/heads.ts'
import { linear } from '../nn/linear.ts'
import { layerNorm } from '../nn/normalization.ts'
import { firstToken } from '../nn/pooling.ts'
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

export interface BertConfiguration extends EncoderConfiguration {
  readonly modelType: 'bert' | 'roberta' | 'xlm-roberta'
  readonly width: number
  readonly layers: number
  readonly heads: number
  readonly feedForwardWidth: number
  readonly activation: Activation
  readonly normEpsilon: number
  readonly dropout: number
  readonly attentionDropout: number
  /** That of the other layers where it is null. */
  readonly classifierDropout: number | null
  readonly hasPooler: boolean
  readonly initializationDeviation: number
  readonly bosTokenId: number | null
  readonly eosTokenId: number | null
}

const schema = z.object({
  model_type: z.enum(['bert', 'roberta', 'xlm-roberta']),
  architectures: z.array(z.string()).nullish(),
  ...labelKeys,
  vocab_size: count,
  hidden_size: count,
  num_hidden_layers: count,
  num_attention_heads: count,
  intermediate_size: count,
  hidden_act: z.enum(Object.keys(activations) as [Activation, ...Activation[]]).default('gelu'),
  max_position_embeddings: count,
  type_vocab_size: count.default(2),
  layer_norm_eps: z.number().positive().default(1e-12),
  hidden_dropout_prob: dropoutRate.default(0.1),
  attention_probs_dropout_prob: dropoutRate.default(0.1),
  classifier_dropout: dropoutRate.nullish(),
  initializer_range: z.number().positive().default(0.02),
  pad_token_id: z.number().int().nonnegative().nullish(),
  bos_token_id: z.number().int().nullish(),
  eos_token_id: z.number().int().nullish(),
  position_embedding_type: z.literal('absolute', 'only absolute positions are supported').default('absolute'),
  is_decoder: z.literal(false, 'a decoder is not supported').default(false),
  add_cross_attention: z.literal(false, 'cross-attention is not supported').default(false),
  tie_word_embeddings: z.literal(true, 'an output table of its own is not supported').default(true),
  pruned_heads: z.record(z.string(), z.never('heads that were taken out are not supported')).nullish(),
})

const classNames = { bert: 'Bert', roberta: 'Roberta', 'xlm-roberta': 'XLMRoberta' } as const

function isRoberta({ modelType }: Pick<BertConfiguration, 'modelType'>): boolean {
  return modelType !== 'bert'
}

/** RoBERTa's table of positions has rows that no token takes: up to that of padding. */
function unusedPositions(configuration: Pick<BertConfiguration, 'modelType' | 'padTokenId'>): number {
  return isRoberta(configuration) ? configuration.padTokenId + 1 : 0
}

/** Whether this head reads what the pooler makes of the first token; a base model has one for others to read. */
function needsPooler(modelType: BertConfiguration['modelType'], head: EncoderHead): boolean {
  if (head === 'next-sentence' || head === 'pretraining' || head === 'none') return true
  return head === 'sequence-classification' && modelType === 'bert'
}

function parseConfiguration(json: Readonly<Record<string, unknown>>): BertConfiguration {
  const given = parseWith(schema, json, 'BERT')
  const { model_type: modelType } = given
  const head = headOf(given.architectures, classNames[modelType])
  const padTokenId = given.pad_token_id ?? (modelType === 'bert' ? 0 : 1)
  checkHead(modelType, head)
  headWidthOf(given.hidden_size, given.num_attention_heads, 'BERT')
  return {
    modelType,
    head,
    ...parseLabels(given),
    vocabularySize: given.vocab_size,
    width: given.hidden_size,
    layers: given.num_hidden_layers,
    heads: given.num_attention_heads,
    feedForwardWidth: given.intermediate_size,
    activation: given.hidden_act,
    maxPositions: given.max_position_embeddings - unusedPositions({ modelType, padTokenId }),
    tokenTypes: given.type_vocab_size,
    normEpsilon: given.layer_norm_eps,
    dropout: given.hidden_dropout_prob,
    attentionDropout: given.attention_probs_dropout_prob,
    classifierDropout: given.classifier_dropout ?? null,
    hasPooler: needsPooler(modelType, head),
    initializationDeviation: given.initializer_range,
    padTokenId,
    bosTokenId: given.bos_token_id ?? null,
    eosTokenId: given.eos_token_id ?? null,
  }
}

function checkHead(modelType: BertConfiguration['modelType'], head: EncoderHead): void {
  if (modelType === 'bert' || (head !== 'next-sentence' && head !== 'pretraining')) return
  throw new YuksuError(
    'model-configuration',
    `a ${modelType} model has no head '${head}': it was never taught which sentence follows; give it another`,
  )
}

function formatConfiguration(configuration: BertConfiguration): Record<string, unknown> {
  const { modelType, head } = configuration
  return {
    architectures: [architectureOf(classNames[modelType], head)],
    model_type: modelType,
    ...formatLabels(configuration),
    vocab_size: configuration.vocabularySize,
    hidden_size: configuration.width,
    num_hidden_layers: configuration.layers,
    num_attention_heads: configuration.heads,
    intermediate_size: configuration.feedForwardWidth,
    hidden_act: configuration.activation,
    max_position_embeddings: configuration.maxPositions + unusedPositions(configuration),
    type_vocab_size: configuration.tokenTypes,
    layer_norm_eps: configuration.normEpsilon,
    hidden_dropout_prob: configuration.dropout,
    attention_probs_dropout_prob: configuration.attentionDropout,
    classifier_dropout: configuration.classifierDropout,
    initializer_range: configuration.initializationDeviation,
    position_embedding_type: 'absolute',
    tie_word_embeddings: true,
    pad_token_id: configuration.padTokenId,
    bos_token_id: configuration.bosTokenId,
    eos_token_id: configuration.eosTokenId,
    torch_dtype: 'float32',
  }
}

/** What stands before the names of all but the head; a base model has nothing there. */
function prefixOf(configuration: Pick<BertConfiguration, 'modelType' | 'head'>): string {
  if (configuration.head === 'none') return ''
  return isRoberta(configuration) ? 'roberta.' : 'bert.'
}

function baseOf(scope: Scope, configuration: BertConfiguration): Scope {
  const prefix = prefixOf(configuration)
  return prefix === '' ? scope : scope.at(prefix.slice(0, -1))
}

function parameters(configuration: BertConfiguration): ParameterSpecification[] {
  const { width, feedForwardWidth, vocabularySize, head } = configuration
  const normal = { deviation: configuration.initializationDeviation }
  const specifications: ParameterSpecification[] = []
  const declare = (name: string, shape: number[], initialization: ParameterSpecification['initialization']) =>
    specifications.push({ name, shape, initialization, trainable: true })
  const table = (name: string, rows: number) => declare(`${name}.weight`, [rows, width], normal)
  const dense = (name: string, from: number, to: number) => {
    declare(`${name}.weight`, [to, from], normal)
    declare(`${name}.bias`, [to], 'zeros')
  }
  const norm = (name: string) => {
    declare(`${name}.weight`, [width], 'ones')
    declare(`${name}.bias`, [width], 'zeros')
  }
  const base = prefixOf(configuration)
  table(`${base}embeddings.word_embeddings`, vocabularySize)
  table(`${base}embeddings.position_embeddings`, configuration.maxPositions + unusedPositions(configuration))
  table(`${base}embeddings.token_type_embeddings`, configuration.tokenTypes)
  norm(`${base}embeddings.LayerNorm`)
  for (let index = 0; index < configuration.layers; index++) {
    const layer = `${base}encoder.layer.${index}`
    for (const name of ['query', 'key', 'value']) dense(`${layer}.attention.self.${name}`, width, width)
    dense(`${layer}.attention.output.dense`, width, width)
    norm(`${layer}.attention.output.LayerNorm`)
    dense(`${layer}.intermediate.dense`, width, feedForwardWidth)
    dense(`${layer}.output.dense`, feedForwardWidth, width)
    norm(`${layer}.output.LayerNorm`)
  }
  if (configuration.hasPooler) dense(`${base}pooler.dense`, width, width)
  if (head === 'masked-words' || head === 'pretraining') {
    const { transform, normName, bias } = wordHead(configuration)
    dense(`${transform}.dense`, width, width)
    norm(`${transform}.${normName}`)
    declare(bias, [vocabularySize], 'zeros')
  }
  if (head === 'next-sentence' || head === 'pretraining') dense('cls.seq_relationship', width, 2)
  const labels = configuration.labels.length
  if (head === 'sequence-classification' && isRoberta(configuration)) {
    dense('classifier.dense', width, width)
    dense('classifier.out_proj', width, labels)
  } else if (head === 'sequence-classification' || head === 'token-classification')
    dense('classifier', width, labels)
  return specifications
}

/** Where the parts of the head that scores words are. */
function wordHead(configuration: BertConfiguration) {
  return isRoberta(configuration)
    ? { transform: 'lm_head', normName: 'layer_norm', decoder: 'lm_head.decoder', bias: 'lm_head.bias' }
    : {
        transform: 'cls.predictions.transform',
        normName: 'LayerNorm',
        decoder: 'cls.predictions.decoder',
        bias: 'cls.predictions.bias',
      }
}

function aliases(configuration: BertConfiguration): Record<string, string> {
  if (configuration.head !== 'masked-words' && configuration.head !== 'pretraining') return {}
  const { decoder, bias } = wordHead(configuration)
  return {
    [`${decoder}.weight`]: `${prefixOf(configuration)}embeddings.word_embeddings.weight`,
    [`${decoder}.bias`]: bias,
  }
}

/** Heads that published files have besides the one that is asked for. */
const otherHeads = /^(pooler|lm_head|cls\.predictions|cls\.seq_relationship)\./

function tensorName(stored: string, configuration: BertConfiguration): string | undefined {
  const plain = stored
    .replace(/^(bert|roberta)\./, '')
    .replace(/\.gamma$/, '.weight')
    .replace(/\.beta$/, '.bias')
  const name = /^(embeddings|encoder|pooler)\./.test(plain) ? `${prefixOf(configuration)}${plain}` : plain
  if (!otherHeads.test(plain)) return name
  const part = otherHeads.exec(plain)![1]!
  const { head, hasPooler } = configuration
  const scoresWords = head === 'masked-words' || head === 'pretraining'
  const isUsed = {
    pooler: hasPooler,
    lm_head: scoresWords && isRoberta(configuration),
    'cls.predictions': scoresWords && !isRoberta(configuration),
    'cls.seq_relationship': head === 'next-sentence' || head === 'pretraining',
  }[part as 'pooler']
  return isUsed ? name : undefined
}

function positions(
  ids: ArrayLike<number>,
  batch: number,
  length: number,
  configuration: BertConfiguration,
): HostTensor {
  const values = new Int32Array(batch * length)
  const padding = isRoberta(configuration) ? configuration.padTokenId : undefined
  for (let row = 0; row < batch; row++) {
    let next = unusedPositions(configuration)
    for (let index = row * length; index < (row + 1) * length; index++)
      values[index] = ids[index] === padding ? padding! : next++
  }
  return integers(values, [batch, length])
}

function selfAttention(block: Scope, x: Tensor, mask: Tensor, configuration: BertConfiguration): Tensor {
  const { heads, width, attentionDropout: rate } = configuration
  const [query, key, value] = ['query', 'key', 'value'].map((name) =>
    splitHeads(linear(block.at(name), x), heads),
  )
  const scale = 1 / Math.sqrt(width / heads)
  const options = { scale, mask, ...attentionDropout(block, query!, key!, rate) }
  return mergeHeads(attention(query!, key!, value!, options))
}

/** A linear layer, dropout, the residual connection and the norm after it: how every block ends. */
function finish(block: Scope, x: Tensor, before: Tensor, configuration: BertConfiguration): Tensor {
  const y = dropout(block, linear(block.at('dense'), x), configuration.dropout)
  return layerNorm(block.at('LayerNorm'), add(y, before), configuration.normEpsilon)
}

function encode(scope: Scope, rows: EncoderRows, configuration: BertConfiguration): Encoding {
  const { normEpsilon, activation } = configuration
  const base = baseOf(scope, configuration)
  const tables = base.at('embeddings')
  const tokens = add(
    embedding(tables.at('word_embeddings'), rows.tokens),
    embedding(tables.at('token_type_embeddings'), rows.tokenTypes),
  )
  const placed = add(tokens, embedding(tables.at('position_embeddings'), rows.positions))
  const normed = layerNorm(tables.at('LayerNorm'), placed, normEpsilon)
  let x = scope.boundary(dropout(tables, normed, configuration.dropout))
  for (const layer of base.each('encoder.layer', configuration.layers)) {
    const attended = selfAttention(layer.at('attention.self'), x, rows.mask, configuration)
    x = finish(layer.at('attention.output'), attended, x, configuration)
    const inner = activations[activation](linear(layer.at('intermediate.dense'), x))
    x = scope.boundary(finish(layer.at('output'), inner, x, configuration))
  }
  const pooled = configuration.hasPooler ? tanh(linear(base.at('pooler.dense'), firstToken(x))) : undefined
  return { hidden: x, ...(pooled && { pooled }), ...predict(scope, x, pooled, configuration) }
}

function predict(
  scope: Scope,
  x: Tensor,
  pooled: Tensor | undefined,
  configuration: BertConfiguration,
): Pick<Encoding, 'logits' | 'nextSentence'> {
  const { classifierDropout, dropout: rate } = configuration
  const drop = (given: Tensor) => dropout(scope.at('classifier'), given, classifierDropout ?? rate)
  switch (configuration.head) {
    case 'none':
      return {}
    case 'masked-words':
      return { logits: scoreWords(scope, x, configuration) }
    case 'next-sentence':
      return { nextSentence: linear(scope.at('cls.seq_relationship'), pooled!) }
    case 'pretraining':
      return {
        logits: scoreWords(scope, x, configuration),
        nextSentence: linear(scope.at('cls.seq_relationship'), pooled!),
      }
    case 'token-classification':
      return { logits: linear(scope.at('classifier'), drop(x)) }
    case 'sequence-classification': {
      if (!isRoberta(configuration)) return { logits: linear(scope.at('classifier'), drop(pooled!)) }
      const inner = tanh(linear(scope.at('classifier.dense'), drop(firstToken(x))))
      return { logits: linear(scope.at('classifier.out_proj'), drop(inner)) }
    }
  }
}

function scoreWords(scope: Scope, x: Tensor, configuration: BertConfiguration): Tensor {
  const { transform, normName, decoder } = wordHead(configuration)
  const act = isRoberta(configuration) ? gelu : activations[configuration.activation]
  const inner = act(linear(scope.at(transform, 'dense'), x))
  return linear(scope.at(decoder), layerNorm(scope.at(transform, normName), inner, configuration.normEpsilon))
}

function withHead(
  configuration: BertConfiguration,
  head: EncoderHead,
  labels: readonly string[],
): BertConfiguration {
  checkHead(configuration.modelType, head)
  const problemType = head === configuration.head ? configuration.problemType : null
  const hasPooler = needsPooler(configuration.modelType, head)
  return { ...configuration, head, labels, problemType, hasPooler }
}

function configure(modelType: string, sizes: ModelSizes, vocabulary: Vocabulary): BertConfiguration {
  refuseSizes(sizes, ['decoderLayers', 'keyValueHeads', 'copyHead'], 'BERT')
  const { width = 256, heads = 4, encoderLayers = 4, maxPositions = 512, activation = 'gelu' } = sizes
  return {
    modelType: modelType as BertConfiguration['modelType'],
    head: 'masked-words',
    labels: unnamedLabels(2),
    problemType: null,
    vocabularySize: vocabulary.size,
    width,
    layers: encoderLayers,
    heads,
    feedForwardWidth: sizes.feedForwardWidth ?? 4 * width,
    activation,
    maxPositions,
    tokenTypes: modelType === 'bert' ? 2 : 1,
    normEpsilon: modelType === 'bert' ? 1e-12 : 1e-5,
    ...dropoutOfBlocksAndAttention(sizes.dropout),
    classifierDropout: null,
    hasPooler: false,
    initializationDeviation: initializationDeviation(width),
    padTokenId: vocabulary.padding,
    bosTokenId: vocabulary.begin,
    eosTokenId: vocabulary.end,
  }
}

export const bert: EncoderFamily<BertConfiguration> = {
  kind: 'encoder',
  name: 'bert',
  modelTypes: ['bert', 'roberta', 'xlm-roberta'],
  configure,
  dropouts: dropoutOfBlocksAndAttention,
  parseConfiguration,
  formatConfiguration,
  parameters,
  aliases,
  tensorName,
  async fitToFile(configuration, file) {
    const isPooled = file.names.some((name) => /(^|\.)pooler\.dense\.weight$/.test(name))
    return configuration.head === 'none' ? { ...configuration, hasPooler: isPooled } : configuration
  },
  positions,
  skipsPadding: isRoberta,
  encode,
  withHead,
}
