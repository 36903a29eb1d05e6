import { gradients } from '../engine/gradient.ts'
import { compile, type Program } from '../engine/lowering.ts'
import { add } from '../engine/ops/add.ts'
import { input, type Tensor } from '../engine/tensor.ts'
import { YuksuError } from '../errors.ts'
import type { ProductPrecision } from '../engine/product-precisions.ts'
import { programPrecision, type Products } from '../models/products.ts'
import type { Model } from '../models/model.ts'
import type { BatchShape, Objective, TracedLoss } from './objectives/objective.ts'

/** A loss with the parameters whose gradients are wanted: all that are trained. */
export interface TracedGradients extends Omit<TracedLoss, 'parameters'> {
  readonly targets: ReadonlyMap<string, Tensor>
  /** What products of matrices are computed in. */
  readonly precision: ProductPrecision
}

export interface TracingOptions {
  /** Sizes of the batch: numbers, or names for a program that takes any. */
  readonly shape: BatchShape
  readonly labelSmoothing: number
  /** Hold as little as possible: the logits only a chunk of the vocabulary at a time. */
  readonly memory?: 'fast' | 'low'
  /** What weights meet activations and gradients in; `float32` by default. */
  readonly products?: Products | undefined
}

/** Words of the vocabulary whose logits are held together where memory is low. */
const lowMemoryChunk = 4096

/** Traces the loss of a training step. Throws where the objective leaves a parameter out. */
export function traceGradients(
  model: Model,
  objective: Objective,
  { shape, labelSmoothing, memory, products }: TracingOptions,
): TracedGradients {
  const { parameters, ...traced } = objective.trace(model, shape, {
    training: true,
    labelSmoothing,
    products,
    ...(memory === 'low' && { vocabularyChunk: lowMemoryChunk }),
  })
  const trainable = model.specifications.filter((specification) => specification.trainable)
  const targets = trainable.map(({ name }): [string, Tensor] => {
    const tensor = parameters.get(name)
    if (tensor === undefined)
      throw new YuksuError('no-gradient', `the objective does not use the parameter '${name}'`)
    return [name, tensor]
  })
  return { ...traced, targets: new Map(targets), precision: programPrecision(products) }
}

/**
 * The program of a training step: `negativeLogLikelihood`, a scalar, and `gradient.NAME` of every trainable parameter, where `accumulate` says
 * so added to `accumulated.NAME`.
 */
export function compileGradients(
  { loss, negativeLogLikelihood, targets, precision }: TracedGradients,
  accumulate = false,
): Program {
  const names = [...targets.keys()]
  const outputs = gradients(loss, [...targets.values()]).map((gradient, index) => {
    const name = names[index]!
    // The accumulated gradient is input and output at once, in the same memory: nothing else reads it.
    return [
      `gradient.${name}`,
      accumulate ? add(input(`accumulated.${name}`, gradient.shape), gradient) : gradient,
    ] as const
  })
  return compile({ negativeLogLikelihood, ...Object.fromEntries(outputs) }, { precision })
}
