/** Layers over scopes. */
export { type Activation, activations } from './activation.ts'
export { alibiMask, alibiSlopes, roundedAlibiMask, type RoundedAlibiOptions } from './alibi.ts'
export { attentionDropout, dropout } from './dropout.ts'
export { embedding } from './embedding.ts'
export { mergeHeads, splitFusedHeads, splitHeads } from './heads.ts'
export { type KeyValue, KeyValueCache } from './key-value-cache.ts'
export { linear } from './linear.ts'
export { layerNorm, rmsNorm } from './normalization.ts'
export { relativePositionBias, relativePositionBucket, relativePositionBuckets } from './relative-position.ts'
export { partialRotaryWidth, type RotaryOptions, rotaryTables } from './rotary.ts'
export { rotaryTurn, type RotaryTurn, type RotaryTurnInputs } from './rotary-turn.ts'
export { type RopeBase, ropeFrequencies, type RopeFrequencies, type RopeScaling } from './rotary-scaling.ts'
export {
  type LinearAttachment,
  Scope,
  type ScopeOptions,
  type ScopeParameter,
  type StoredWeight,
} from './scope.ts'
