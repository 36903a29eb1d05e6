import { quantizeInt4Blocks, quantizeInt8, quantizeNf4, type QuantizedWeight } from '../engine/quantized.ts'
import { YuksuError } from '../errors.ts'
import { resolveModelFolder } from '../formats/hub/resolve-model-folder.ts'
import { openSafetensorsFolder } from '../formats/safetensors.ts'
import { familyOfType } from '../models/families.ts'
import { type LayerTargets, type LinearLayer, targetedLayers } from '../models/linear-layers.ts'
import { Model, readConfiguration } from '../models/model.ts'
import {
  checkpointConfiguration,
  checkTiedTensors,
  readStored,
  storedTensors,
} from '../models/stored-tensors.ts'
import type { StoredWeight } from '../nn/scope.ts'

export interface QuantizeOptions {
  /** One byte a number with a scale for each row, or half a byte: whole steps, or the levels of a normal distribution. */
  readonly format: QuantizedWeight['format']
  /** How many neighbours in a row share a scale; by default all for int8, 32 for int4 and 64 for nf4. */
  readonly blockSize?: number
  /** Linear layers by the ends of their paths; every one but the head by default. Tables of embeddings and norms stay as they are. */
  readonly targets?: LayerTargets
  /** How activations meet these weights where nothing is trained; see `quantizedLinear`. */
  readonly product?: StoredWeight['product']
}

/** The values of a parameter; undefined leaves zeros. */
type ReadValues = (name: string) => Float32Array | undefined | Promise<Float32Array | undefined>

/**
 * The model with its linear layers' weights in few bits. What else it has is copied, so that the memory of the given model is free when that
 * is let go. Nothing of it is trained any more: an adapter on it is what QLoRA is (Dettmers et al., 2023).
 *
 * `read` gives the values of each parameter when its turn comes, by default from the model; with it, no more of them than one matrix is in
 * memory at a time. Throws YuksuError where a target names no layer, a tied one, or one that is in few bits already.
 */
export async function quantizeModel(
  model: Model,
  options: QuantizeOptions,
  read: ReadValues = (name) => model.parameters.get(name)!.data,
): Promise<Model> {
  const { targets = 'all-linear', product } = options
  const layers = targetedLayers(model, targets)
  for (const layer of layers) checkLayer(model, layer)
  const quantized = new Map<string, StoredWeight>()
  for (const { weight, shape } of layers) {
    const values = (await read(weight)) ?? new Float32Array(shape[0] * shape[1])
    quantized.set(weight, { weight: quantize(values, shape, options), ...(product && { product }) })
  }
  const made = new Model(model.family, model.configuration, [...model.extensions, { quantized }])
  const given = new Set<string>()
  for (const { name } of made.specifications) {
    const values = await read(name)
    if (values === undefined) continue
    made.parameters.get(name)!.data.set(values)
    given.add(name)
  }
  made.startBuffers(given)
  return made
}

/** Opens a model folder as `openModel` does, with weights in few bits, and without ever holding all of them in f32. */
export async function openQuantizedModel(nameOrFolder: string, options: QuantizeOptions): Promise<Model> {
  const folder = await resolveModelFolder(nameOrFolder)
  const json = await readConfiguration(folder)
  const family = familyOfType(json.model_type, folder)
  const file = await openSafetensorsFolder(folder)
  try {
    const configuration = await checkpointConfiguration(family, json, file)
    await checkTiedTensors(family, configuration, file, folder)
    const tensors = storedTensors(family, configuration, file, folder)
    const stored = new Map(tensors.map((tensor) => [tensor.name, tensor]))
    return await quantizeModel(new Model(family, configuration), options, (name) => {
      const tensor = stored.get(name)
      return tensor === undefined ? undefined : readStored(file, tensor)
    })
  } finally {
    await file.close()
  }
}

function quantize(
  values: Float32Array,
  shape: readonly [number, number],
  { format, blockSize }: QuantizeOptions,
): QuantizedWeight {
  const settings = { ...(blockSize !== undefined && { blockSize }) }
  if (format === 'int8') return quantizeInt8(values, shape, settings)
  return format === 'int4'
    ? quantizeInt4Blocks(values, shape, settings)
    : quantizeNf4(values, shape, settings)
}

function checkLayer({ quantized }: Model, { path, weight, isTied }: LinearLayer): void {
  if (isTied) {
    throw new YuksuError(
      'tied-weight',
      `'${path}' shares its weight '${weight}' with a table of embeddings, which is looked up in f32; leave it out of the targets`,
    )
  }
  const stored = quantized.get(weight)
  if (stored !== undefined) {
    throw new YuksuError(
      'quantized-parameter',
      `'${weight}' is in ${stored.weight.format} already; quantize the model that it was made from`,
    )
  }
}
