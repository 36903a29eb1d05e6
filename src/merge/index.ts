/** Models made of the weights of others. */
export {
  type ExtendedVocabulary,
  extendVocabulary,
  type ExtendVocabularyOptions,
} from './extend-vocabulary.ts'
export { type Merged, mergeModels, type MergeOptions } from './merge-models.ts'
export { type MergeMethod, mergeMethods, type MergeSettings } from './merge-tensors.ts'
export { type LayerRange, type Upscaled, upscaleModel, type UpscaleOptions } from './upscale-model.ts'
export type { MergedModel, Parent, WeightType } from './write-merged.ts'
