import { YuksuError } from '../../errors.ts'
import type { GgufValue } from '../../formats/gguf/metadata.ts'
import type { ParameterSpecification } from '../../models/family.ts'

/** `config.json` of a model as its family writes it. */
export type Settings = Readonly<Record<string, unknown>>

/** How a parameter's values are changed on their way into the file, and back. Shapes stay. */
export interface TensorChange {
  toFile(values: Float32Array, shape: readonly number[], settings: Settings): Float32Array
  fromFile(values: Float32Array, shape: readonly number[], settings: Settings): Float32Array
}

/** Where a parameter goes. Paths are without `.weight` or `.bias`, and `{}` stands for the number of a layer. */
export interface TensorRule {
  readonly from: string
  readonly to: string
  readonly change?: TensorChange
}

/** A tensor that no parameter is: it follows from the configuration. */
export interface ComputedTensor {
  readonly name: string
  readonly values: Float32Array
}

/** What an architecture of llama.cpp is told beside its tensors. */
export interface ArchitectureDescription {
  /** Values by their names without the architecture's, as `block_count`; whole names begin with a slash. */
  readonly values: readonly (readonly [name: string, value: GgufValue])[]
  readonly computed?: readonly ComputedTensor[]
  /** What a person should know of the file, a sentence each. */
  readonly notes?: readonly string[]
}

/** One kind of model that llama.cpp runs. A new one is a file that makes one of these, and a line in `architectures.ts`. */
export interface GgufArchitecture {
  /** Its name in llama.cpp. */
  readonly name: string
  /** The values of `model_type` in `config.json` that are this. */
  readonly modelTypes: readonly string[]
  readonly rules: readonly TensorRule[]
  /** Parameters that llama.cpp has no use for, such as another head; the file is without them. */
  readonly leftOut?: RegExp
  /** Throws YuksuError where the model does what this architecture of llama.cpp does not. */
  describe(settings: Settings): ArchitectureDescription
}

/** A parameter's place in the file. */
export interface PlannedTensor {
  readonly name: string
  readonly parameter: string
  readonly shape: readonly number[]
  readonly change: TensorChange | undefined
}

/** Every parameter's place. Throws where the architecture has none for one. */
export function planTensors(
  architecture: GgufArchitecture,
  specifications: readonly ParameterSpecification[],
): PlannedTensor[] {
  const rules = architecture.rules.map((rule) => ({ rule, pattern: patternOf(rule.from) }))
  return specifications.flatMap(({ name, shape }) => {
    if (architecture.leftOut?.test(name)) return []
    for (const { rule, pattern } of rules) {
      const match = pattern.exec(name)
      if (match === null) continue
      const [layer = '', suffix] = [match.groups?.layer, match.groups!.suffix!]
      return {
        name: `${rule.to.replace('{}', layer)}.${suffix}`,
        parameter: name,
        shape,
        change: rule.change,
      }
    }
    throw unsupported(architecture.name, `it has no place for the tensor '${name}'`)
  })
}

function patternOf(path: string): RegExp {
  const escaped = path.replaceAll('.', String.raw`\.`).replace('{}', String.raw`(?<layer>\d+)`)
  return new RegExp(String.raw`^${escaped}\.(?<suffix>weight|bias)$`)
}

/** The model does what an architecture of llama.cpp cannot be told. */
export function unsupported(architecture: string, reason: string): YuksuError {
  return new YuksuError(
    'unsupported-export',
    `this model cannot be a GGUF file of llama.cpp's architecture '${architecture}': ${reason}`,
  )
}

export const uint32 = (value: number): GgufValue => ({ type: 'uint32', value })
export const float32 = (value: number): GgufValue => ({ type: 'float32', value })
export const string = (value: string): GgufValue => ({ type: 'string', value })
export const bool = (value: boolean): GgufValue => ({ type: 'bool', value })

/** A whole number or a real one of the settings; the family has checked that it is there. */
export function numberOf(settings: Settings, name: string): number {
  const value = settings[name]
  if (typeof value === 'number') return value
  throw new YuksuError('internal', `config.json has no number '${name}', which the export needs`)
}
