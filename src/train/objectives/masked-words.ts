import { encoderObjective } from './encoder-rows.ts'

/**
 * Learns what stood where words of a text are hidden (Devlin et al., 2019). The source is what is read, hidden words and all; the target
 * what was there, as long as the source, and −100 wherever nothing is to be learned.
 */
export const maskedWords = encoderObjective({
  name: 'masked-words',
  heads: ['masked-words'],
  logits: ({ logits }) => logits!,
  ofTokens: true,
  targetOf: ({ target }) => target,
})
