import { YuksuError } from '../errors.ts'
import { Scope } from '../nn/scope.ts'
import type { Model } from './model.ts'
import { traceDecodingStep } from './trace-step.ts'

/** A place where a family calls `linear`. */
export interface LinearLayer {
  /** Such as `model.layers.0.self_attn.q_proj`. */
  readonly path: string
  /** The full name of the parameter that is its weight, `[out, in]`. */
  readonly weight: string
  readonly shape: readonly [number, number]
  /** Whether it scores the words of the vocabulary. */
  readonly isHead: boolean
  /** Whether other names stand for its weight too, as where the table of embeddings is the head. */
  readonly isTied: boolean
}

/** Layers by the ends of their paths, as PEFT's `target_modules` names them; `all-linear` is every one but the head. */
export type LayerTargets = readonly string[] | 'all-linear'

/** The linear layers of a model's family in the order in which it asks for them, found by tracing it: no list of names is kept. */
export function linearLayers({
  family,
  configuration,
}: Pick<Model, 'family' | 'configuration'>): LinearLayer[] {
  const specifications = new Map(
    family.parameters(configuration).map((specification) => [specification.name, specification]),
  )
  const aliases = family.aliases(configuration)
  const tied = new Set(Object.values(aliases))
  const found = new Map<string, LinearLayer>()
  const scope = Scope.root({
    parameters: specifications,
    aliases,
    attachments: (path) => [
      (place, x, layer) => {
        const weight = place.resolve('weight')
        const shape = specifications.get(weight)!.shape as [number, number]
        const isHead = shape[0] === configuration.vocabularySize
        found.set(path, { path, weight, shape, isHead, isTied: tied.has(weight) })
        return layer(x)
      },
    ],
  })
  traceDecodingStep(family, configuration, scope)
  return [...found.values()]
}

/** The layers that are meant. Throws YuksuError where a target names none. */
export function targetedLayers(model: Model, targets: LayerTargets): LinearLayer[] {
  const layers = linearLayers(model)
  if (targets === 'all-linear') return layers.filter(({ isHead }) => !isHead)
  const isNamed = ({ path }: LinearLayer, target: string) => path === target || path.endsWith(`.${target}`)
  const unknown = targets.find((target) => !layers.some((layer) => isNamed(layer, target)))
  if (unknown !== undefined || targets.length === 0) {
    const names = [...new Set(layers.map(({ path }) => path.split('.').at(-1)!))]
    throw new YuksuError(
      'layer-target',
      `${unknown === undefined ? 'no target was given' : `no linear layer of the ${model.family.name} model is named '${unknown}'`}; there are ${names.join(', ')}, and 'all-linear' is every one but the head`,
    )
  }
  return layers.filter((layer) => targets.some((target) => isNamed(layer, target)))
}
