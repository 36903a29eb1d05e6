/** Steps that find texts which are there already, and the search for similar pairs. */
import type { StepDefinition } from '../step.ts'
import { exactDuplicates } from './exact-duplicates.ts'
import { containment } from './containment.ts'
import { lineDuplicates } from './line-duplicates.ts'
import { nearDuplicates } from './near-duplicates.ts'
import { repeatedPassages } from './repeated-passages.ts'
import { semanticDuplicates } from './semantic-duplicates.ts'

export { containment, exactDuplicates, lineDuplicates, nearDuplicates, repeatedPassages, semanticDuplicates }
export { type ShingleOptions, parseShingle } from './shingles.ts'
export {
  findSimilarTexts,
  type SimilarPair,
  type SimilarTexts,
  type SimilarTextsOptions,
} from './similar-texts.ts'

/** In the order of the documentation. */
export const deduplicationSteps = [
  exactDuplicates,
  lineDuplicates,
  nearDuplicates,
  containment,
  repeatedPassages,
  semanticDuplicates,
] as readonly StepDefinition[]
