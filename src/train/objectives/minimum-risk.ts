import { takeEntries } from '../../generate/row-groups.ts'
import { collateRows, traceRows } from './encoder-decoder-rows.ts'
import type { CollatedBatch, Example, Objective } from './objective.ts'
import type { Model } from '../../models/model.ts'

const name = 'minimum-risk'

/**
 * Makes candidates likelier or unlikelier by their weights: the sum over a source's candidates of weight · −log p, which with
 * weights "how much better than the others" is the policy gradient of the expected reward (Shen et al., 2016; Rennie et al., 2017).
 * The source is read once for all its candidates. Nothing is dropped out: the candidates came from the whole model.
 */
export const minimumRisk: Objective = {
  name,
  lengths: ({ source, target }) => ({ source: source.length, target: target.length }),
  trace: (model, shape, { vocabularyChunk }) =>
    traceRows(model, shape, {
      objective: name,
      training: false,
      labelSmoothing: 0,
      severalPerSource: true,
      vocabularyChunk,
    }),
  collate,
}

function collate(model: Model, examples: readonly Example[]): CollatedBatch {
  const rowsOf = ({ candidates = [] }: Example) =>
    candidates.map(({ target, weight }) => ({ target, weight, from: 0 }))
  const collated = collateRows(model, name, examples, rowsOf, true)
  const { source, tokens } = collated.feeds
  const rows = tokens!.shape[0]!
  const perSource = rows / examples.length
  const owners = Array.from({ length: rows }, (_, row) => Math.floor(row / perSource))
  return { ...collated, feeds: { ...collated.feeds, rowSource: takeEntries(source!, owners) } }
}
