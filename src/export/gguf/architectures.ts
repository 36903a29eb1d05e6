import { YuksuError } from '../../errors.ts'
import type { GgufArchitecture } from './architecture.ts'
import { bertArchitecture } from './bert.ts'
import {
  exaone4Architecture,
  exaoneArchitecture,
  gemma2Architecture,
  gemma3Architecture,
  gemmaArchitecture,
  llamaArchitecture,
  phi3Architecture,
  qwen2Architecture,
  qwen3Architecture,
} from './decoders.ts'
import { bloomArchitecture, neoxArchitecture } from './fused-decoders.ts'
import { gpt2Architecture } from './gpt2.ts'

/** Every architecture that is written; a new one is one line here. */
export const architectures: readonly GgufArchitecture[] = [
  llamaArchitecture,
  qwen2Architecture,
  qwen3Architecture,
  gemmaArchitecture,
  gemma2Architecture,
  gemma3Architecture,
  exaoneArchitecture,
  exaone4Architecture,
  phi3Architecture,
  neoxArchitecture,
  bloomArchitecture,
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
