import { YuksuError } from '../errors.ts'
import { randomBits } from '../random.ts'
import type { Example } from '../train/objectives/objective.ts'
import type { Recipe } from './schema.ts'

/** Far from the streams of the batch plan, which share the seed. */
const heldBackStream = 2 ** 42

/** Which rows a stage learns from. */
export interface SplitExamples {
  /** Those that training sees. */
  readonly trained: readonly Example[]
  /** Those on which minimum risk is learned: the ones held back from training, or where there are none all. */
  readonly judged: readonly Example[]
}

/**
 * Divides the training rows between training and minimum risk, by `minimumRisk.heldBack` and the recipe's seed: on rows that
 * training has not seen attempts are as good as on any new dialogue, and their reward can still teach.
 *
 * @throws YuksuError `no-rows` where one of the two is left without any.
 */
export function splitHeldBack(
  examples: readonly Example[],
  { seed, minimumRisk }: Pick<Recipe, 'seed' | 'minimumRisk'>,
): SplitExamples {
  const share = minimumRisk?.heldBack ?? 0
  if (share === 0) return { trained: examples, judged: examples }
  // By their number alone, so that a run that goes on divides them as it did before.
  const isHeldBack = examples.map((_, row) => randomBits(seed, heldBackStream, row) < share * 2 ** 32)
  const trained = examples.filter((_, row) => !isHeldBack[row])
  const judged = examples.filter((_, row) => isHeldBack[row])
  if (trained.length === 0 || judged.length === 0)
    throw new YuksuError(
      'no-rows',
      `of ${examples.length} training rows minimumRisk.heldBack ${share} keeps ${judged.length} and leaves ${trained.length}; give more rows or another share`,
    )
  return { trained, judged }
}
