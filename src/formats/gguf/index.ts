export type { GgufMetadata, GgufValue } from './metadata.ts'
export { type GgufEntry, type GgufFile, type GgufTensorPlace, openGguf } from './read-gguf.ts'
export { ggufTensorTypes, type GgufTensorTypeName } from './tensor-types.ts'
export { type GgufTensor, writeGguf, type WriteGgufOptions } from './write-gguf.ts'
