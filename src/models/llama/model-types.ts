import { exaone4Type, exaoneType } from './types/exaone.ts'
import { gemma2Type, gemma3Type, gemmaType } from './types/gemma.ts'
import { llamaType } from './types/llama.ts'
import { mistralType, mixtralType } from './types/mistral.ts'
import type { ModelType } from './types/model-type.ts'
import { phi3Type } from './types/phi3.ts'
import { qwen2Type, qwen3Type } from './types/qwen.ts'

/** Every value of `model_type` that the family opens; a new one is one entry here. */
export const modelTypes: readonly ModelType[] = [
  llamaType,
  mistralType,
  mixtralType,
  qwen2Type,
  qwen3Type,
  gemmaType,
  gemma2Type,
  gemma3Type,
  phi3Type,
  exaoneType,
  exaone4Type,
]

/** The model type of that name, one of the family's. */
export function modelTypeOf(name: string): ModelType {
  return modelTypes.find(({ modelType }) => modelType === name)!
}
