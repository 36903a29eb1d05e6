import { YuksuError } from '../../errors.ts'
import { encoderObjective, onePlace } from './encoder-rows.ts'
import type { Example } from './objective.ts'

/** Learns the label of a whole text, or whether the second of two sentences follows the first (0) or not (1). */
export const textClassification = encoderObjective({
  name: 'text-classification',
  heads: ['sequence-classification', 'next-sentence'],
  logits: ({ logits, nextSentence }) => onePlace((logits ?? nextSentence)!),
  ofTokens: false,
  targetOf: ({ label }, classes) => [checked('text-classification', label, classes)],
})

/** Learns a label for each token: the target is as long as the source, and −100 where there is none. */
export const tokenClassification = encoderObjective({
  name: 'token-classification',
  heads: ['token-classification'],
  logits: ({ logits }) => logits!,
  ofTokens: true,
  targetOf: ({ target }) => target,
})

function checked(name: string, label: Example['label'], classes: number): number {
  if (label !== undefined && Number.isInteger(label) && label >= 0 && label < classes) return label
  throw new YuksuError(
    'label',
    `${name}: an example has the label ${label}, and the model tells ${classes} apart; number them from 0`,
  )
}
