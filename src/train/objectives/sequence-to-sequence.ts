import { collateRows, traceRows } from './encoder-decoder-rows.ts'
import type { Objective } from './objective.ts'

const name = 'sequence-to-sequence'

/** Learns to write the target after reading the source; the target ends with its end-of-text token. */
export const sequenceToSequence: Objective = {
  name,
  lengths: ({ source, target }) => ({ source: source.length, target: target.length }),
  trace: (model, shape, options) =>
    traceRows(model, shape, { ...options, objective: name, severalPerSource: false }),
  collate: (model, examples) =>
    collateRows(model, name, examples, ({ target, contextLength = 0 }) => [
      { target, from: contextLength, weight: 1 },
    ]),
}
