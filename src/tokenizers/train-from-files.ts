import {
  type ByteLevelBpeOptions,
  type TokenizerTrainingProgress,
  trainByteLevelBpe,
  type TrainedTokenizer,
} from './byte-level-bpe.ts'
import { readTexts, type UnreadText } from './read-texts.ts'

export type { UnreadText } from './read-texts.ts'

export interface TrainFromFilesOptions extends Omit<ByteLevelBpeOptions, 'onProgress'> {
  /** Columns to read from files of rows (JSONL, JSON, CSV, TSV). Default: every column that holds text. */
  readonly columns?: readonly string[] | undefined
}

/**
 * Trains a byte-level BPE tokenizer on files: each line of a plain text, each text value of a row. Lines and rows that
 * cannot be read are left out and listed in `unread`.
 *
 * @throws YuksuError as `trainByteLevelBpe` and as the readers do; `missing-column` where a row file has no such column.
 */
export async function trainTokenizerFromFiles(
  files: readonly string[],
  { columns, ...options }: TrainFromFilesOptions,
  onProgress?: (progress: TokenizerTrainingProgress) => void,
): Promise<TrainedTokenizer & { readonly unread: readonly UnreadText[] }> {
  const unread: UnreadText[] = []
  async function* texts(): AsyncGenerator<string> {
    for (const path of files) yield* readTexts(path, columns, unread)
  }
  const trained = await trainByteLevelBpe(texts(), { ...options, onProgress })
  return Object.assign(trained, { unread })
}
