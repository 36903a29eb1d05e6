/** Model families, and models: a family, its configuration and the values of its parameters. */
export { bart, type BartConfiguration } from './bart.ts'
export type { ModelExtension } from './extension.ts'
export { families, familyOfType } from './families.ts'
export type {
  CommonConfiguration,
  DecoderFamily,
  DecoderInputs,
  EncoderDecoderFamily,
  EncoderDecoderInputs,
  EncoderInputs,
  ModelFamily,
  ParameterSpecification,
  Prediction,
} from './family.ts'
export { type ForwardInputs, ForwardPass, type Logits } from './forward.ts'
export { inspectConfiguration, inspectModel, type ModelInspection, type ModelMemory } from './inspect.ts'
export { type LayerTargets, type LinearLayer, linearLayers, targetedLayers } from './linear-layers.ts'
export { llama, type LlamaConfiguration } from './llama.ts'
export { Model, openModel, readConfiguration, type WriteModelOptions } from './model.ts'
