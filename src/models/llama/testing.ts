/** The tiny checkpoints of the family that transformers made, one or more for each model type (`oracles/llama_models.py`). */
export const llamaFixtures = [
  'llama-biases',
  'mistral',
  'mixtral',
  'qwen2',
  'qwen3',
  'gemma',
  'gemma2',
  'gemma3',
  'phi3',
  'phi3-longrope',
  'exaone',
  'exaone4',
] as const
