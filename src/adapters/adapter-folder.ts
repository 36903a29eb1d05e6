import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { formatShape } from '../engine/dimension.ts'
import { YuksuError } from '../errors.ts'
import { writeFileAtomic } from '../formats/atomic-file.ts'
import { openSafetensors, type SafetensorsFile, writeSafetensors } from '../formats/safetensors.ts'
import type { ParameterSpecification } from '../models/family.ts'
import type { Model } from '../models/model.ts'
import { adapt, type Adapter } from './adapter.ts'
import { parseLowRank } from './low-rank.ts'

/** PEFT's names of the two files. */
const configurationFile = 'adapter_config.json'
export const adapterWeightsFile = 'adapter_model.safetensors'

/** Every kind there is, by PEFT's name; a new one is one file and one line here. */
const kinds: Readonly<Record<string, (json: Readonly<Record<string, unknown>>, source: string) => Adapter>> =
  { LORA: parseLowRank }

/** The name in PEFT's file of a parameter of ours. */
export function adapterTensorName(name: string): string {
  return `base_model.model.${name}`
}

/** What a model has beyond its base: the parameters that extensions added, and those that are trained. */
export function adapterParameters({
  extensions,
  specifications,
}: Pick<Model, 'extensions' | 'specifications'>): readonly ParameterSpecification[] {
  const added = new Set(extensions.flatMap(({ parameters = [] }) => parameters.map(({ name }) => name)))
  return specifications.filter(({ name, trainable }) => trainable || added.has(name))
}

/** Writes a model's adapter into a folder that exists, for PEFT and for `openAdapter`. Throws YuksuError where it has not one. */
export async function writeAdapter(folder: string, model: Model): Promise<void> {
  const configurations = model.extensions.flatMap(({ adapterConfiguration }) => adapterConfiguration ?? [])
  if (configurations.length !== 1) {
    throw new YuksuError(
      'adapter-count',
      `${folder}: the model has ${configurations.length} adapters, and a folder holds one; adapt a model that has none`,
    )
  }
  const tensors = adapterParameters(model).map(({ name, shape }) => ({
    name: adapterTensorName(name),
    shape,
    data: model.parameters.get(name)!.data,
  }))
  await writeSafetensors(join(folder, adapterWeightsFile), tensors, { format: 'pt' })
  await writeFileAtomic(join(folder, configurationFile), `${JSON.stringify(configurations[0], null, 2)}\n`)
}

/**
 * Puts the adapter of a folder in PEFT's layout on a model. Throws YuksuError where it is of a kind that we do not have, or its
 * tensors do not fit.
 */
export async function openAdapter(folder: string, model: Model): Promise<Model> {
  const json = await readConfiguration(folder)
  const parse = kinds[String(json.peft_type)]
  if (parse === undefined) {
    throw new YuksuError(
      'adapter-kind',
      `${folder}: ${configurationFile} says peft_type ${JSON.stringify(json.peft_type)}, which is not one of ${Object.keys(kinds).join(', ')}`,
    )
  }
  const adapted = adapt(model, parse(json, folder))
  await readAdapter(folder, adapted)
  return adapted
}

/** Reads the tensors of a folder into the adapter that a model has. */
export async function readAdapter(folder: string, model: Model): Promise<void> {
  const path = join(folder, adapterWeightsFile)
  const file = await openSafetensors(path)
  try {
    const wanted = adapterParameters(model)
    check(file, path, wanted)
    for (const { name } of wanted)
      await file.readInto(adapterTensorName(name), model.parameters.get(name)!.data)
  } finally {
    await file.close()
  }
}

function check(file: SafetensorsFile, path: string, wanted: readonly ParameterSpecification[]): void {
  const names = new Map(wanted.map((specification) => [adapterTensorName(specification.name), specification]))
  const missing = [...names.keys()].find((name) => !file.has(name))
  const stray = file.names.find((name) => !names.has(name))
  if (missing !== undefined || stray !== undefined) {
    const complaint =
      missing === undefined
        ? `holds the tensor '${stray}', for which the model has no place`
        : `has no tensor '${missing}'`
    throw new YuksuError(
      missing === undefined ? 'unknown-tensor' : 'missing-tensor',
      `${path} ${complaint}; check that the adapter was trained on this model`,
    )
  }
  for (const [name, { shape }] of names) {
    const given = file.describe(name).shape
    if (given.join() === shape.join()) continue
    throw new YuksuError(
      'tensor-shape',
      `${path}: the tensor '${name}' is ${formatShape(given)}, and the model needs ${formatShape(shape)}; check that the adapter was trained on this model`,
    )
  }
}

async function readConfiguration(folder: string): Promise<Record<string, unknown>> {
  const path = join(folder, configurationFile)
  let json: unknown
  try {
    json = JSON.parse(await readFile(path, 'utf8'))
  } catch (error) {
    throw new YuksuError(
      'no-adapter',
      `${path} cannot be read as JSON: ${(error as Error).message}; give a folder with ${configurationFile} and ${adapterWeightsFile}`,
      { cause: error },
    )
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new YuksuError('no-adapter', `${path} must hold a JSON object with peft_type and the settings`)
  }
  return json as Record<string, unknown>
}
