import { compressionOf, compressions, withoutCompression } from '../../formats/decompress.ts'

/** How a file is read, by the end of its name. */
const formatsByEnd = {
  '.jsonl': 'jsonl',
  '.ndjson': 'jsonl',
  '.json': 'json',
  '.csv': 'csv',
  '.tsv': 'tsv',
  '.txt': 'text',
  '.md': 'markdown',
  '.markdown': 'markdown',
  '.html': 'html',
  '.htm': 'html',
  '.xhtml': 'html',
  '.warc': 'warc',
  '.wet': 'warc',
  '.xml': 'wikipedia',
  '.parquet': 'parquet',
} as const

export type FileFormat = (typeof formatsByEnd)[keyof typeof formatsByEnd]

/** For messages and help. */
export const supportedSourceFiles = `${Object.keys(formatsByEnd).join(', ')}, each also with ${compressions.join(', ')}`

/** The format of a file by its name, whether compressed or not (Parquet compresses by itself); undefined where it is not known. */
export function fileFormat(path: string): FileFormat | undefined {
  const name = withoutCompression(path).toLowerCase()
  const end = Object.keys(formatsByEnd).find((end) => name.endsWith(end)) as
    | keyof typeof formatsByEnd
    | undefined
  if (end === '.parquet' && compressionOf(path) !== undefined) return undefined
  return end === undefined ? undefined : formatsByEnd[end]
}
