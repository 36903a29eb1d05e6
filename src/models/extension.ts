import { YuksuError } from '../errors.ts'
import type { LinearAttachment, StoredWeight } from '../nn/scope.ts'
import type { ParameterSpecification } from './family.ts'

/**
 * What is changed of a model while its family stays as it is: an adapter, or another storage of its weights. It is data that the model
 * hands to the scopes of every program, so that training, decoding and all families know of it without knowing it.
 */
export interface ModelExtension {
  /** Parameters that it adds, by their full names. Those of an attachment are below the path of its layer. */
  readonly parameters?: readonly ParameterSpecification[]
  /** What it puts around linear layers, by their paths. */
  readonly attachments?: ReadonlyMap<string, LinearAttachment>
  /** Weights in few bits, by the full names of the parameters that they stand for. */
  readonly quantized?: ReadonlyMap<string, StoredWeight>
  /** Which of the parameters that were trained before still are; none by default. */
  readonly trains?: (name: string) => boolean
  /** `adapter_config.json` of an adapter, as PEFT writes it. */
  readonly adapterConfiguration?: Readonly<Record<string, unknown>>
}

/** The parameters of a model with these extensions. Throws YuksuError where one adds a name that is taken. */
export function extendSpecifications(
  family: readonly ParameterSpecification[],
  extensions: readonly ModelExtension[],
): readonly ParameterSpecification[] {
  return extensions.reduce((before, { parameters = [], quantized, trains }) => {
    const taken = new Set(before.map(({ name }) => name))
    const twice = parameters.find(({ name }) => taken.has(name))
    if (twice !== undefined) {
      throw new YuksuError(
        'parameter-name',
        `the model has a parameter '${twice.name}' already; adapt the model that has none, or other layers of this one`,
      )
    }
    const kept = before.filter(({ name }) => !quantized?.has(name))
    return [
      ...kept.map((specification) => ({
        ...specification,
        trainable: specification.trainable && (trains?.(specification.name) ?? false),
      })),
      ...parameters,
    ]
  }, family)
}
