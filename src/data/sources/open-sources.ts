import { YuksuError } from '../../errors.ts'
import { access, constants } from 'node:fs/promises'
import type { TextEncoding } from '../../formats/encoding.ts'
import { lineSplitter } from '../../formats/lines.ts'
import { readFilePieces } from '../../formats/open-file.ts'
import type { RecordSplitter } from '../../formats/record-splitter.ts'
import { warcSplitter } from '../../formats/warc.ts'
import { type WikiSite, wikiSplitter } from '../../formats/wikipedia/dump.ts'
import { BatchBuilder } from './batch-builder.ts'
import { cutParagraphs } from './passages.ts'
import { cutParquet } from './cut-parquet.ts'
import { cutPieces, cutRows } from './cut-rows.ts'
import { fileFormat, supportedSourceFiles } from './file-format.ts'
import type { FileFormat } from './file-format.ts'
import { findFiles, systemFault } from './find-files.ts'
import type { FoundFile } from './find-files.ts'
import { defaultRowLimit } from './source-options.ts'
import type { SourceOptions } from './source-options.ts'
import type { RawBatch, Source, SourceFault } from './source.ts'
import { textInput } from './text-input.ts'

/**
 * The sources that files, folders (all files below them) and patterns (`data/*.jsonl`) stand for, in the order given and by
 * name within one. What cannot be read is a fault; nothing is thrown for it. A source is read by going through its batches.
 */
export async function openSources(
  patterns: readonly string[],
  options: SourceOptions = {},
): Promise<{ sources: Source[]; faults: SourceFault[] }> {
  const faults: SourceFault[] = []
  const sources: Source[] = []
  for (const found of await findFiles(patterns, (fault) => faults.push(fault))) {
    const { file } = found
    const format = fileFormat(file)
    if (format === undefined) {
      const detail = `cannot tell the format of ${file} by its name; expected ${supportedSourceFiles}`
      faults.push({ file, reason: 'unknown-format', detail })
      continue
    }
    try {
      await access(file, constants.R_OK)
    } catch (error) {
      faults.push(systemFault(file, error))
      continue
    }
    sources.push(new FileSource(found, format, options))
  }
  return { sources, faults }
}

class FileSource implements Source {
  readonly file: string
  readonly bytes: number
  readonly #format: FileFormat
  readonly #options: SourceOptions
  #bytesRead = 0
  #encoding: TextEncoding | undefined

  constructor({ file, bytes }: FoundFile, format: FileFormat, options: SourceOptions) {
    this.file = file
    this.bytes = bytes
    this.#format = format
    this.#options = options
  }

  get bytesRead(): number {
    return this.#bytesRead
  }

  get encoding(): string | undefined {
    return this.#encoding
  }

  async *batches(onFault: (fault: SourceFault) => void): AsyncGenerator<RawBatch> {
    this.#bytesRead = 0
    try {
      yield* this.#cut()
    } catch (error) {
      if (!(error instanceof YuksuError)) throw error
      onFault({ file: this.file, reason: reasonOf(error), detail: error.message })
    }
  }

  #cut(): AsyncGenerator<RawBatch> {
    const { limits, rowLimit = defaultRowLimit } = this.#options
    const onRead = (bytes: number) => void (this.#bytesRead += bytes)
    if (this.#format === 'parquet') return cutParquet(this.file, { onRead, rowLimit })
    const pieces = readFilePieces(this.file, { limits, onRead })
    if (this.#format === 'html') return this.#cutRecords(pieces, wholeSplitter(), () => ({}))
    if (this.#format === 'warc') return this.#cutRecords(pieces, warcSplitter(), () => ({}))
    return this.#cutText(pieces)
  }

  async *#cutText(bytes: AsyncGenerator<Uint8Array>): AsyncGenerator<RawBatch> {
    const { encoding: given, quotes, rowLimit = defaultRowLimit, passages } = this.#options
    const input = await textInput(bytes, given)
    if (input === undefined) throw new YuksuError('empty-file', `${this.file} is empty`)
    const { encoding, pieces } = input
    this.#encoding = encoding
    const format = this.#format
    if (format === 'text') {
      if (passages === 'paragraphs') yield* cutParagraphs(this.file, pieces, encoding, rowLimit)
      else yield* this.#cutRecords(pieces, lineSplitter(), () => ({ encoding }), 'lines')
    } else if (format === 'markdown') {
      yield* this.#cutRecords(pieces, wholeSplitter(), () => ({ encoding }))
    } else if (format === 'wikipedia') {
      let site: WikiSite | undefined
      const splitter = wikiSplitter(this.file, (found) => void (site = found))
      yield* this.#cutRecords(pieces, splitter, () => ({ encoding, site }))
    } else yield* cutRows(this.file, `.${format as 'jsonl'}`, pieces, encoding, { quotes, rowLimit })
  }

  #cutRecords(
    pieces: AsyncIterable<Uint8Array>,
    splitter: RecordSplitter,
    settings: () => Readonly<Record<string, unknown>>,
    format: string = this.#format,
  ): AsyncGenerator<RawBatch> {
    const { rowLimit = defaultRowLimit } = this.#options
    const builder = new BatchBuilder(this.file, rowLimit, () => ({ format, settings: settings() }))
    return cutPieces(this.file, pieces, splitter, builder)
  }
}

/** A file that is one record. */
function wholeSplitter(): RecordSplitter {
  let begun = false
  return {
    push(piece, sink) {
      sink.add(piece, 0, piece.length)
      begun = true
    },
    finish(sink) {
      if (begun) sink.end(1)
    },
  }
}

/** Of errors in reading, the kind that counts: what the system refuses is unreadable. */
function reasonOf({ code }: YuksuError): string {
  return code === 'cannot-read' ? 'unreadable' : code
}
