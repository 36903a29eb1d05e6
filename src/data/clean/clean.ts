import type { DataRow, RowOutcome, RowStepDefinition, TextColumns } from '../step.ts'
import type { Changes } from './changes.ts'
import { createTextCleaner } from './clean-text.ts'
import { cleanOptionsSchema, type CleanOptions } from './options.ts'

/** Cleans every text column of a row (`createTextCleaner`). */
export const cleanStep: RowStepDefinition<CleanOptions> = {
  kind: 'row',
  name: 'clean',
  description:
    'Repairs and unifies texts: encodings, HTML remains, normal form, invisible and look-alike characters, spaces, mask tokens, and for Korean jamo, half-typed syllables and faults of spacing.',
  options: cleanOptionsSchema,
  async create(options) {
    const spacer =
      options.koreanSpacing === 'morphemes'
        ? await (await import('./word-spacing.ts')).createWordSpacer()
        : undefined
    const clean = createTextCleaner(options, spacer)
    return {
      apply(row: DataRow, columns: TextColumns): RowOutcome {
        let values: Record<string, unknown> | undefined
        const changes: Changes = {}
        for (const name of columns.texts) {
          const value = row.values[name]
          if (typeof value !== 'string') continue
          const text = clean(value, changes)
          if (text !== value) (values ??= { ...row.values })[name] = text
        }
        return values && { values, changes }
      },
    }
  },
}
