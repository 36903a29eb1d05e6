import { YuksuError } from '../../errors.ts'
import type { GgufArchitecture } from './architecture.ts'
import { bertArchitecture } from './bert.ts'
import {
  exaoneArchitecture,
  gemma2Architecture,
  gemmaArchitecture,
  llamaArchitecture,
  qwen2Architecture,
  qwen3Architecture,
} from './decoders.ts'
import { gpt2Architecture } from './gpt2.ts'

/** Every architecture that is written; a new one is one line here. */
export const architectures: readonly GgufArchitecture[] = [
  llamaArchitecture,
  qwen2Architecture,
  qwen3Architecture,
  gemmaArchitecture,
  gemma2Architecture,
  exaoneArchitecture,
  gpt2Architecture,
  bertArchitecture,
]

/** The architecture that a model type becomes. Throws naming those there are. */
export function architectureOfType(modelType: string): GgufArchitecture {
  const found = architectures.find(({ modelTypes }) => modelTypes.includes(modelType))
  if (found === undefined) {
    const known = architectures.flatMap(({ modelTypes }) => modelTypes).join(', ')
    throw new YuksuError(
      'unsupported-export',
      `a model of model_type '${modelType}' cannot be written as GGUF, ${known} can; try --format onnx or --format safetensors`,
    )
  }
  return found
}
