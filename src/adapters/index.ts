/** Adapters: parameters of their own around the layers of a model that stays as it is. */
export { adapt, type Adapter } from './adapter.ts'
export { openAdapter, writeAdapter } from './adapter-folder.ts'
export { lowRank, type LowRankOptions } from './low-rank.ts'
