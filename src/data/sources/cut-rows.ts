import { YuksuError } from '../../errors.ts'
import { decodeText } from '../../formats/encoding.ts'
import type { TextEncoding } from '../../formats/encoding.ts'
import { RecordCollector } from '../../formats/record-splitter.ts'
import type { RecordSink, RecordSplitter, RowFault } from '../../formats/record-splitter.ts'
import { invalidHeader, isBlank, parseHeader, rowLayout } from '../../formats/row-format.ts'
import type { RowFormat, RowSettings } from '../../formats/row-format.ts'
import { BatchBuilder } from './batch-builder.ts'
import type { RawBatch } from './source.ts'

export interface CutOptions {
  readonly quotes?: boolean | undefined
  readonly rowLimit: number
}

/**
 * Cuts the pieces of a file into batches. What is wrong with the file as a whole is thrown after the batches before it.
 * Throws `empty-file` where there are no records.
 */
export async function* cutPieces(
  file: string,
  pieces: AsyncIterable<Uint8Array>,
  splitter: RecordSplitter,
  builder: BatchBuilder,
  sink: RecordSink = builder,
): AsyncGenerator<RawBatch> {
  try {
    for await (const piece of pieces) {
      splitter.push(piece, sink)
      yield* builder.take()
    }
    splitter.finish(sink)
  } catch (error) {
    yield* builder.finish()
    throw error
  }
  yield* builder.finish()
  if (builder.count === 0) throw new YuksuError('empty-file', `${file} holds no rows`)
}

/** The batches of a file of rows, for the reader `rows`. Throws `invalid-header` and `not-an-array` as well. */
export async function* cutRows(
  file: string,
  format: RowFormat,
  pieces: AsyncIterable<Uint8Array>,
  encoding: TextEncoding,
  { quotes, rowLimit }: CutOptions,
): AsyncGenerator<RawBatch> {
  const { splitter, separated } = rowLayout(file, format, quotes, rowLimit)
  let row: RowSettings = { kind: 'json' }
  const builder = new BatchBuilder(file, rowLimit, () => ({ format: 'rows', settings: { encoding, row } }))
  if (separated === undefined) yield* cutPieces(file, pieces, splitter, builder)
  else {
    const sink = new HeaderSink(builder, (bytes, fault) => {
      if (fault) throw invalidHeader(file, fault.detail)
      const decoded = decodeText(bytes, encoding)
      if ('reason' in decoded) throw invalidHeader(file, decoded.detail)
      row = { kind: 'separated', separated, columns: parseHeader(file, decoded.text, separated) }
    })
    yield* cutPieces(file, pieces, splitter, builder, sink)
  }
}

/** Keeps the first record that is not blank to itself. */
class HeaderSink implements RecordSink {
  readonly #sink: RecordSink
  readonly #onHeader: (bytes: Uint8Array, fault: RowFault | undefined) => void
  #collector: RecordCollector | undefined = new RecordCollector()

  constructor(sink: RecordSink, onHeader: (bytes: Uint8Array, fault: RowFault | undefined) => void) {
    this.#sink = sink
    this.#onHeader = onHeader
  }

  add(piece: Uint8Array, start: number, end: number): void {
    ;(this.#collector ?? this.#sink).add(piece, start, end)
  }

  end(line: number): void {
    if (!this.#collector) return this.#sink.end(line)
    this.#collector.end(line)
    this.#look()
  }

  fault(line: number, fault: RowFault): void {
    if (!this.#collector) return this.#sink.fault(line, fault)
    this.#collector.fault(line, fault)
    this.#look()
  }

  #look(): void {
    for (const { bytes, fault } of this.#collector!.take()) {
      if (fault === undefined && isBlank(bytes)) continue
      this.#onHeader(bytes, fault)
      this.#collector = undefined
    }
  }
}
