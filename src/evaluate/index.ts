/** Scores of written texts, and the baselines they are held against. */
export { leadBaseline, longestBaseline } from './baselines.ts'
export { type BootstrapInterval, bootstrapMeans, type BootstrapOptions } from './metrics/bootstrap.ts'
export {
  type RougeMeasure,
  type RougeOptions,
  type RougeReport,
  type ScoredPair,
  scoreRouge,
} from './metrics/rouge.ts'
export {
  type PrecisionRecall,
  type RougeName,
  rougeScorer,
  type RougeScore,
  type RougeScorer,
} from './metrics/rouge-scorer.ts'
export {
  detectLanguage,
  type RougeLanguage,
  rougeTokenizer,
  type RougeUnit,
} from '../data/rouge/rouge-units.ts'
export { readPairs } from './pairs-file.ts'
