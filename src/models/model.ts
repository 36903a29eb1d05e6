import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { elementCount } from '../engine/dimension.ts'
import { HostMemory, type HostArray } from '../engine/memory.ts'
import { floats, type HostTensor } from '../engine/session.ts'
import { YuksuError } from '../errors.ts'
import { writeFileAtomic } from '../formats/atomic-file.ts'
import { resolveModelFolder } from '../formats/hub/resolve-model-folder.ts'
import {
  openSafetensorsFolder,
  type SafetensorsFile,
  writeSafetensorsFolder,
} from '../formats/safetensors.ts'
import { Scope, type StoredWeight } from '../nn/scope.ts'
import { randomStream } from '../random.ts'
import { int8Products, type Products } from './products.ts'
import { configurationText } from './configuration-text.ts'
import { extendSpecifications, type ModelExtension } from './extension.ts'
import type { CommonConfiguration, ModelFamily, ParameterSpecification } from './family.ts'
import { familyOfType } from './families.ts'
import {
  type HeadTensors,
  checkpointConfiguration,
  checkTiedTensors,
  readStored,
  storedTensors,
  toStored,
} from './stored-tensors.ts'

export interface WriteModelOptions {
  /** How each weight is stored, f32 by default; the 16-bit types take half the room and round. */
  readonly dtype?: keyof typeof storedTypes | undefined
  /** Bytes that one file of weights holds at most; see `writeSafetensorsFolder`. */
  readonly maxShardBytes?: number | undefined
}

/** The types of a file by the names that `config.json` has for them. */
const storedTypes = { float32: 'F32', float16: 'F16', bfloat16: 'BF16' } as const

/** A family, a configuration of it, the values of its parameters, and what extensions change of it. */
export class Model<Family extends ModelFamily = ModelFamily> {
  readonly family: Family
  readonly configuration: CommonConfiguration
  readonly extensions: readonly ModelExtension[]
  /** What programs are fed: the family's parameters but those in few bits, and those that extensions add. */
  readonly specifications: readonly ParameterSpecification[]
  /** Weights in few bits, by the full names of the parameters that they stand for. */
  readonly quantized: ReadonlyMap<string, StoredWeight>
  private allocated: Map<string, HostArray> | undefined
  private readonly views = new Map<string, HostTensor>()
  /** The model that this one extends, and the seed of what is added. */
  private origin: { readonly model: Model; readonly seed: number } | undefined
  /** The model that has the same values in another configuration: where training moves those of one, it moves those of both. */
  private twin: Model | undefined

  constructor(
    family: Family,
    configuration: CommonConfiguration,
    extensions: readonly ModelExtension[] = [],
  ) {
    this.family = family
    this.configuration = configuration
    this.extensions = extensions
    this.specifications = extendSpecifications(family.parameters(configuration), extensions)
    this.quantized = new Map(extensions.flatMap(({ quantized }) => [...(quantized ?? [])]))
  }

  /**
   * A model that also has the extension, over the same values: nothing of this one is copied, and it stays as it is when the other is
   * trained. Parameters that are added start from the seed.
   */
  extended(extension: ModelExtension, seed = 0): Model<Family> {
    const extended = new Model(this.family, this.configuration, [...this.extensions, extension])
    extended.origin = { model: this, seed }
    return extended
  }

  /**
   * The same model with this share of activations zeroed while it is trained, over the same values: what one learns the other knows. This
   * one where no share is given.
   */
  withDropout(rate: number | undefined): Model<Family> {
    if (rate === undefined) return this
    const configuration = { ...this.configuration, ...this.family.dropouts(rate) }
    const model = new Model(this.family, configuration, this.extensions)
    model.twin = this
    return model
  }

  /**
   * The values of every parameter under its full name, in the order of the specifications. Their memory is taken when they are first
   * asked for: a model of any size can be traced without it.
   */
  get parameters(): Map<string, HostArray> {
    return this.twin?.parameters ?? (this.allocated ??= this.allocate())
  }

  private allocate(): Map<string, HostArray> {
    const shared = this.origin?.model.parameters
    const own = this.specifications.filter(({ name }) => shared?.has(name) !== true)
    const sizes = own.map(({ shape }) => elementCount(shape))
    const memory = new HostMemory(sizes.reduce((total, size) => total + size * 4 + 128, 0))
    const made = new Map(own.map(({ name }, index) => [name, memory.allocate([sizes[index]!])[0]!]))
    if (this.origin !== undefined) this.start(made, this.origin.seed)
    return new Map(this.specifications.map(({ name }) => [name, shared?.get(name) ?? made.get(name)!]))
  }

  get parameterCounts(): { total: number; trainable: number } {
    const count = (specifications: readonly ParameterSpecification[]) =>
      specifications.reduce((total, { shape }) => total + elementCount(shape), 0)
    // A buffer is part of the file but not a parameter, as in the reference implementations.
    const own = this.family.parameters(this.configuration).filter(({ trainable }) => trainable)
    return {
      total: count([...own, ...this.extensions.flatMap(({ parameters = [] }) => parameters)]),
      trainable: count(this.specifications.filter(({ trainable }) => trainable)),
    }
  }

  /** A fresh scope over the parameters, for tracing one program. */
  scope(options: { training?: boolean; products?: Products | undefined } = {}): Scope {
    return Scope.root({
      parameters: new Map(this.specifications.map((specification) => [specification.name, specification])),
      aliases: this.family.aliases(this.configuration),
      training: options.training ?? false,
      quantized: this.quantized,
      ...(options.products === 'int8' && {
        int8Products: int8Products(this.specifications, this.configuration),
      }),
      attachments: (path) => this.extensions.flatMap(({ attachments }) => attachments?.get(path) ?? []),
    })
  }

  /** The parameters as inputs of a program. The same objects every time, over the memory that training changes. */
  feeds(): Record<string, HostTensor> {
    for (const { name, shape } of this.specifications) {
      const { data } = this.parameters.get(name)!
      if (this.views.get(name)?.data !== data) this.views.set(name, floats(data, shape))
    }
    return Object.fromEntries(this.views)
  }

  /** Fills the parameters from a seed as a new model starts; each depends on the seed and its own place alone. */
  initialize(seed: number): this {
    this.start(this.parameters, seed)
    return this
  }

  /** Fills the buffers that a checkpoint leaves out with what they begin as. */
  startBuffers(stored: ReadonlySet<string>): void {
    const buffers = this.specifications.filter(({ name, trainable }) => !trainable && !stored.has(name))
    this.start(new Map(buffers.map(({ name }) => [name, this.parameters.get(name)!])), 0)
  }

  /** A place is counted over all there ever were, so that what is in few bits moves none. */
  private start(parameters: ReadonlyMap<string, HostArray>, seed: number): void {
    const places = [
      ...this.family.parameters(this.configuration),
      ...this.extensions.flatMap(({ parameters: added = [] }) => added),
    ]
    places.forEach(({ name, initialization }, stream) => {
      const data = parameters.get(name)?.data
      if (data === undefined) return
      if (initialization === 'zeros') data.fill(0)
      else if (initialization === 'ones') data.fill(1)
      else if ('bound' in initialization) fillUniform(data, initialization.bound, seed, stream)
      else if ('value' in initialization) fillValues(data, initialization.value, seed, stream)
      else fillNormal(data, initialization.deviation, seed, stream)
    })
  }

  /** Reads every parameter from a checkpoint. Throws naming the first tensor that is missing, has another shape or has no place here. */
  async read(file: SafetensorsFile, source: string, heads?: HeadTensors): Promise<this> {
    if (this.quantized.size > 0) {
      throw new YuksuError(
        'quantized-model',
        `${source} cannot be read into a model with weights in few bits; open it with openQuantizedModel`,
      )
    }
    await checkTiedTensors(this.family, this.configuration, file, source)
    const tensors = storedTensors(this.family, this.configuration, file, source, heads)
    for (const tensor of tensors) await readStored(file, tensor, this.parameters.get(tensor.name)!.data)
    this.startBuffers(new Set(tensors.map(({ name }) => name)))
    return this
  }

  /**
   * Writes `config.json` and `model.safetensors` into a folder that exists, the weights in shards where `maxShardBytes` asks for it.
   * Throws for a model with extensions, which these files have no place for, and where a number has no place in the type asked for.
   */
  async write(folder: string, { dtype = 'float32', maxShardBytes }: WriteModelOptions = {}): Promise<void> {
    if (this.extensions.length > 0) {
      throw new YuksuError(
        'extended-model',
        `${folder}: a model folder has no place for adapters or for weights in few bits; write the adapter alone with writeAdapter`,
      )
    }
    const tensors = this.specifications.map((specification) =>
      toStored(specification, this.parameters.get(specification.name)!.data, storedTypes[dtype]),
    )
    await writeSafetensorsFolder(folder, tensors, { metadata: { format: 'pt' }, maxShardBytes })
    const configuration = { ...this.family.formatConfiguration(this.configuration), torch_dtype: dtype }
    await writeFileAtomic(join(folder, 'config.json'), configurationText(configuration))
  }
}

/** Numbers from −bound to bound, all equally likely, from one stream of the seed. */
function fillUniform(data: Float32Array, bound: number, seed: number, stream: number): void {
  const random = randomStream(seed, stream)
  for (let index = 0; index < data.length; index++) data[index] = bound * (2 * random.fraction() - 1)
}

/** What a function makes of the place of each number and of a share that is drawn from one stream of the seed. */
function fillValues(
  data: Float32Array,
  value: (place: number, share: number) => number,
  seed: number,
  stream: number,
): void {
  const random = randomStream(seed, stream)
  for (let index = 0; index < data.length; index++) data[index] = value(index, random.fraction())
}

/** Normal numbers by Box and Muller's method, from one stream of the seed. */
function fillNormal(data: Float32Array, deviation: number, seed: number, stream: number): void {
  const random = randomStream(seed, stream)
  for (let index = 0; index < data.length; index += 2) {
    // 1 − u keeps the logarithm's argument above zero.
    const radius = deviation * Math.sqrt(-2 * Math.log(1 - random.fraction()))
    const angle = 2 * Math.PI * random.fraction()
    data[index] = radius * Math.cos(angle)
    if (index + 1 < data.length) data[index + 1] = radius * Math.sin(angle)
  }
}

/** Reads and parses `config.json` of a model folder. */
export async function readConfiguration(folder: string): Promise<Record<string, unknown>> {
  const path = join(folder, 'config.json')
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    throw new YuksuError(
      'no-model',
      `${folder} is not a model folder: it has no config.json that can be read; give a folder with config.json and model.safetensors`,
      { cause: error },
    )
  }
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    throw new YuksuError('model-configuration', `${path} is not valid JSON: ${(error as Error).message}`)
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new YuksuError(
      'model-configuration',
      `${path} must hold a JSON object with model_type and the sizes`,
    )
  }
  refuseForeignCodes(json as Record<string, unknown>, folder)
  return json as Record<string, unknown>
}

/** Weights may be codes of a method that is not read here; of such checkpoints those of bitsandbytes in 4 bits are. */
function refuseForeignCodes(json: Readonly<Record<string, unknown>>, folder: string): void {
  const method = json.quantization_config as { quant_method?: unknown; load_in_4bit?: unknown } | null
  if (typeof method !== 'object' || method === null) return
  if (method.quant_method === 'bitsandbytes' && method.load_in_4bit === true) return
  throw new YuksuError(
    'quantized-checkpoint',
    `${folder}: the weights are quantized by ${JSON.stringify(method.quant_method ?? 'an unnamed method')}, which is not read here; take the checkpoint that it was made from (of quantized ones, those of bitsandbytes in 4 bits are read)`,
  )
}

/**
 * Opens a model folder in the Hugging Face layout, `config.json` and `model.safetensors`, in one file or in shards; or a model by its name on
 * the hub (`resolveModelFolder`).
 */
export async function openModel(nameOrFolder: string): Promise<Model> {
  const folder = await resolveModelFolder(nameOrFolder)
  const json = await readConfiguration(folder)
  const family = familyOfType(json.model_type, folder)
  const file = await openSafetensorsFolder(folder)
  try {
    return await new Model(family, await checkpointConfiguration(family, json, file)).read(file, folder)
  } finally {
    await file.close()
  }
}
