import { gradients } from '../engine/gradient.ts'
import { compile, type Program } from '../engine/lowering.ts'
import { add } from '../engine/ops/add.ts'
import { input } from '../engine/tensor.ts'
import { YuksuError } from '../errors.ts'
import type { Model } from '../models/model.ts'
import type { BatchShape, Objective } from './objectives/objective.ts'

export interface TrainingProgramOptions {
  /** Sizes of the batch: numbers, or names for a program that takes any. */
  readonly shape: BatchShape
  readonly labelSmoothing: number
  /** Add the gradients to those that are given. */
  readonly accumulate?: boolean
}

/**
 * The program of a training step: `negativeLogLikelihood`, a scalar, and `gradient.NAME` of every trainable parameter. Throws where the objective
 * leaves a parameter out.
 */
export function trainingProgram(
  model: Model,
  objective: Objective,
  { shape, labelSmoothing, accumulate = false }: TrainingProgramOptions,
): Program {
  const traced = objective.trace(model, shape, { training: true, labelSmoothing })
  const trainable = model.specifications.filter((specification) => specification.trainable)
  const targets = trainable.map(({ name }) => {
    const tensor = traced.parameters.get(name)
    if (tensor === undefined)
      throw new YuksuError('no-gradient', `the objective does not use the parameter '${name}'`)
    return tensor
  })
  const outputs = gradients(traced.loss, targets).map((gradient, index) => {
    const { name } = trainable[index]!
    // The accumulated gradient is input and output at once, in the same memory: nothing else reads it.
    return [
      `gradient.${name}`,
      accumulate ? add(input(`accumulated.${name}`, gradient.shape), gradient) : gradient,
    ] as const
  })
  return compile({ negativeLogLikelihood: traced.negativeLogLikelihood, ...Object.fromEntries(outputs) })
}
