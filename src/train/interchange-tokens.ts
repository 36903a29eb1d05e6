import { randomStream } from '../random.ts'
import type { Example } from './objectives/objective.ts'

/** Far from the streams of the batch plan, which share the seed. */
const firstStream = 2 ** 40

/**
 * Exchanges interchangeable tokens, such as the marks of speakers, in the source and the target of an example alike, in
 * another way at every pass: who is called what carries no meaning, and a model should not learn that it does. A pure
 * function of its arguments. Only tokens that occur in the source are exchanged, with each other.
 */
export function interchangeTokens(
  example: Example,
  tokens: ReadonlySet<number>,
  { seed, epoch, row }: { seed: number; epoch: number; row: number },
): Example {
  const present = [...new Set(example.source.filter((token) => tokens.has(token)))]
  if (present.length < 2) return example
  const shuffled = randomStream(seed, firstStream + epoch * 2 ** 20 + row).shuffled(present)
  const exchange = new Map(present.map((token, index) => [token, shuffled[index]!]))
  const apply = (ids: Int32Array) => ids.map((id) => exchange.get(id) ?? id)
  return { ...example, source: apply(example.source), target: apply(example.target) }
}
