/** Training: objectives, one optimizer step, and the loop around it that resumes to the same bits. */
export {
  averageCheckpoints,
  checkpointFolder,
  checkpointSteps,
  readCheckpoint,
  readWeights,
  type TrainingState,
  writeCheckpoint,
} from './checkpoint.ts'
export { conversationExample } from './conversation-example.ts'
export { causal } from './objectives/causal.ts'
export { textClassification, tokenClassification } from './objectives/classification.ts'
export { maskedWords } from './objectives/masked-words.ts'
export type { BatchShape, CollatedBatch, Example, Objective, TracedLoss } from './objectives/objective.ts'
export { sequenceToSequence } from './objectives/sequence-to-sequence.ts'
export { adafactor, type AdafactorOptions } from './optimizers/adafactor.ts'
export { adamw, type AdamWOptions } from './optimizers/adamw.ts'
export { adamw8Bit, type AdamW8BitOptions } from './optimizers/adamw-8-bit.ts'
export { lion, type LionOptions } from './optimizers/lion.ts'
export { lookahead, type LookaheadOptions } from './optimizers/lookahead.ts'
export type { OptimizedParameter, Optimizer, OptimizerStep } from './optimizers/optimizer.ts'
export { radam } from './optimizers/radam.ts'
export { sgd, type SgdOptions } from './optimizers/sgd.ts'
export { learningRate, type Schedule, type ScheduleKind } from './schedule.ts'
export { train, type TrainerOptions, type TrainingProgress, type TrainingResult } from './trainer.ts'
export {
  type ParameterGroup,
  type StepResult,
  TrainingStep,
  type TrainingStepOptions,
} from './training-step.ts'
