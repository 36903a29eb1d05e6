import type { LogitsProcessor } from '../logits-processor.ts'
import { asList, type GenerationOptions } from '../options.ts'
import { badWordsProcessor } from './bad-words.ts'
import { forcedBosProcessor } from './forced-bos.ts'
import { forcedEosProcessor } from './forced-eos.ts'
import { minPProcessor } from './min-p.ts'
import { minimumLengthProcessor } from './minimum-length.ts'
import { minimumNewTokensProcessor } from './minimum-new-tokens.ts'
import { noRepeatNgramProcessor } from './no-repeat-ngram.ts'
import { repetitionPenaltyProcessor } from './repetition-penalty.ts'
import { temperatureProcessor } from './temperature.ts'
import { topKProcessor } from './top-k.ts'
import { topPProcessor } from './top-p.ts'

/** The processors that the options ask for, in the order in which transformers applies them; none that would do nothing. */
export function createLogitsProcessors(
  options: GenerationOptions,
  vocabularySize: number,
): LogitsProcessor[] {
  const endTokens = asList(options.eosTokenId)
  const forcedEnd = asList(options.forcedEosTokenId)
  const processors: LogitsProcessor[] = []
  const { repetitionPenalty = 1, noRepeatNgramSize = 0, minLength = 0, minNewTokens = 0 } = options
  if (repetitionPenalty !== 1) processors.push(repetitionPenaltyProcessor(repetitionPenalty, vocabularySize))
  if (noRepeatNgramSize > 0) processors.push(noRepeatNgramProcessor(noRepeatNgramSize, vocabularySize))
  if (options.badWordsIds) processors.push(badWordsProcessor(options.badWordsIds, endTokens, vocabularySize))
  if (minLength > 0) processors.push(minimumLengthProcessor(minLength, endTokens))
  if (minNewTokens > 0) processors.push(minimumNewTokensProcessor(minNewTokens, endTokens))
  if (options.forcedBosTokenId !== undefined) {
    processors.push(forcedBosProcessor(options.forcedBosTokenId, vocabularySize))
  }
  if (forcedEnd.length > 0) processors.push(forcedEosProcessor(forcedEnd, vocabularySize))
  if (!options.doSample) return processors

  const { temperature = 1, topK = 0, topP = 1, minP = 0 } = options
  if (temperature !== 1) processors.push(temperatureProcessor(temperature, vocabularySize))
  if (topK > 0) processors.push(topKProcessor(topK, vocabularySize))
  if (topP < 1) processors.push(topPProcessor(topP, vocabularySize))
  if (minP > 0) processors.push(minPProcessor(minP, vocabularySize))
  return processors
}
