/**
 * Mamba (Gu and Dao, 2023): a decoder without attention. Each layer mixes positions by a short convolution and a selective scan, and keeps of all
 * that came before no more than the last steps of the one and the state of the other, whatever the length.
 *
 * Notable choices
 * - Who sees whom is read from the one mask a family is given: where a token does not see the one before it, as after padding or at the
 *   border of another text, the state is forgotten and the convolution ends. So rows may be padded on either side, or packed.
 * - Decay rates begin at −1, −2, … in each channel (S4D-Real), and steps between `time_step_min` and `time_step_max`, evenly in their logarithm.
 */
import { z } from 'zod'
import { add } from '../engine/ops/add.ts'
import { causalConvolution } from '../engine/ops/causal-convolution.ts'
import { concatenate } from '../engine/ops/concatenate.ts'
import { equal } from '../engine/ops/equal.ts'
import { exponential } from '../engine/ops/exponential.ts'
import { keyDistances } from '../engine/ops/key-distances.ts'
import { lastPosition } from '../engine/ops/last-position.ts'
import { less } from '../engine/ops/comparisons.ts'
import { multiply } from '../engine/ops/multiply.ts'
import { reshape } from '../engine/ops/reshape.ts'
import { scale } from '../engine/ops/scale.ts'
import { selectiveScan } from '../engine/ops/selective-scan.ts'
import { silu } from '../engine/ops/silu.ts'
import { softplus } from '../engine/ops/softplus.ts'
import { split } from '../engine/ops/split.ts'
import { sum } from '../engine/ops/sum.ts'
import { where } from '../engine/ops/where.ts'
import { scalar, type Tensor } from '../engine/tensor.ts'
import { YuksuError } from '../errors.ts'
import { activations, type Activation } from '../nn/activation.ts'
import { dropout } from '../nn/dropout.ts'
import { embedding } from '../nn/embedding.ts'
import type { KeyValueCache } from '../nn/key-value-cache.ts'
import { linear } from '../nn/linear.ts'
import { rmsNorm } from '../nn/normalization.ts'
import type { Scope } from '../nn/scope.ts'
import {
  count,
  dropoutOfBlocks,
  dropoutRate,
  formatTokenIds,
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
import { hidden } from './masks.ts'

export interface MambaConfiguration extends TokenIds {
  readonly vocabularySize: number
  /** Infinity: the state takes the same room after any number of tokens. */
  readonly maxPositions: number
  readonly width: number
  readonly layers: number
  /** The width within a layer, as a multiple of the model's. */
  readonly expansion: number
  readonly stateSize: number
  /** The steps that the convolution sees, the token's own among them. */
  readonly kernelSize: number
  /** The width that step sizes are computed from. */
  readonly stepRank: number
  readonly activation: Activation
  readonly projectionBias: boolean
  readonly convolutionBias: boolean
  readonly normEpsilon: number
  /** Dropout of what each layer adds; the reference library has none, and reads over it. */
  readonly dropout: number
  readonly tieEmbeddings: boolean
  /** How a new model begins: normal numbers, and step sizes. */
  readonly initializationDeviation: number
  readonly stepScale: number
  readonly smallestStep: number
  readonly largestStep: number
  readonly stepFloor: number
  readonly stepScheme: 'random' | 'constant'
  /** What each layer adds begins smaller the more layers there are. */
  readonly rescaleResidual: boolean
}

const positive = z.number().positive()

const schema = z.object({
  vocab_size: count.default(50_280),
  hidden_size: count.default(768),
  num_hidden_layers: count.default(32),
  state_size: count.default(16),
  conv_kernel: count.min(2, 'a convolution of one step is not supported; give 2 or more').default(4),
  expand: count.default(2),
  intermediate_size: count.nullish(),
  time_step_rank: z.union([z.literal('auto'), count]).default('auto'),
  hidden_act: z.enum(Object.keys(activations) as [Activation, ...Activation[]]).default('silu'),
  use_bias: z.boolean().default(false),
  use_conv_bias: z.boolean().default(true),
  layer_norm_epsilon: positive.default(1e-5),
  residual_dropout: dropoutRate.default(0),
  tie_word_embeddings: z.boolean().default(true),
  initializer_range: positive.default(0.1),
  time_step_scale: positive.default(1),
  time_step_min: positive.default(0.001),
  time_step_max: positive.default(0.1),
  time_step_floor: positive.default(1e-4),
  time_step_init_scheme: z.enum(['random', 'constant']).default('random'),
  rescale_prenorm_residual: z.boolean().default(false),
  ...tokenIdKeys,
})

function parseConfiguration(json: Readonly<Record<string, unknown>>): MambaConfiguration {
  const given = parseWith(schema, json, 'Mamba')
  const { hidden_size: width, expand: expansion, time_step_rank: rank } = given
  const configuration = {
    vocabularySize: given.vocab_size,
    maxPositions: Number.POSITIVE_INFINITY,
    width,
    layers: given.num_hidden_layers,
    expansion,
    stateSize: given.state_size,
    kernelSize: given.conv_kernel,
    stepRank: rank === 'auto' ? Math.ceil(width / 16) : rank,
    activation: given.hidden_act,
    projectionBias: given.use_bias,
    convolutionBias: given.use_conv_bias,
    normEpsilon: given.layer_norm_epsilon,
    dropout: given.residual_dropout,
    tieEmbeddings: given.tie_word_embeddings,
    initializationDeviation: given.initializer_range,
    stepScale: given.time_step_scale,
    smallestStep: given.time_step_min,
    largestStep: given.time_step_max,
    stepFloor: given.time_step_floor,
    stepScheme: given.time_step_init_scheme,
    rescaleResidual: given.rescale_prenorm_residual,
    ...parseTokenIds(given, { bos: 0, eos: 0 }),
  }
  const inner = innerWidth(configuration)
  if ((given.intermediate_size ?? inner) !== inner) {
    throw new YuksuError(
      'model-configuration',
      `config.json of a Mamba model: 'intermediate_size' is ${given.intermediate_size}, but hidden_size ${width} and expand ${expansion} make ${inner}; leave it out`,
    )
  }
  return configuration
}

function innerWidth({ width, expansion }: Pick<MambaConfiguration, 'width' | 'expansion'>): number {
  return expansion * width
}

function formatConfiguration(configuration: MambaConfiguration): Record<string, unknown> {
  return {
    architectures: ['MambaForCausalLM'],
    model_type: 'mamba',
    vocab_size: configuration.vocabularySize,
    hidden_size: configuration.width,
    num_hidden_layers: configuration.layers,
    state_size: configuration.stateSize,
    conv_kernel: configuration.kernelSize,
    expand: configuration.expansion,
    intermediate_size: innerWidth(configuration),
    time_step_rank: configuration.stepRank,
    hidden_act: configuration.activation,
    use_bias: configuration.projectionBias,
    use_conv_bias: configuration.convolutionBias,
    layer_norm_epsilon: configuration.normEpsilon,
    residual_dropout: configuration.dropout,
    residual_in_fp32: true,
    tie_word_embeddings: configuration.tieEmbeddings,
    initializer_range: configuration.initializationDeviation,
    time_step_scale: configuration.stepScale,
    time_step_min: configuration.smallestStep,
    time_step_max: configuration.largestStep,
    time_step_floor: configuration.stepFloor,
    time_step_init_scheme: configuration.stepScheme,
    rescale_prenorm_residual: configuration.rescaleResidual,
    ...formatTokenIds(configuration),
    torch_dtype: 'float32',
  }
}

function parameters(configuration: MambaConfiguration): ParameterSpecification[] {
  const { vocabularySize, width, layers, stateSize, kernelSize, stepRank } = configuration
  const inner = innerWidth(configuration)
  const list = new ParameterList(configuration.initializationDeviation)
  const declare = (name: string, shape: number[], initialization: ParameterSpecification['initialization']) =>
    list.specifications.push({ name, shape, initialization, trainable: true })
  const stepBound = configuration.stepScale / Math.sqrt(stepRank)
  list.table('backbone.embeddings', vocabularySize, width)
  for (let index = 0; index < layers; index++) {
    const layer = `backbone.layers.${index}`
    const mixer = `${layer}.mixer`
    list.rmsNorm(`${layer}.norm`, width)
    declare(`${mixer}.A_log`, [inner, stateSize], { value: (place) => Math.log((place % stateSize) + 1) })
    declare(`${mixer}.D`, [inner], 'ones')
    declare(`${mixer}.conv1d.weight`, [inner, 1, kernelSize], { bound: 1 / Math.sqrt(kernelSize) })
    if (configuration.convolutionBias) declare(`${mixer}.conv1d.bias`, [inner], 'zeros')
    list.dense(`${mixer}.in_proj`, width, 2 * inner, { bias: configuration.projectionBias })
    list.dense(`${mixer}.x_proj`, inner, stepRank + 2 * stateSize, { bias: false })
    declare(
      `${mixer}.dt_proj.weight`,
      [inner, stepRank],
      configuration.stepScheme === 'constant' ? { value: () => stepBound } : { bound: stepBound },
    )
    declare(`${mixer}.dt_proj.bias`, [inner], {
      value: (_, fraction) => stepBias(configuration, fraction),
    })
    list.dense(`${mixer}.out_proj`, inner, width, {
      bias: configuration.projectionBias,
      initialization: { bound: 1 / Math.sqrt(inner * (configuration.rescaleResidual ? layers : 1)) },
    })
  }
  list.rmsNorm('backbone.norm_f', width)
  if (!configuration.tieEmbeddings) list.table('lm_head', vocabularySize, width)
  return list.specifications
}

/** What softplus makes a step of, which is that share of the way from the smallest to the largest. */
function stepBias({ smallestStep, largestStep, stepFloor }: MambaConfiguration, share: number): number {
  const step = Math.max(smallestStep * (largestStep / smallestStep) ** share, stepFloor)
  return step + Math.log(-Math.expm1(-step))
}

/** What each token sees of those before it, made once for all layers. */
interface Sight {
  /** Whether it sees the token 1, 2, … places before it, `[batch or 1, length, kernel − 1]`. */
  readonly seen: Tensor
  /** Large where it does not see the one before it, else 0, `[batch or 1, length, 1]`. */
  readonly forget: Tensor
}

/** Added to a step so that nothing is left of the state: any rate of decay times it is far below what an exponential tells from 0. */
const forgotten = 1e9

function sightOf(mask: Tensor, kernelSize: number): Sight {
  const distances = keyDistances(mask)
  const rows = [mask.shape[0]!, mask.shape[2]!, 1]
  // A place before the first has no key, so that its sum is 0 as of one that is seen: there are zeros.
  const isHidden = Array.from({ length: kernelSize - 1 }, (_, index) => {
    const scores = sum(multiply(equal(distances, scalar(index + 1)), mask), [-1])
    return reshape(less(scores, scalar(hidden / 2)), rows)
  })
  return {
    seen: concatenate(
      isHidden.map((one) => where(one, scalar(0), scalar(1))),
      2,
    ),
    forget: scale(isHidden[0]!, forgotten),
  }
}

function mix(
  mixer: Scope,
  x: Tensor,
  { seen, forget }: Sight,
  configuration: MambaConfiguration,
  cache: KeyValueCache | undefined,
): Tensor {
  const { stateSize, stepRank, kernelSize, activation } = configuration
  const inner = innerWidth(configuration)
  const [own, gate] = split(linear(mixer.at('in_proj'), x), [inner, inner], -1)
  const kernel = mixer.at('conv1d')
  const convolved = causalConvolution(own!, kernel.parameter('weight'), {
    seen,
    ...(kernel.has('bias') && { bias: kernel.parameter('bias') }),
    ...(cache && { state: cache.state(mixer.path, 'convolution', [kernelSize - 1, inner]) }),
  })
  const values = activations[activation](convolved.output)
  const [steps, b, c] = split(linear(mixer.at('x_proj'), values), [stepRank, stateSize, stateSize], -1)
  const scanned = selectiveScan({
    x: values,
    delta: softplus(linear(mixer.at('dt_proj'), steps!)),
    a: scale(exponential(mixer.parameter('A_log')), -1),
    b: b!,
    c: c!,
    d: mixer.parameter('D'),
    forget,
    ...(cache && { state: cache.state(mixer.path, 'scan', [inner, stateSize]) }),
  })
  cache?.keep(mixer.path, 'convolution', convolved.state)
  cache?.keep(mixer.path, 'scan', scanned.state)
  return linear(mixer.at('out_proj'), multiply(scanned.output, silu(gate!)))
}

function forward(scope: Scope, inputs: DecoderInputs, configuration: MambaConfiguration): Prediction {
  const { layers, normEpsilon, kernelSize } = configuration
  const backbone = scope.at('backbone')
  const sight = sightOf(inputs.mask, kernelSize)
  let x = scope.boundary(embedding(backbone.at('embeddings'), inputs.tokens))
  for (const layer of backbone.each('layers', layers)) {
    const h = rmsNorm(layer.at('norm'), x, normEpsilon)
    const added = mix(layer.at('mixer'), h, sight, configuration, inputs.cache)
    x = scope.boundary(add(x, dropout(layer, added, configuration.dropout)))
  }
  if (inputs.onlyLast) x = lastPosition(x)
  const hidden = rmsNorm(backbone.at('norm_f'), x, normEpsilon)
  return { hidden, logits: linear(scope.at('lm_head'), hidden) }
}

function configure(_modelType: string, sizes: ModelSizes, vocabulary: Vocabulary): MambaConfiguration {
  refuseSizes(sizes, ['heads', 'keyValueHeads', 'feedForwardWidth', 'maxPositions'], 'Mamba')
  const { width = 256, decoderLayers = 4, activation = 'silu', tieEmbeddings = true } = sizes
  return {
    vocabularySize: vocabulary.size,
    maxPositions: Number.POSITIVE_INFINITY,
    width,
    layers: decoderLayers,
    expansion: 2,
    stateSize: 16,
    kernelSize: 4,
    stepRank: Math.ceil(width / 16),
    activation,
    projectionBias: false,
    convolutionBias: true,
    normEpsilon: 1e-5,
    ...dropoutOfBlocks(sizes.dropout),
    tieEmbeddings,
    initializationDeviation: initializationDeviation(width),
    stepScale: 1,
    smallestStep: 0.001,
    largestStep: 0.1,
    stepFloor: 1e-4,
    stepScheme: 'random',
    rescaleResidual: true,
    bosTokenId: vocabulary.begin,
    eosTokenId: vocabulary.end,
    padTokenId: vocabulary.padding,
  }
}

export const mamba: DecoderFamily<MambaConfiguration> = {
  kind: 'decoder',
  name: 'mamba',
  modelTypes: ['mamba'],
  configure,
  dropouts: dropoutOfBlocks,
  parseConfiguration,
  formatConfiguration,
  parameters,
  aliases: ({ tieEmbeddings }): Record<string, string> =>
    tieEmbeddings ? { 'lm_head.weight': 'backbone.embeddings.weight' } : {},
  // As the first files name it.
  tensorName: (stored) => stored.replace(/^backbone\.embedding\./, 'backbone.embeddings.'),
  forward,
}
