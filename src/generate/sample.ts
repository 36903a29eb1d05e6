import { randomInt } from 'node:crypto'
import { philox } from '../random.ts'
import type { GeneratedSequence, GenerationHooks } from './generated-sequence.ts'
import { mixKey } from './row-key.ts'
import type { SearchPlan } from './search-plan.ts'
import { drawToken } from './select-token.ts'
import { searchTokens } from './token-search.ts'

/**
 * A 32-bit key for each row. With a seed it comes from the seed, the row's tokens and its number among the returned sequences:
 * the same whatever else is in the batch, and equal rows of one batch get equal answers. Without a seed it is random.
 */
function rowKeys({ inputs, prompts, returned, options: { seed } }: SearchPlan): Uint32Array {
  return Uint32Array.from({ length: prompts.length * returned }, (_, row) => {
    if (seed === undefined) return randomInt(2 ** 32)
    const example = Math.floor(row / returned)
    const own = typeof seed === 'number' ? seed : seed[example]!
    const key = mixKey(own, Array.from(prompts[example]!).concat(row % returned))
    return inputs ? mixKey(key, Array.from(inputs[example]!)) : key
  })
}

/** A number in [0, 1) with 53 bits, for a row's key and the number of tokens it generated so far. */
function fraction(key: number, generated: number): number {
  const [high, low] = philox([generated, 0, 0, 0], [key, 0])
  return ((high >>> 5) * 2 ** 26 + (low >>> 6)) / 2 ** 53
}

/** Draws every token from the processed distribution; the draws are a function of row key and position only. */
export function sample(plan: SearchPlan, hooks: GenerationHooks): Promise<GeneratedSequence[]> {
  const { vocabularySize } = plan.model
  const keys = rowKeys(plan)
  const weights = new Float64Array(vocabularySize)
  return searchTokens(
    plan,
    (scores, offset, row, generated) =>
      drawToken(scores, offset, vocabularySize, fraction(keys[row]!, generated), weights),
    hooks,
  )
}
