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
 *     trainFullBytes         4 P + 12 T      weights, then gradients and AdamW's two moments
 *
 * Activations come on top; they depend on the batch.
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
import { readConfiguration } from './model.ts'
import { storedTensors } from './stored-tensors.ts'
import { traceDecodingStep } from './trace-step.ts'

export interface ModelInspection {
  /** The family's name, and the `model_type` that `config.json` says. */
  readonly family: string
  readonly modelType: string
  readonly kind: 'encoder-decoder' | 'decoder'
  readonly parameters: { readonly total: number; readonly trainable: number }
  readonly memory: ModelMemory
  readonly vocabularySize: number
  /** Tokens that the model reads at most. */
  readonly contextLength: number
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
  /** Weights, gradients and AdamW's moments in float32 for training every parameter, without activations. */
  readonly trainFullBytes: number
}

const floatBytes = 4
/** Numbers that share a scale in 4-bit weights. */
const blockSize = 32

/**
 * Inspects a model folder: its `config.json`, and where there are weights their header, which must fit it. Throws
 * YuksuError as opening the folder does.
 */
export async function inspectModel(folder: string): Promise<ModelInspection> {
  const json = await readConfiguration(folder)
  const inspection = inspectConfiguration(json, folder)
  const weights = ['model.safetensors', 'model.safetensors.index.json']
  if (weights.some((name) => existsSync(join(folder, name)))) {
    const family = familyOfType(json.model_type, folder)
    const file = await openSafetensorsFolder(folder)
    try {
      storedTensors(family, family.parseConfiguration(json), file, folder)
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
  const configuration = family.parseConfiguration(json)
  const specifications = family.parameters(configuration)
  const trainable = countElements(specifications.filter((specification) => specification.trainable))
  return {
    family: family.name,
    modelType: String(json.model_type),
    kind: family.kind,
    // A buffer is part of the file but not a parameter, as in the reference implementations.
    parameters: { total: trainable, trainable },
    memory: {
      ...weightBytes(specifications, trainable),
      ...cacheBytes(family, configuration, specifications),
    },
    vocabularySize: configuration.vocabularySize,
    contextLength: configuration.maxPositions,
    configuration: { ...configuration },
  }
}

function countElements(specifications: readonly ParameterSpecification[]): number {
  return specifications.reduce((total, { shape }) => total + elementCount(shape), 0)
}

function weightBytes(specifications: readonly ParameterSpecification[], trainable: number) {
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
    trainFullBytes: (all + 3 * trainable) * floatBytes,
  }
}

/** What one step of decoding keeps, as the families themselves say it. */
function cacheBytes(
  family: ModelFamily,
  configuration: CommonConfiguration,
  specifications: readonly ParameterSpecification[],
): Pick<ModelMemory, 'cacheBytesPerToken' | 'crossBytesPerToken'> {
  const scope = Scope.root({
    parameters: new Map(specifications.map((specification) => [specification.name, specification])),
    aliases: family.aliases(configuration),
  })
  const { cache, cross } = traceDecodingStep(family, configuration, scope)
  return {
    cacheBytesPerToken: bytesPerToken(cache.present.values()),
    ...(cross && { crossBytesPerToken: bytesPerToken(cross.keyValues.values()) }),
  }
}

/** Keys and values are `[rows, heads, length, width]`. */
function bytesPerToken(blocks: Iterable<KeyValue>): number {
  const size = ({ shape }: Tensor) => (shape[1] as number) * (shape[3] as number) * floatBytes
  return [...blocks].reduce((total, { key, value }) => total + size(key) + size(value), 0)
}
