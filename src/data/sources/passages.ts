// Paragraphs of plain text, put together until they are about as long as a dialogue.
import { YuksuError } from '../../errors.ts'
import { decodeText } from '../../formats/encoding.ts'
import type { TextEncoding } from '../../formats/encoding.ts'
import { lineSplitter, withoutReturn } from '../../formats/lines.ts'
import { RecordCollector } from '../../formats/record-splitter.ts'
import { BatchBuilder } from './batch-builder.ts'
import type { RawBatch } from './source.ts'

/** Characters that end a passage with its paragraph. */
const passageLength = 1200
/** A paragraph is cut after the line with which it has as many: a file without empty lines would be one. */
const longestParagraph = 1 << 20

/** The lines of each paragraph joined by a space, and paragraphs by a line end, until they make a passage. */
class PassageJoiner {
  #passage = ''
  #paragraph = ''

  /** The passage that a line ends, if it does. Empty lines end paragraphs. */
  push(line: string): string | undefined {
    if (line !== '') this.#paragraph += `${this.#paragraph === '' ? '' : ' '}${line.trim()}`
    if (line !== '' && this.#paragraph.length < longestParagraph) return undefined
    this.#close()
    return this.#passage.length < passageLength ? undefined : this.finish()
  }

  /** What is left. */
  finish(): string | undefined {
    this.#close()
    const passage = this.#passage
    this.#passage = ''
    return passage === '' ? undefined : passage
  }

  #close(): void {
    if (this.#paragraph !== '') this.#passage += `${this.#passage === '' ? '' : '\n'}${this.#paragraph}`
    this.#paragraph = ''
  }
}

/** The passages of lines, an empty one being ''. */
export async function* passagesOf(lines: AsyncIterable<string>): AsyncGenerator<string> {
  const joiner = new PassageJoiner()
  for await (const line of lines) {
    const passage = joiner.push(line)
    if (passage !== undefined) yield passage
  }
  const last = joiner.finish()
  if (last !== undefined) yield last
}

/** The passages of a text file, for the reader `rows`. A line that cannot be read is a fault of its own. */
export async function* cutParagraphs(
  file: string,
  pieces: AsyncIterable<Uint8Array>,
  encoding: TextEncoding,
  rowLimit: number,
): AsyncGenerator<RawBatch> {
  const settings = { encoding: 'utf-8', row: { kind: 'json' } }
  const builder = new BatchBuilder(file, rowLimit, () => ({ format: 'rows', settings }))
  const joiner = new PassageJoiner()
  let start: number | undefined
  const add = (passage: string | undefined) => {
    if (passage === undefined) return
    const bytes = Buffer.from(JSON.stringify({ text: passage }))
    builder.add(bytes, 0, bytes.length)
    builder.end(start ?? 0)
    start = undefined
  }
  const splitter = lineSplitter()
  const collector = new RecordCollector(rowLimit)
  const read = () => {
    for (const { line, bytes, fault } of collector.take()) {
      const decoded = fault ?? decodeText(bytes, encoding)
      if ('reason' in decoded) {
        builder.fault(line, decoded)
        continue
      }
      const text = withoutReturn(decoded.text)
      if (text.trim() !== '') start ??= line
      add(joiner.push(text.trim() === '' ? '' : text))
    }
  }
  try {
    for await (const piece of pieces) {
      splitter.push(piece, collector)
      read()
      yield* builder.take()
    }
    splitter.finish(collector)
    read()
  } catch (error) {
    yield* builder.finish()
    throw error
  }
  add(joiner.finish())
  yield* builder.finish()
  if (builder.count === 0) throw new YuksuError('empty-file', `${file} holds no rows`)
}
