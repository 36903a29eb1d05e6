import { YuksuError } from '../../errors.ts'
import { readParquet } from '../../formats/parquet.ts'
import type { ReadParquetOptions } from '../../formats/parquet.ts'
import { BatchBuilder } from './batch-builder.ts'
import type { RawBatch } from './source.ts'

/** The rows of a Parquet file as JSON, for the reader `rows`. */
export async function* cutParquet(
  file: string,
  { path, rowLimit, ...options }: ReadParquetOptions & { readonly path: string; readonly rowLimit: number },
): AsyncGenerator<RawBatch> {
  const settings = { encoding: 'utf-8', row: { kind: 'json' } }
  const builder = new BatchBuilder(file, rowLimit, () => ({ format: 'rows', settings }))
  try {
    for await (const rows of readParquet(path, options)) {
      for (const row of rows) {
        if ('values' in row) {
          const bytes = Buffer.from(JSON.stringify(row.values))
          builder.add(bytes, 0, bytes.length)
          builder.end(0)
        } else {
          const detail = `the text of column ${row.invalidColumn} is not valid UTF-8`
          builder.fault(0, { reason: 'invalid-utf-8', detail })
        }
        yield* builder.take()
      }
    }
  } catch (error) {
    yield* builder.finish()
    throw error
  }
  yield* builder.finish()
  if (builder.count === 0) throw new YuksuError('empty-file', `${file} holds no rows`)
}
