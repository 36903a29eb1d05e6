import { z } from 'zod'
import { YuksuError } from '../../../errors.ts'
import { readRows } from '../../../formats/rows.ts'
import { documentText, type RowOutcome, type RowStepDefinition } from '../../step.ts'
import { readTextClassifier } from '../classifier/classifier-file.ts'
import type { FeatureOptions } from '../classifier/hashed-features.ts'
import { type LabelledText, type TextClassifier, trainTextClassifier } from '../classifier/text-classifier.ts'
import { englishToxicWords, koreanToxicWords, type ToxicWord } from './toxic-words.ts'
import { createWordMatcher } from './word-matcher.ts'

const name = () => z.string().min(1)

const options = z.strictObject({
  lists: z
    .array(z.enum(['ko', 'en']))
    .default(['ko', 'en'])
    .describe(
      'Lists of abusive words that are looked for, also disguised (`시1발`, `씨 발`, `ㅅㅂ`, `sh1t`); empty for none.',
    ),
  words: z
    .array(name())
    .default([])
    .describe('Further words. [ab] in one stands for one of the letters, (x|y) for one of the strings.'),
  ignore: z
    .array(name())
    .default([])
    .describe('Texts in which nothing is looked for where they occur, such as the name of a place.'),
  allowed: z.int().min(0).default(0).describe('Occurrences up to which a row is kept.'),
  classifier: z
    .union([
      name(),
      z.strictObject({
        files: z.union([name(), z.array(name()).min(1)]).describe('Rows with a text and a label.'),
        text: name().default('text').describe('Column of the text.'),
        label: name().default('label').describe('Column of the label.'),
      }),
    ])
    .optional()
    .describe(
      'A classifier beside the lists: a file that `writeTextClassifier` wrote, or labelled rows to train one on (at the start, in each thread the same).',
    ),
  toxic: z
    .array(name())
    .min(1)
    .default(['hate', 'offensive'])
    .describe('Labels of the classifier that count as toxic.'),
  threshold: z
    .number()
    .min(0)
    .max(1)
    .default(0.8)
    .describe('A row is left out where these labels together are likelier than this.'),
})

export type ToxicityOptions = z.output<typeof options>

/** Characters and jamo, which show a word however it is spelt or spaced. */
export const toxicityFeatures: FeatureOptions = { characters: [1, 3], jamo: [3, 6], bits: 18 }

/**
 * Leaves out abusive rows: by lists of words that have no harmless reading, and where one is given by a classifier. The
 * evidence is a score or a count, never the words.
 */
export const toxicityStep: RowStepDefinition<ToxicityOptions> = {
  kind: 'row',
  name: 'toxicity',
  description:
    'Leaves out abusive rows, by lists of Korean and English words, disguised ones too, and by a classifier.',
  options,
  async create(settings, { seed }) {
    const lists: ToxicWord[] = [
      ...(settings.lists.includes('ko') ? koreanToxicWords : []),
      ...(settings.lists.includes('en') ? englishToxicWords : []),
      ...settings.words.map((forms) => ({ forms, kind: 'listed' as const })),
    ]
    const match = createWordMatcher(lists)
    const harmless = settings.ignore.map((text) => text.normalize('NFC').toLowerCase())
    const score =
      settings.classifier === undefined ? undefined : await toxicScore(settings.classifier, settings, seed)
    return {
      apply(row, columns): RowOutcome {
        const text = documentText(row, columns)
        const found = match(without(text, harmless))
        if (found.length > settings.allowed) {
          const kinds = [...new Set(found.map(({ kind }) => kind))].sort().join(', ')
          return { drop: 'toxic-words', evidence: { count: found.length, allowed: settings.allowed, kinds } }
        }
        const value = score?.(text)
        if (value === undefined || value <= settings.threshold) return undefined
        return {
          drop: 'toxic-text',
          evidence: { score: Math.round(value * 1e4) / 1e4, threshold: settings.threshold },
        }
      },
    }
  },
}

function without(text: string, harmless: readonly string[]): string {
  if (harmless.length === 0) return text
  return harmless.reduce((rest, word) => rest.replaceAll(word, ' '), text.normalize('NFC').toLowerCase())
}

async function toxicScore(
  given: NonNullable<ToxicityOptions['classifier']>,
  { toxic }: ToxicityOptions,
  seed: number,
): Promise<(text: string) => number> {
  const classifier =
    typeof given === 'string'
      ? await readTextClassifier(given)
      : await trainToxicityClassifier(labelledRows([given.files].flat(), given.text, given.label), seed)
  const places = toxic.flatMap((label) => {
    const place = classifier.labels.indexOf(label)
    return place < 0 ? [] : [place]
  })
  if (places.length === 0) {
    throw new YuksuError(
      'unknown-label',
      `The classifier knows the labels ${classifier.labels.join(', ')}, and none of ${toxic.join(', ')}; name the toxic ones in \`toxic\`.`,
    )
  }
  return (text) => {
    const chances = classifier.probabilities(text)
    return places.reduce((sum, place) => sum + chances[place]!, 0)
  }
}

/** Trains a classifier of comments by n-grams of their characters and jamo. */
export function trainToxicityClassifier(
  rows: Iterable<LabelledText> | AsyncIterable<LabelledText>,
  seed = 1,
): Promise<TextClassifier> {
  return trainTextClassifier(rows, { features: toxicityFeatures, seed })
}

/**
 * Texts with their labels from files of rows.
 *
 * @throws YuksuError `missing-column`, and what `readRows` throws; rows that cannot be read are passed over.
 */
export async function* labelledRows(
  files: readonly string[],
  textColumn: string,
  labelColumn: string,
): AsyncGenerator<LabelledText> {
  for (const file of files) {
    for await (const row of readRows(file)) {
      if ('error' in row) continue
      const [text, label] = [textColumn, labelColumn].map((column) => {
        const value = row.values[column.normalize('NFC')]
        if (value !== undefined && value !== null) return String(value)
        throw new YuksuError(
          'missing-column',
          `${file}, row ${row.number}, has no "${column}"; it has ${Object.keys(row.values).join(', ')}`,
        )
      })
      yield { text: text!, label: label! }
    }
  }
}
