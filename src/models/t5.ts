/**
 * T5 (Raffel et al., 2020), its version 1.1 with gated feed-forward blocks (Shazeer, 2020), mT5 (Xue et al., 2021) and LongT5 (Guo et al.,
 * 2022): encoder–decoder transformers that know places by relative position alone.
 *
 * Notable choices
 * - Each side learns one bias for the distance of a query to a key, in its first layer, and all its layers add it to their
 *   scores, which are not divided by anything. Cross-attention has none. So there is no longest text.
 * - T5 takes the token table for the output too and scales what it meets by 1/√width; version 1.1 has a table of its own
 *   and does not scale. `config.json` says the second by `tie_word_embeddings: false`, newer transformers by
 *   `scale_decoder_outputs`, and whether there is a table of its own is seen in the file. mT5 never scales.
 * - `gated-gelu` is GELU by its tanh, as in the authors' code, and not what `gelu` alone is.
 * - The encoder of LongT5 computes a token's scores with its neighbours alone, block by block, so that memory grows with the text and not with
 *   its square (`t5/local-attention.ts`). Its decoder is T5's.
 * - `dropout_rate` is for everything that is dropped, shares of attention among it.
 */
import { add } from '../engine/ops/add.ts'
import { multiply } from '../engine/ops/multiply.ts'
import { reshape } from '../engine/ops/reshape.ts'
import { scale } from '../engine/ops/scale.ts'
import { subtract } from '../engine/ops/subtract.ts'
import type { Tensor } from '../engine/tensor.ts'
import { activations } from '../nn/activation.ts'
import { dropout } from '../nn/dropout.ts'
import { embedding } from '../nn/embedding.ts'
import type { KeyValue } from '../nn/key-value-cache.ts'
import { linear } from '../nn/linear.ts'
import { rmsNorm } from '../nn/normalization.ts'
import { relativePositionBias, relativePositionBuckets } from '../nn/relative-position.ts'
import type { Scope } from '../nn/scope.ts'
import { dropoutOfBlocks } from './configuration.ts'
import { exampleRows } from './example-rows.ts'
import type {
  CrossAttentionInputs,
  EncoderDecoderFamily,
  EncoderDecoderInputs,
  EncoderInputs,
  Prediction,
} from './family.ts'
import { sameTensor } from './stored-tensors.ts'
import { attend, keyValue } from './t5/attention.ts'
import {
  configure,
  feedForwardOf,
  formatConfiguration,
  parseConfiguration,
  type T5Configuration,
} from './t5/configuration.ts'
import { localAttention } from './t5/local-attention.ts'
import { encoderAttentionName, parameters } from './t5/parameters.ts'

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

function encode(scope: Scope, inputs: EncoderInputs, configuration: T5Configuration): Tensor {
  const encoder = scope.at('encoder')
  let x = scope.boundary(embed(scope, encoder, inputs.tokens, configuration))
  const attendWithin = selfAttention(encoder, inputs, configuration)
  for (const block of encoder.each('block', configuration.encoderLayers)) {
    const self = block.at('layer', 0, encoderAttentionName(configuration))
    x = residual(block.at('layer', 0), x, configuration, (h) => attendWithin(self, h))
    x = residual(block.at('layer', 1), x, configuration, (h) =>
      feedForward(block.at('layer', 1), h, configuration),
    )
    scope.boundary(x)
  }
  return scope.boundary(finish(encoder, x, configuration))
}

/** What a layer of the encoder does with its block of attention, over whatever all layers share. */
function selfAttention(
  encoder: Scope,
  inputs: EncoderInputs,
  configuration: T5Configuration,
): (block: Scope, x: Tensor) => Tensor {
  if (configuration.local !== undefined)
    return localAttention(encoder, inputs, { ...configuration, local: configuration.local })
  const { positions, mask } = inputs
  const length = positions.shape[0]!
  // Of the size of the scores, which no mask of an encoder has.
  const pairs = subtract(reshape(positions, [length, 1]), reshape(positions, [1, length]))
  const bias = encoder.boundary(distanceBias(encoder, pairs, true, configuration))
  return (block, x) =>
    attend(block, x, keyValue(block, x, configuration.heads), { mask, bias }, configuration)
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

export const t5: EncoderDecoderFamily<T5Configuration> = {
  kind: 'encoder-decoder',
  name: 't5',
  modelTypes: ['t5', 'mt5', 'longt5'],
  configure,
  // Everything that is dropped, shares of attention among it, has one rate.
  dropouts: dropoutOfBlocks,
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
