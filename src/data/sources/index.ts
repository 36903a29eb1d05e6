/** Rows of files of many kinds: found, cut into batches in one thread, read in any. */
export { openSources } from './open-sources.ts'
export { readBatch } from './read-batch.ts'
export {
  type RawBatch,
  type ReadBatch,
  type Source,
  type SourceFault,
  transferablesOf,
  type UnreadableRow,
} from './source.ts'
export type { SourceOptions } from './source-options.ts'
