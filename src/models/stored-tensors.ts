/** How a model's parameters stand in the files of a checkpoint: under which names, and which way round. */
import { formatShape } from '../engine/dimension.ts'
import { YuksuError } from '../errors.ts'
import type { SafetensorsFile, TensorData, TensorType } from '../formats/safetensors.ts'
import type { CommonConfiguration, ModelFamily, ParameterSpecification } from './family.ts'

/** Where a parameter is found in a file. */
export interface StoredTensor {
  /** The parameter's own name. */
  readonly name: string
  /** The tensor's name in the file. */
  readonly stored: string
  /** The parameter's shape, and whether the file holds its transpose. */
  readonly shape: readonly number[]
  readonly storedTransposed?: boolean
}

/**
 * The stored tensor of every parameter, under its own name or one that stands for it, checked by the file's header alone.
 * Throws naming the first that is missing, has another shape or has no place in the model.
 */
export function storedTensors(
  family: ModelFamily,
  configuration: CommonConfiguration,
  file: SafetensorsFile,
  source: string,
): StoredTensor[] {
  const aliases = Object.entries(family.aliases(configuration))
  const specifications = family.parameters(configuration)
  const known = new Set([...specifications.map(({ name }) => name), ...aliases.map(([alias]) => alias)])
  const found = storedNames(family, file)
  const tensors = specifications.flatMap(({ name, shape, trainable, storedTransposed = false }) => {
    const names = [name, ...aliases.flatMap(([alias, target]) => (target === name ? [alias] : []))]
    const stored = names.map((candidate) => found.get(candidate)).find((candidate) => candidate !== undefined)
    if (stored === undefined) {
      // Buffers are left out by newer versions of the reference library and start as zeros there too.
      if (!trainable) return []
      throw new YuksuError(
        'missing-tensor',
        `${source} has no tensor '${name}', which a ${family.name} model of this config.json needs; check that both belong together`,
      )
    }
    const given = file.describe(stored).shape
    const wanted = storedTransposed ? shape.toReversed() : shape
    if (given.join() !== wanted.join()) {
      throw new YuksuError(
        'tensor-shape',
        `${source}: the tensor '${stored}' is ${formatShape(given)}, config.json asks for ${formatShape(wanted)}; check that both belong together`,
      )
    }
    return [{ name, stored, shape, storedTransposed }]
  })
  const stray = [...found].find(([name]) => !known.has(name))
  if (stray !== undefined) {
    throw new YuksuError(
      'unknown-tensor',
      `${source} holds the tensor '${stray[1]}', for which a ${family.name} model of this config.json has no place; it would be left out in silence, so check that both belong together`,
    )
  }
  return tensors
}

/** What older versions of the reference library stored though it follows from the configuration. */
const computed = /(^|\.)(position_ids|inv_freq|version)$/

/** The file's names of tensors by the family's, without those that are left alone. Throws where two stand for the same. */
function storedNames({ name: family, tensorName }: ModelFamily, file: SafetensorsFile): Map<string, string> {
  const found = new Map<string, string>()
  for (const stored of file.names) {
    const name = computed.test(stored) ? undefined : tensorName === undefined ? stored : tensorName(stored)
    if (name === undefined) continue
    const other = found.get(name)
    if (other !== undefined) {
      throw new YuksuError(
        'unknown-tensor',
        `the tensors '${other}' and '${stored}' are both '${name}' of a ${family} model; take one of them out of the file`,
      )
    }
    found.set(name, stored)
  }
  return found
}

/** A parameter's values out of a file, as memory holds them, into `target` where it is given. */
export async function readStored(
  file: SafetensorsFile,
  { stored, shape, storedTransposed }: StoredTensor,
  target?: Float32Array,
): Promise<Float32Array> {
  if (!storedTransposed) {
    if (target === undefined) return file.read(stored)
    await file.readInto(stored, target)
    return target
  }
  const values = await file.read(stored)
  return transpose(values, shape.toReversed() as [number, number], target ?? new Float32Array(values.length))
}

/** A parameter's values as a file holds them, in the type that is given. */
export function toStored(
  { name, shape, storedTransposed = false }: ParameterSpecification,
  data: Float32Array,
  dtype: TensorType = 'F32',
): TensorData {
  if (!storedTransposed) return { name, shape, data, dtype }
  return {
    name,
    dtype,
    shape: shape.toReversed(),
    // Made when it is written, so that no two copies are in memory at a time.
    get data() {
      return transpose(data, shape as [number, number], new Float32Array(data.length))
    },
  }
}

/** `[rows, columns]` into `target` as `[columns, rows]`. */
function transpose(
  values: Float32Array,
  [rows, columns]: readonly [number, number],
  target: Float32Array,
): Float32Array {
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++)
      target[column * rows + row] = values[row * columns + column]!
  }
  return target
}
