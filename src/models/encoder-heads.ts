/** What stands on an encoder: which of the heads, as `architectures` names it, and the labels that a classifier tells apart. */
import { z } from 'zod'
import { YuksuError } from '../errors.ts'
import type { EncoderConfiguration, EncoderHead } from './family.ts'

/** How the names in `architectures` end. */
const endings: Readonly<Record<EncoderHead, string>> = {
  none: 'Model',
  'masked-words': 'ForMaskedLM',
  'next-sentence': 'ForNextSentencePrediction',
  pretraining: 'ForPreTraining',
  'sequence-classification': 'ForSequenceClassification',
  'token-classification': 'ForTokenClassification',
}

/** `BertForMaskedLM`. */
export function architectureOf(className: string, head: EncoderHead): string {
  return `${className}${endings[head]}`
}

/**
 * The head that `architectures` of a config.json names, for a family whose classes have this name; `more` are names of older versions. Throws
 * YuksuError where there is none that is known: which head is meant cannot be guessed.
 */
export function headOf(
  architectures: readonly string[] | null | undefined,
  className: string,
  more: Readonly<Record<string, EncoderHead>> = {},
): EncoderHead {
  const given = architectures?.[0]
  const found = (Object.keys(endings) as EncoderHead[]).find(
    (head) => given === architectureOf(className, head),
  )
  const head = found ?? (given === undefined ? undefined : more[given])
  if (head !== undefined) return head
  const known = [...Object.values(endings).map((ending) => `${className}${ending}`), ...Object.keys(more)]
  throw new YuksuError(
    'model-configuration',
    `config.json of a ${className} model: 'architectures' is ${JSON.stringify(architectures ?? null)}, and it tells the head; expected one of ${known.join(', ')}`,
  )
}

const problemTypes = ['single_label_classification', 'multi_label_classification', 'regression'] as const

/** The keys of `config.json` that tell the labels. */
export const labelKeys = {
  id2label: z.record(z.string(), z.string()).nullish(),
  num_labels: z.number().int().positive().nullish(),
  problem_type: z.enum(problemTypes).nullish(),
}

/** The labels in the order of their numbers: two without names where nothing is said, as in the reference library. */
export function parseLabels({
  id2label,
  num_labels: number = 2,
  problem_type: problemType,
}: z.infer<z.ZodObject<typeof labelKeys>>): Pick<EncoderConfiguration, 'labels' | 'problemType'> {
  const given = Object.entries(id2label ?? {})
  const labels = given.length === 0 ? unnamedLabels(number ?? 2) : new Array<string>(given.length)
  for (const [id, label] of given) {
    if (!(Number(id) < given.length)) {
      throw new YuksuError(
        'model-configuration',
        `config.json: 'id2label' has ${given.length} labels and one of them is numbered ${id}; number them from 0`,
      )
    }
    labels[Number(id)] = label
  }
  return { labels, problemType: problemType ?? null }
}

/** `LABEL_0`, `LABEL_1`, … */
export function unnamedLabels(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `LABEL_${index}`)
}

export function formatLabels({
  labels,
  problemType,
}: Pick<EncoderConfiguration, 'labels' | 'problemType'>): Record<string, unknown> {
  return {
    id2label: Object.fromEntries(labels.map((label, id) => [String(id), label])),
    label2id: Object.fromEntries(labels.map((label, id) => [label, id])),
    ...(problemType !== null && { problem_type: problemType }),
  }
}
