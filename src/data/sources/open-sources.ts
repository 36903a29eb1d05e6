import { YuksuError } from '../../errors.ts'
import { access, constants } from 'node:fs/promises'
import type { TextEncoding } from '../../formats/encoding.ts'
import { parseDatasetName, resolveDataset } from '../../formats/hub/index.ts'
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
 * The sources that files, folders (all files below them), patterns (`data/*.jsonl`) and data sets of the hub
 * (`hf:owner/name[@revision][:configuration[/split]]`, fetched where they are missing) stand for, in the order given and by
 * name within one. What cannot be read is a fault; nothing is thrown for it. A source is read by going through its batches.
 */
export async function openSources(
  patterns: readonly string[],
  options: SourceOptions = {},
): Promise<{ sources: Source[]; faults: SourceFault[] }> {
  const faults: SourceFault[] = []
  const sources: Source[] = []
  const onFault = (fault: SourceFault) => void faults.push(fault)
  for (const found of await findFiles(patterns, onFault, (name) => findDataset(name, options))) {
    const { file, path } = found
    const format = fileFormat(path)
    if (format === undefined) {
      const detail = `cannot tell the format of ${file} by its name; expected ${supportedSourceFiles}`
      onFault({ file, reason: 'unknown-format', detail })
      continue
    }
    try {
      await access(path, constants.R_OK)
    } catch (error) {
      onFault(systemFault(file, error))
      continue
    }
    sources.push(new FileSource(found, format, options))
  }
  return { sources, faults }
}

/** The files of a data set of the hub, by names that say where they come from: `hf:owner/name/data/train.parquet`. */
async function findDataset(name: string, { hub }: SourceOptions) {
  const dataset = parseDatasetName(name)
  if (dataset === undefined)
    throw new YuksuError(
      'unknown-dataset',
      `${name} is no name of a data set; expected hf:owner/name, hf:owner/name@revision or hf:owner/name:configuration/split`,
    )
  const { files } = await resolveDataset(dataset, hub)
  const { model, revision } = dataset.repository
  const prefix = `hf:${model}${revision === 'main' ? '' : `@${revision}`}`
  return files.map((file) => ({ file: `${prefix}/${file.name}`, path: file.path }))
}

class FileSource implements Source {
  readonly file: string
  readonly bytes: number
  readonly #path: string
  readonly #format: FileFormat
  readonly #options: SourceOptions
  #bytesRead = 0
  #encoding: TextEncoding | undefined

  constructor({ file, path, bytes }: FoundFile, format: FileFormat, options: SourceOptions) {
    this.file = file
    this.#path = path
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
    if (this.#format === 'parquet') return cutParquet(this.file, { path: this.#path, onRead, rowLimit })
    const pieces = readFilePieces(this.#path, { limits, onRead })
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
