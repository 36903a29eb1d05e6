/** Rows of text: normalized, prepared with a reason for every dropped one, batched, or generated from a grammar. */
export { type Batch, chooseBuckets, planBatches, type RowLengths } from './batching.ts'
export {
  type GeneratedDialogue,
  generateDialogues,
  type GenerateDialoguesOptions,
  type Split,
} from './dialogue-grammar/dialogue-grammar.ts'
export { type NormalizationCounts, normalizeText } from './normalize-text.ts'
export {
  type PreparedSummarization,
  prepareSummarization,
  type PrepareSummarizationOptions,
  type SummarizationRow,
} from './summarization-rows.ts'
