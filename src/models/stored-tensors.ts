/** How a model's parameters stand in the files of a checkpoint: under which names, and which way round. */
import { elementCount, formatShape } from '../engine/dimension.ts'
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

/** The configuration of a checkpoint: what its `config.json` says, and what only its tensors tell. */
export async function checkpointConfiguration(
  family: ModelFamily,
  json: Readonly<Record<string, unknown>>,
  file: SafetensorsFile,
): Promise<CommonConfiguration> {
  const configuration = family.parseConfiguration(json)
  return (await family.fitToFile?.(configuration, file)) ?? configuration
}

/** What need not be as it is where a model is opened with another head than its file has. */
export interface HeadTensors {
  /** Parameters that begin anew, whatever the file holds. */
  readonly anew: (name: string) => boolean
  /** Parameters that begin anew where the file has none. */
  readonly optional: (name: string) => boolean
  /** Tensors of a head that is left behind. */
  readonly left: (name: string) => boolean
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
  heads?: HeadTensors,
): StoredTensor[] {
  const aliases = Object.entries(family.aliases(configuration))
  const specifications = family.parameters(configuration)
  const known = new Set([...specifications.map(({ name }) => name), ...aliases.map(([alias]) => alias)])
  const found = storedNames(family, configuration, file)
  const tensors = specifications.flatMap(({ name, shape, trainable, storedTransposed = false }) => {
    const names = [name, ...aliases.flatMap(([alias, target]) => (target === name ? [alias] : []))]
    const stored = names.map((candidate) => found.get(candidate)).find((candidate) => candidate !== undefined)
    if (heads?.anew(name) === true || (stored === undefined && heads?.optional(name) === true)) return []
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
  const stray = [...found].find(([name]) => !known.has(name) && heads?.left(name) !== true)
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

/**
 * A family's `tensorName` where files of the bare model leave out the prefix that all but the `heads` have, and where what matches `ignored`
 * follows from the configuration.
 */
export function optionalPrefix(
  prefix: string,
  heads: readonly string[],
  ignored?: RegExp,
): (stored: string) => string | undefined {
  const whole = [prefix, ...heads].map((start) => `${start}.`)
  return (stored) => {
    if (ignored?.test(stored)) return undefined
    return whole.some((start) => stored.startsWith(start)) ? stored : `${prefix}.${stored}`
  }
}

/** The file's names of tensors by the family's, without those that are left alone. Throws where two stand for the same. */
function storedNames(
  family: ModelFamily,
  configuration: CommonConfiguration,
  file: SafetensorsFile,
): Map<string, string> {
  const found = new Map<string, string>()
  for (const stored of file.names) {
    const named = family.tensorName === undefined ? stored : family.tensorName(stored, configuration)
    const name = computed.test(stored) ? undefined : named
    if (name === undefined) continue
    const other = found.get(name)
    if (other !== undefined) {
      throw new YuksuError(
        'unknown-tensor',
        `the tensors '${other}' and '${stored}' are both '${name}' of a ${family.name} model; take one of them out of the file`,
      )
    }
    found.set(name, stored)
  }
  return found
}

/**
 * Throws where a file holds a parameter twice, under its own name and one that stands for it, and not with the same values: one of them would
 * be left out in silence.
 */
export async function checkTiedTensors(
  family: ModelFamily,
  configuration: CommonConfiguration,
  file: SafetensorsFile,
  source: string,
): Promise<void> {
  const found = storedNames(family, configuration, file)
  const names = new Map<string, string[]>()
  for (const [name, target] of [
    ...family.parameters(configuration).map(({ name }) => [name, name] as const),
    ...Object.entries(family.aliases(configuration)),
  ]) {
    const stored = found.get(name)
    if (stored !== undefined) names.set(target, [...(names.get(target) ?? []), stored])
  }
  for (const [first, ...others] of names.values()) {
    for (const other of others) {
      if (await sameTensor(file, first!, other)) continue
      throw new YuksuError(
        'tied-tensor',
        `${source} holds '${first}' and '${other}' with different values, and a ${family.name} model of this config.json has one tensor for both; check that both belong together`,
      )
    }
  }
}

/** Values that are compared at a time. */
const comparedLength = 1 << 20

/** Whether two tensors of a file have one shape and the same values. */
export async function sameTensor(file: SafetensorsFile, first: string, second: string): Promise<boolean> {
  const { shape } = file.describe(first)
  if (file.describe(second).shape.join() !== shape.join()) return false
  const length = elementCount(shape)
  for (let start = 0; start < length; start += comparedLength) {
    const [left, right] = [first, second].map(
      () => new Float32Array(Math.min(comparedLength, length - start)),
    )
    await file.readPart(first, start, left!)
    await file.readPart(second, start, right!)
    if (left!.some((value, index) => value !== right![index])) return false
  }
  return true
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

/** `[rows, columns]` into `target` as `[columns, rows]`: a band of rows at a time, which stay in the processor's cache. */
function transpose(
  values: Float32Array,
  [rows, columns]: readonly [number, number],
  target: Float32Array,
): Float32Array {
  for (let from = 0; from < rows; from += 32) {
    const to = Math.min(from + 32, rows)
    for (let column = 0; column < columns; column++) {
      for (let row = from; row < to; row++) target[column * rows + row] = values[row * columns + column]!
    }
  }
  return target
}
