/**
 * Llama (Touvron et al., 2023) and the decoders that are built like it: root-mean-square norms, rotary positions, gated feed-forward
 * blocks, and key/value heads that query heads may share.
 *
 * Notable choices
 * - One computation serves every model type. What a `config.json` says is in `LlamaConfiguration`, read by a small file of its own for each
 *   model type in `llama/types/`; under which names a checkpoint holds its tensors, and where its norms stand, is in its `Layout`.
 * - Layers that see no farther back than a window are given a mask made of the one that the program has (`slidingWindow`), and may turn
 *   positions by a base of their own.
 * - Experts compute the tokens that were routed to them and no others.
 */
import { product } from '../engine/dimension.ts'
import { add } from '../engine/ops/add.ts'
import { attention } from '../engine/ops/attention.ts'
import { gatedSilu } from '../engine/ops/gated-silu.ts'
import { lastPosition } from '../engine/ops/last-position.ts'
import { mixExperts } from '../engine/ops/mix-experts.ts'
import { multiply } from '../engine/ops/multiply.ts'
import { reshape } from '../engine/ops/reshape.ts'
import { routeToExperts } from '../engine/ops/route-to-experts.ts'
import { scale } from '../engine/ops/scale.ts'
import { softCap } from '../engine/ops/soft-cap.ts'
import { split } from '../engine/ops/split.ts'
import type { Tensor } from '../engine/tensor.ts'
import { activations } from '../nn/activation.ts'
import { attentionDropout, dropout } from '../nn/dropout.ts'
import { embedding } from '../nn/embedding.ts'
import { mergeHeads, splitHeads } from '../nn/heads.ts'
import { linear } from '../nn/linear.ts'
import { rmsNorm } from '../nn/normalization.ts'
import { partialRotaryWidth } from '../nn/rotary.ts'
import { rotaryTurn, type RotaryTurn } from '../nn/rotary-turn.ts'
import type { Scope } from '../nn/scope.ts'
import type { DecoderFamily, DecoderInputs, ModelSizes, Prediction, Vocabulary } from './family.ts'
import { initializationDeviation } from './family.ts'
import type { LlamaConfiguration, RotarySettings } from './llama/configuration.ts'
import type { Layout } from './llama/layout.ts'
import { modelTypeOf, modelTypes } from './llama/model-types.ts'
import { parameters } from './llama/parameters.ts'
import { slidingWindow } from './masks.ts'

export type { LlamaConfiguration } from './llama/configuration.ts'

/** What layers of one kind share. */
interface LayerKind {
  readonly mask: Tensor
  /** Of queries and keys; absent where layers know no positions but by their mask. */
  readonly turn: RotaryTurn | null
}

/** The kinds of a model's layers: what layer `index` sees, and how positions turn there. */
function layerKinds(inputs: DecoderInputs, configuration: LlamaConfiguration): (index: number) => LayerKind {
  const { positions, mask, cache, positionCount: count = configuration.maxPositions } = inputs
  const { slidingWindow: window } = configuration
  const turn = (rotary: RotarySettings | null) =>
    rotary &&
    rotaryTurn(
      { positions, count, isCached: cache !== undefined },
      {
        ...rotary,
        width: partialRotaryWidth(configuration.headWidth, configuration.rotaryShare),
        maxPositions: configuration.maxPositions,
      },
    )
  const full = { mask, turn: turn(configuration.rotary) }
  if (window === null) return () => full
  // No two tokens of a text are farther apart than there are positions.
  const reaches = window.size >= configuration.maxPositions
  const sliding = {
    mask: reaches ? mask : slidingWindow(mask, window.size),
    turn: window.rotary === configuration.rotary ? full.turn : turn(window.rotary),
  }
  const slides = new Set(window.layers)
  return (index) => (slides.has(index) ? sliding : full)
}

/** Queries, keys and values, `[batch, heads, length, width]`. */
function heads(
  block: Scope,
  x: Tensor,
  configuration: LlamaConfiguration,
  layout: Layout,
): readonly [Tensor, Tensor, Tensor] {
  const { heads, keyValueHeads, headWidth, normEpsilon } = configuration
  const { projections, headNorms, normOffset } = layout
  const [queries, keys, values] =
    'fused' in projections
      ? split(
          linear(block.at(projections.fused), x),
          [heads, keyValueHeads, keyValueHeads].map((count) => count * headWidth),
          -1,
        )
      : [projections.query, projections.key, projections.value].map((name) => linear(block.at(name), x))
  const norm = (name: 'query' | 'key', of: Tensor) =>
    headNorms === null ? of : rmsNorm(block.at(headNorms[name]), of, normEpsilon, normOffset)
  return [
    norm('query', splitHeads(queries!, heads)),
    norm('key', splitHeads(keys!, keyValueHeads)),
    splitHeads(values!, keyValueHeads),
  ]
}

function gatedFeedForward(
  scope: Scope,
  x: Tensor,
  configuration: LlamaConfiguration,
  layout: Layout,
): Tensor {
  const { gated, down } = layout
  const { feedForwardWidth: width, activation } = configuration
  const [gate, up] =
    'fused' in gated
      ? split(linear(scope.at(gated.fused), x), [width, width], -1)
      : [linear(scope.at(gated.gate), x), linear(scope.at(gated.up), x)]
  const gatedUp =
    activation === 'silu' ? gatedSilu(gate!, up!) : multiply(activations[activation](gate!), up!)
  return linear(scope.at(down), gatedUp)
}

function feedForward(scope: Scope, x: Tensor, configuration: LlamaConfiguration, layout: Layout): Tensor {
  const { experts } = configuration
  if (experts === null) return gatedFeedForward(scope, x, configuration, layout)
  const tokens = reshape(x, [product(x.shape.slice(0, -1)), configuration.width])
  const routing = routeToExperts(linear(scope.at('gate'), tokens), experts.perToken, { renormalize: true })
  const mixed = mixExperts(tokens, routing, (own, expert) =>
    gatedFeedForward(scope.at('experts', expert), own, configuration, layout),
  )
  return reshape(mixed, x.shape)
}

function forward(scope: Scope, inputs: DecoderInputs, configuration: LlamaConfiguration): Prediction {
  const { layout } = modelTypeOf(configuration.modelType)
  const { norms, normOffset } = layout
  const { headWidth, normEpsilon, attentionSoftCap, logitSoftCap, residualDropout } = configuration
  const kindOf = layerKinds(inputs, configuration)
  const norm = (at: Scope, x: Tensor) => rmsNorm(at, x, normEpsilon, normOffset)

  const selfAttention = (block: Scope, x: Tensor, { mask, turn }: LayerKind): Tensor => {
    const [query, key, value] = heads(block, x, configuration, layout)
    const [turned, turnedKey] = turn === null ? [query, key] : [turn(query), turn(key)]
    const own = { key: turnedKey, value }
    const all = inputs.cache === undefined ? own : inputs.cache.extend(block.path, own)
    const mixed = attention(turned, all.key, all.value, {
      scale: 1 / Math.sqrt(configuration.queryScalar ?? headWidth),
      mask,
      ...(attentionSoftCap !== null && { softCap: attentionSoftCap }),
      ...attentionDropout(block, turned, all.key, configuration.attentionDropout),
    })
    return linear(block.at(layout.output), mergeHeads(mixed))
  }

  /** What a block adds, normed before and after as the layout says. */
  const added = (
    layer: Scope,
    x: Tensor,
    [before, after]: readonly [string | undefined, string | undefined],
    block: (x: Tensor) => Tensor,
  ): Tensor => {
    const made = block(before === undefined ? x : norm(layer.at(before), x))
    const normed = after === undefined ? made : norm(layer.at(after), made)
    return add(x, dropout(layer, normed, residualDropout))
  }

  let x = embedding(scope.at(layout.embeddings), inputs.tokens)
  if (layout.scalesEmbeddings) x = scale(x, Math.sqrt(configuration.width))
  x = scope.boundary(x)
  for (const [index, layer] of scope.each(layout.layers, configuration.layers).entries()) {
    x = added(layer, x, [norms.beforeAttention, norms.afterAttention], (h) =>
      selfAttention(layer.at(layout.attention), h, kindOf(index)),
    )
    x = added(layer, x, [norms.beforeFeedForward, norms.afterFeedForward], (h) =>
      feedForward(layer.at(layout.feedForward), h, configuration, layout),
    )
    x = scope.boundary(x)
  }
  if (inputs.onlyLast) x = lastPosition(x)
  const hidden = norm(scope.at(layout.finalNorm), x)
  const logits = linear(scope.at('lm_head'), hidden)
  return { hidden, logits: logitSoftCap === null ? logits : softCap(logits, logitSoftCap) }
}

/** Of what each block adds; a new model has none unless it is asked for, like those that are published. */
const dropouts = (residualDropout = 0) => ({ residualDropout })

/** A new model is described as its `config.json` would, and read like one. */
function configure(modelType: string, sizes: ModelSizes, vocabulary: Vocabulary): LlamaConfiguration {
  const { width = 256, heads = 4, decoderLayers: layers = 4, maxPositions = 1024 } = sizes
  const type = modelTypeOf(modelType)
  const configuration = type.parse({
    vocab_size: vocabulary.size,
    hidden_size: width,
    num_hidden_layers: layers,
    num_attention_heads: heads,
    num_key_value_heads: sizes.keyValueHeads ?? heads,
    head_dim: width / heads,
    query_pre_attn_scalar: width / heads,
    intermediate_size: sizes.feedForwardWidth ?? 4 * width,
    ...(sizes.activation && { hidden_act: sizes.activation, hidden_activation: sizes.activation }),
    max_position_embeddings: maxPositions,
    rms_norm_eps: 1e-5,
    tie_word_embeddings: sizes.tieEmbeddings ?? true,
    initializer_range: initializationDeviation(width),
    bos_token_id: vocabulary.begin,
    eos_token_id: vocabulary.end,
    pad_token_id: vocabulary.padding,
  })
  return { ...configuration, ...dropouts(sizes.dropout) }
}

export const llama: DecoderFamily<LlamaConfiguration> = {
  kind: 'decoder',
  name: 'llama',
  modelTypes: modelTypes.map(({ modelType }) => modelType),
  configure,
  dropouts,
  parseConfiguration: (json) => modelTypeOf(String(json.model_type)).parse(json),
  formatConfiguration(configuration) {
    const { layout, format } = modelTypeOf(configuration.modelType)
    return { architectures: [layout.architecture], ...format(configuration) }
  },
  parameters: (configuration) => parameters(configuration, modelTypeOf(configuration.modelType).layout),
  aliases({ modelType, tieEmbeddings }): Record<string, string> {
    return tieEmbeddings ? { 'lm_head.weight': `${modelTypeOf(modelType).layout.embeddings}.weight` } : {}
  },
  forward,
  rereadAfter({ rotary, slidingWindow: window, maxPositions }) {
    const lengths = [rotary, window?.rotary].flatMap((one) =>
      one?.scaling.rope_type === 'longrope' ? [one.scaling.original_max_position_embeddings] : [],
    )
    const [length] = lengths
    return length !== undefined && length < maxPositions ? length : undefined
  },
}
