/** Files of the ecosystem: rows (JSONL, JSON, CSV, TSV, compressed too), safetensors and models on the hub; writing that leaves nothing half done. */
export { type FileData, writeFileAtomic, writeFolderAtomic } from './atomic-file.ts'
export {
  type DownloadProgress,
  type HubSettings,
  hubSettings,
  resolveModelFolder,
  type ResolveOptions,
} from './hub/index.ts'
export { JsonLinesWriter, type JsonLinesWriterOptions } from './json-lines-writer.ts'
export { readLines, readRows, type ReadRowsOptions, type Row, type TextLine } from './rows.ts'
export {
  openSafetensors,
  openSafetensorsFolder,
  type SafetensorsFile,
  type TensorData,
  type TensorDescription,
  type TensorType,
  type TensorValues,
  type WriteFolderOptions,
  writeSafetensors,
  writeSafetensorsFolder,
} from './safetensors.ts'
