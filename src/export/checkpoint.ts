import { openSafetensorsFolder, type SafetensorsFile } from '../formats/safetensors.ts'
import { elementCount } from '../engine/dimension.ts'
import { familyOfType } from '../models/families.ts'
import type { CommonConfiguration, ModelFamily, ParameterSpecification } from '../models/family.ts'
import { readConfiguration } from '../models/model.ts'
import {
  checkpointConfiguration,
  checkTiedTensors,
  readStored,
  storedTensors,
} from '../models/stored-tensors.ts'

/** A model folder that is open: what it says of the model, and its parameters one at a time. */
export interface Checkpoint {
  readonly folder: string
  readonly family: ModelFamily
  readonly configuration: CommonConfiguration
  /** `config.json` as it is. */
  readonly json: Readonly<Record<string, unknown>>
  /** `config.json` as the family writes it: published names, every default filled in. */
  readonly settings: Readonly<Record<string, unknown>>
  readonly modelType: string
  readonly specifications: readonly ParameterSpecification[]
  /** The values of a parameter as the model has them, `[out, in]` for a matrix; zeros for a buffer that the file leaves out. */
  read(name: string): Promise<Float32Array>
  close(): Promise<void>
}

/** Opens a model folder without reading its weights, and checks that they belong to its `config.json`. Throws as `openModel` does. */
export async function openCheckpoint(folder: string): Promise<Checkpoint> {
  const json = await readConfiguration(folder)
  const family = familyOfType(json.model_type, folder)
  const file = await openSafetensorsFolder(folder)
  try {
    return await describe(folder, json, family, file)
  } catch (error) {
    await file.close()
    throw error
  }
}

async function describe(
  folder: string,
  json: Readonly<Record<string, unknown>>,
  family: ModelFamily,
  file: SafetensorsFile,
): Promise<Checkpoint> {
  const configuration = await checkpointConfiguration(family, json, file)
  await checkTiedTensors(family, configuration, file, folder)
  const tensors = storedTensors(family, configuration, file, folder)
  const stored = new Map(tensors.map((tensor) => [tensor.name, tensor]))
  const specifications = family.parameters(configuration)
  const shapes = new Map(specifications.map(({ name, shape }) => [name, shape]))
  const settings = family.formatConfiguration(configuration)
  return {
    folder,
    json,
    family,
    configuration,
    settings,
    modelType: String(settings.model_type),
    specifications,
    async read(name) {
      const tensor = stored.get(name)
      if (tensor === undefined) return new Float32Array(elementCount(shapes.get(name)!))
      return readStored(file, tensor)
    },
    close: () => file.close(),
  }
}
