/**
 * What a model takes, by its `config.json`: nothing of its size is allocated, so 70 billion parameters are
 * inspected as fast as 70.
 *
 * With P parameters and buffers of which T are trained, M of P in matrices of R rows in all:
 *
 *     runBytes32             4 P
 *     runBytes16             2 P
 *     runBytes8              M + 4 R + 4 (P − M)         one byte and a float32 scale a row
 *     runBytes4              M / 2 + 4 M / 32 + 4 (P − M)     half a byte and a float32 scale for every 32
 *     cacheBytesPerToken     4 · 2 · heads · width, summed over the self-attention blocks
 *     crossBytesPerToken     the same over the cross-attention blocks
 *     contextCacheBytes      cacheBytesPerToken · contextLength
 *     stateBytes             4 for each number of the states that a sequence of any length keeps, as in a state space model
 *     trainFullBytes         4 P + 12 T      weights, then gradients and AdamW's two moments
 *
 * Training by other means, where A numbers are in adapters of rank 8 and L of the P are in linear layers that may be kept in few bits,
 * every one but the head and those that share a table of embeddings:
 *
 *     trainAdamW8BitBytes    4 P + 4 T + moments     of a parameter of n ≥ 4096 numbers a byte each and a float32 scale for every 256,
 *                                                    2 (4 ⌈n / 4⌉ + 4 ⌈n / 256⌉), of a smaller one 8 n
 *     trainLoraBytes         4 P + 16 A              frozen weights; the adapter's own with its gradients and two moments
 *     trainQloraBytes        L in NF4 + 4 (P − L) + 16 A      half a byte and a float32 scale for every 64 of a row
 *
 * Activations come on top of all of these; they depend on the batch. So does the optimizer's scratch memory, of a few kilobytes a parameter.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { elementCount } from '../engine/dimension.ts'
import type { Tensor } from '../engine/tensor.ts'
import { YuksuError } from '../errors.ts'
import { openSafetensorsFolder } from '../formats/safetensors.ts'
import type { KeyValue } from '../nn/key-value-cache.ts'
import { Scope } from '../nn/scope.ts'
import { familyOfType } from './families.ts'
import type { CommonConfiguration, ModelFamily, ParameterSpecification } from './family.ts'
import { linearLayers, type LinearLayer } from './linear-layers.ts'
import { configurationOf, isPreset } from './presets.ts'
import { checkpointConfiguration, storedTensors } from './stored-tensors.ts'
import { traceDecodingStep } from './trace-step.ts'

export interface ModelInspection {
  /** The family's name, and the `model_type` that `config.json` says. */
  readonly family: string
  readonly modelType: string
  readonly kind: ModelFamily['kind']
  readonly parameters: { readonly total: number; readonly trainable: number }
  readonly memory: ModelMemory
  readonly vocabularySize: number
  /** Tokens that the model reads at most; absent where nothing but memory sets a limit. */
  readonly contextLength?: number
  /** What the family read from `config.json`, defaults filled in. */
  readonly configuration: Readonly<Record<string, unknown>>
}

/** Bytes. */
export interface ModelMemory {
  /** Weights to run the model: as float32, in 16 bits, in int8, in blocks of 4 bits. */
  readonly runBytes32: number
  readonly runBytes16: number
  readonly runBytes8: number
  readonly runBytes4: number
  /** Float32 keys and values that decoding keeps for every token of a sequence (of each beam). */
  readonly cacheBytesPerToken: number
  /** And for every token of the source; only where there is an encoder. */
  readonly crossBytesPerToken?: number
  /** The same for a sequence as long as the model reads, where that has a limit. */
  readonly contextCacheBytes?: number
  /** Float32 states that decoding keeps for a sequence (for each beam) of any length; only where there are such. */
  readonly stateBytes?: number
  /** Weights, gradients and AdamW's moments in float32 for training every parameter, without activations. */
  readonly trainFullBytes: number
  /** The same with the moments in 8 bits. */
  readonly trainAdamW8BitBytes: number
  /** LoRA of rank 8 on the projections to queries and values, or on the layer that they are in together. */
  readonly trainLoraBytes: number
  /** The same over linear layers in NF4. */
  readonly trainQloraBytes: number
}

const floatBytes = 4
/** Numbers that share a scale in 4-bit weights. */
const blockSize = 32
/** Numbers that share one in NF4 weights, and in the moments of AdamW in 8 bits, which smaller parameters keep in float32. */
const normalFloatBlockSize = 64
const momentBlockSize = 256
const smallestMoments = 4096
const loraRank = 8
/** Where queries and values come from, by the names that families have; the first of which a model has any. */
const loraTargets = [
  ['q_proj', 'v_proj'],
  ['q', 'v'],
  ['query', 'value'],
  ['query_key_value'],
  ['qkv_proj'],
  ['c_attn'],
]

/**
 * Inspects a model folder: its `config.json`, and where there are weights their header, which must fit it; or a published model,
 * `preset:NAME`. Throws YuksuError as opening the folder does.
 */
export async function inspectModel(folder: string): Promise<ModelInspection> {
  const json = await configurationOf(folder)
  const inspection = inspectConfiguration(json, folder)
  if (isPreset(folder)) return inspection
  const weights = ['model.safetensors', 'model.safetensors.index.json']
  if (weights.some((name) => existsSync(join(folder, name)))) {
    const family = familyOfType(json.model_type, folder)
    const file = await openSafetensorsFolder(folder)
    try {
      const configuration = await checkpointConfiguration(family, json, file)
      storedTensors(family, configuration, file, folder)
      return describeModel(family, configuration, json)
    } finally {
      await file.close()
    }
  }
  return inspection
}

/** The same for the content of a `config.json`; `source` is for messages. */
export function inspectConfiguration(
  json: Readonly<Record<string, unknown>>,
  source = 'config.json',
): ModelInspection {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new YuksuError(
      'model-configuration',
      `${source}: config.json is no JSON object; expected one with a model_type`,
    )
  }
  const family = familyOfType(json.model_type, source)
  return describeModel(family, family.parseConfiguration(json), json)
}

function describeModel(
  family: ModelFamily,
  configuration: CommonConfiguration,
  json: Readonly<Record<string, unknown>>,
): ModelInspection {
  const { maxPositions } = configuration
  const isLimited = Number.isFinite(maxPositions)
  const specifications = family.parameters(configuration)
  const trainable = countElements(specifications.filter((specification) => specification.trainable))
  const cache = cacheBytes(family, configuration, specifications)
  return {
    family: family.name,
    modelType: String(json.model_type),
    kind: family.kind,
    // A buffer is part of the file but not a parameter, as in the reference implementations.
    parameters: { total: trainable, trainable },
    memory: {
      ...runBytes(specifications),
      ...cache,
      ...(isLimited && { contextCacheBytes: cache.cacheBytesPerToken * maxPositions }),
      ...trainBytes(specifications, linearLayers({ family, configuration })),
    },
    vocabularySize: configuration.vocabularySize,
    ...(isLimited && { contextLength: maxPositions }),
    configuration: { ...configuration },
  }
}

function countElements(specifications: readonly ParameterSpecification[]): number {
  return specifications.reduce((total, { shape }) => total + elementCount(shape), 0)
}

function runBytes(specifications: readonly ParameterSpecification[]) {
  const matrices = specifications.filter(({ shape, trainable }) => trainable && shape.length > 1)
  const all = countElements(specifications)
  const quantized = countElements(matrices)
  const rows = matrices.reduce((total, { shape }) => total + elementCount(shape.slice(0, -1)), 0)
  const blocks = matrices.reduce(
    (total, { shape }) => total + elementCount(shape.slice(0, -1)) * Math.ceil(shape.at(-1)! / blockSize),
    0,
  )
  const rest = (all - quantized) * floatBytes
  return {
    runBytes32: all * floatBytes,
    runBytes16: all * 2,
    runBytes8: quantized + rows * floatBytes + rest,
    runBytes4: Math.ceil(quantized / 2) + blocks * floatBytes + rest,
  }
}

function trainBytes(specifications: readonly ParameterSpecification[], layers: readonly LinearLayer[]) {
  const all = countElements(specifications)
  const trained = specifications.filter(({ trainable }) => trainable)
  const gradients = countElements(trained) * floatBytes
  const moments = trained.reduce((total, { shape }) => total + momentBytes8(elementCount(shape)), 0)
  // Weights, gradients and two moments.
  const adapter = 4 * floatBytes * lowRankElements(layers)
  // One weight may be used in several places.
  const inFewBits = new Map(
    layers.filter(({ isHead, isTied }) => !isHead && !isTied).map(({ weight, shape }) => [weight, shape]),
  )
  const shapes = [...inFewBits.values()]
  const normalFloat = shapes.reduce(
    (total, [rows, width]) =>
      total + rows * Math.ceil(width / normalFloatBlockSize) * (normalFloatBlockSize / 2 + floatBytes),
    0,
  )
  const inFull = all - shapes.reduce((total, [rows, width]) => total + rows * width, 0)
  return {
    trainFullBytes: all * floatBytes + 3 * gradients,
    trainAdamW8BitBytes: all * floatBytes + gradients + moments,
    trainLoraBytes: all * floatBytes + adapter,
    trainQloraBytes: normalFloat + inFull * floatBytes + adapter,
  }
}

function momentBytes8(count: number): number {
  if (count < smallestMoments) return 2 * count * floatBytes
  return 2 * floatBytes * (Math.ceil(count / 4) + Math.ceil(count / momentBlockSize))
}

/** A and B of every layer that LoRA is put around; all but the head where none has a name that says what it makes. */
function lowRankElements(layers: readonly LinearLayer[]): number {
  const named = (targets: readonly string[]) =>
    layers.filter(({ path }) => targets.includes(path.split('.').at(-1)!))
  const chosen = loraTargets.map(named).find((found) => found.length > 0)
  const adapted = chosen ?? layers.filter(({ isHead }) => !isHead)
  return adapted.reduce((total, { shape: [out, width] }) => total + loraRank * (out + width), 0)
}

/** What one step of decoding keeps, as the families themselves say it. */
function cacheBytes(
  family: ModelFamily,
  configuration: CommonConfiguration,
  specifications: readonly ParameterSpecification[],
): Pick<ModelMemory, 'cacheBytesPerToken' | 'crossBytesPerToken' | 'stateBytes'> {
  const scope = Scope.root({
    parameters: new Map(specifications.map((specification) => [specification.name, specification])),
    aliases: family.aliases(configuration),
  })
  const { cache, cross } = traceDecodingStep(family, configuration, scope)
  return {
    cacheBytesPerToken: bytesPerToken(cache.present.values()),
    ...(cross && { crossBytesPerToken: bytesPerToken(cross.keyValues.values()) }),
    ...(cache.states.size > 0 && { stateBytes: bytesPerRow(cache.states.values()) }),
  }
}

/** Keys and values are `[rows, heads, length, width]`. */
function bytesPerToken(blocks: Iterable<KeyValue>): number {
  const size = ({ shape }: Tensor) => (shape[1] as number) * (shape[3] as number) * floatBytes
  return [...blocks].reduce((total, { key, value }) => total + size(key) + size(value), 0)
}

/** States are `[rows, …]`. */
function bytesPerRow(states: Iterable<Tensor>): number {
  return [...states].reduce((total, { shape }) => total + elementCount(shape.slice(1)) * floatBytes, 0)
}
