import { z } from 'zod'
import { type DataRow, documentText, type RowStepDefinition, type TextColumns } from '../../step.ts'
import { detectableLanguages, detectLanguage, languageConfidence } from './detect-language.ts'

const options = z.strictObject({
  languages: z
    .array(z.enum(['unknown', ...detectableLanguages]))
    .min(1)
    .describe(
      'Codes of the languages that are kept, such as `ko` and `en`; `unknown` keeps code, numbers and what has no letters.',
    ),
  threshold: z
    .number()
    .min(0)
    .max(1)
    .default(0.5)
    .describe('How sure it must be that a row is in one of them, from 0 to 1 (0.5 as CCNet).'),
  column: z
    .string()
    .min(1)
    .optional()
    .describe('Column that is judged; without it, the document. One side of a translation, for instance.'),
})

export type LanguageOptions = z.output<typeof options>

/** Keeps rows in given languages; see `detectLanguage` for how they are told apart. */
export const languageStep: RowStepDefinition<LanguageOptions> = {
  kind: 'row',
  name: 'language',
  description:
    'Keeps rows in the languages named: scripts decide first, frequent words and spelling among languages that share letters.',
  options,
  create({ languages, threshold, column }) {
    const wanted: ReadonlySet<string> = new Set(languages)
    const name = column?.normalize('NFC')
    return {
      apply(row, columns) {
        const text = textOf(row, columns, name)
        const found = detectLanguage(text)
        if (found.language === 'unknown') {
          return wanted.has('unknown')
            ? undefined
            : { drop: 'no-language', evidence: { language: 'unknown' } }
        }
        if (wanted.has(found.language) && found.confidence >= threshold) return undefined
        const confidence = languageConfidence(text, wanted)
        if (confidence >= threshold) return undefined
        const evidence = {
          language: found.language,
          confidence: Math.round(found.confidence * 1000) / 1000,
          threshold,
        }
        return { drop: wanted.has(found.language) ? 'uncertain-language' : 'other-language', evidence }
      },
    }
  },
}

function textOf(row: DataRow, columns: TextColumns, name: string | undefined): string {
  if (name === undefined) return documentText(row, columns)
  const value = row.values[name]
  return typeof value === 'string' ? value : ''
}
