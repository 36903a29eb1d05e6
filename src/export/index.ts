/** Models in the formats of other programs: GGUF for llama.cpp, and model folders in other types of numbers. */
export type { Comparison } from './compare.ts'
export {
  type Exported,
  type ExportFormat,
  exportModel,
  type ExportOptions,
  exportTypes,
} from './export-model.ts'
