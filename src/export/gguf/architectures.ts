import { YuksuError } from '../../errors.ts'
import type { GgufArchitecture } from './architecture.ts'
import { gemmaArchitecture, llamaArchitecture, qwen2Architecture, qwen3Architecture } from './decoders.ts'

/** Every architecture that is written; a new one is one line here. */
export const architectures: readonly GgufArchitecture[] = [
  llamaArchitecture,
  qwen2Architecture,
  qwen3Architecture,
  gemmaArchitecture,
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
