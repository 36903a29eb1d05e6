import { product } from '../../engine/dimension.ts'
import { programInputs } from '../../engine/lowering.ts'
import { floats } from '../../engine/session.ts'
import { YuksuError } from '../../errors.ts'
import type { Objective } from './objective.ts'

/**
 * An objective that reads every row twice, each time with other dropout, and is also told by how much the two distributions over each target
 * token differ: to the mean of both losses it adds `weight` / 4 times the Kullback–Leibler divergence in both directions (R-Drop, Liang et
 * al., 2021, whose α is `weight` and whose loss is twice this one). Where rows are few it keeps a model from knowing them by heart. A step takes
 * twice as long. Throws YuksuError where nothing is dropped out.
 */
export function rDrop(objective: Objective, weight: number): Objective {
  return {
    ...objective,
    trace(model, shape, options) {
      const halves = { ...shape, batch: product([2, shape.batch]), half: shape.batch }
      const traced = objective.trace(model, halves, { ...options, disagreementWeight: weight })
      if (!programInputs([traced.loss]).some(({ random }) => random !== undefined)) {
        throw new YuksuError(
          'objective',
          `R-Drop reads each row twice with unlike dropout, and nothing of this ${model.family.name} model is dropped out; set model.dropout or adapter.dropout, or leave train.rDrop at 0`,
        )
      }
      return traced
    },
    collate(model, examples) {
      const { feeds, tokens, targetTokens } = objective.collate(model, [...examples, ...examples])
      const { weights } = feeds
      const halves = floats(weights!.data as Float32Array, [2, examples.length, ...weights!.shape.slice(1)])
      return { feeds: { ...feeds, weights: halves }, tokens: tokens / 2, targetTokens }
    },
  }
}
