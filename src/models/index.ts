/** Model families, and models: a family, its configuration and the values of its parameters. */
export { bart, type BartConfiguration } from './bart.ts'
export { bert, type BertConfiguration } from './bert.ts'
export { bloom, type BloomConfiguration } from './bloom.ts'
export { type Encoded, EncoderPass, type EncoderPassInputs, type Values } from './encoder-pass.ts'
export type { ModelExtension } from './extension.ts'
export { falcon, type FalconConfiguration } from './falcon.ts'
export { families, familyOfType } from './families.ts'
export type {
  CommonConfiguration,
  DecoderFamily,
  DecoderInputs,
  EncoderConfiguration,
  EncoderDecoderFamily,
  EncoderDecoderInputs,
  EncoderFamily,
  EncoderHead,
  EncoderInputs,
  EncoderRows,
  Encoding,
  ModelFamily,
  ParameterSpecification,
  Prediction,
} from './family.ts'
export { type ForwardInputs, ForwardPass, type Logits } from './forward.ts'
export { gpt2, type Gpt2Configuration } from './gpt2.ts'
export { gptneox, type GptNeoxConfiguration } from './gptneox.ts'
export { inspectConfiguration, inspectModel, type ModelInspection, type ModelMemory } from './inspect.ts'
export { type LayerTargets, type LinearLayer, linearLayers, targetedLayers } from './linear-layers.ts'
export { llama, type LlamaConfiguration } from './llama.ts'
export { mamba, type MambaConfiguration } from './mamba.ts'
export { Model, openModel, readConfiguration, type WriteModelOptions } from './model.ts'
export { presetConfiguration, presetNames } from './presets.ts'
export { type NewToken, resizeVocabulary } from './resize-vocabulary.ts'
export { openModelWithHead, type HeadOptions } from './with-head.ts'
export { TextEmbedder, type TextEmbedderOptions } from './text-embedder.ts'
export { t5 } from './t5.ts'
export type { T5Configuration } from './t5/configuration.ts'
export { xlm, type XlmConfiguration } from './xlm.ts'
