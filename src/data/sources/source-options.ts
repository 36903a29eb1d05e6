import type { DecompressionLimits } from '../../formats/decompress.ts'
import type { TextEncoding } from '../../formats/encoding.ts'
import type { ResolveOptions } from '../../formats/hub/index.ts'

export interface SourceOptions {
  /** What is a row of a plain text file: a line (by default), or the paragraphs between empty lines, put together to passages. */
  readonly passages?: 'lines' | 'paragraphs' | undefined
  /** Whether a field may be quoted; by default in .csv, and not in .tsv. */
  readonly quotes?: boolean | undefined
  /** The encoding of all files, where it is not to be found out. */
  readonly encoding?: Exclude<TextEncoding, 'ascii'> | undefined
  /** A longer row is refused, in bytes: 32 MiB by default. */
  readonly rowLimit?: number | undefined
  /** When a compressed file is taken for one that was made to fill the memory or the disk. */
  readonly limits?: DecompressionLimits | undefined
  /** How data sets of the hub are fetched. */
  readonly hub?: ResolveOptions | undefined
}

export const defaultRowLimit = 1 << 25
