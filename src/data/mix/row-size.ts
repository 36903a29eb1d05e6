import { YuksuError } from '../../errors.ts'
import { loadTokenizer } from '../../tokenizers/load-tokenizer.ts'
import { documentText, type IndexedRow } from '../step.ts'

export const sizeUnits = ['rows', 'characters', 'tokens'] as const
export type SizeUnit = (typeof sizeUnits)[number]

/**
 * What measures rows: 1 each, characters (UTF-16 units) of the document, or its tokens.
 *
 * @throws YuksuError `missing-tokenizer` for tokens without one.
 */
export async function rowSizer(
  unit: SizeUnit,
  tokenizer: string | undefined,
): Promise<(row: IndexedRow) => number> {
  if (unit === 'rows') return () => 1
  if (unit === 'characters') return (row) => documentText(row, row.columns).length
  if (tokenizer === undefined)
    throw new YuksuError(
      'missing-tokenizer',
      'tokens are counted by a tokenizer; give its folder as `tokenizer`',
    )
  const { encode } = await loadTokenizer(tokenizer)
  return (row) => encode(documentText(row, row.columns)).length
}
