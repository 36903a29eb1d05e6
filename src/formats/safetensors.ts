// The weights of a model on disk. https://huggingface.co/docs/safetensors
export { openSafetensorsFolder } from './safetensors-folder.ts'
export type { TensorDescription, TensorType } from './safetensors-header.ts'
export { openSafetensors } from './safetensors-read.ts'
export type { SafetensorsFile } from './safetensors-read.ts'
export { writeSafetensors } from './safetensors-write.ts'
export type { TensorData, TensorValues } from './safetensors-write.ts'
export { writeSafetensorsFolder } from './safetensors-write-folder.ts'
export type { WriteFolderOptions } from './safetensors-write-folder.ts'
