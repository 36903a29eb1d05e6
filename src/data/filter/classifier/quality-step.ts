import { z } from 'zod'
import { YuksuError } from '../../../errors.ts'
import { randomBits } from '../../../random.ts'
import { readTexts } from '../../../tokenizers/read-texts.ts'
import {
  type CorpusContext,
  type CorpusPlan,
  type CorpusStepDefinition,
  documentText,
  type RowOutcome,
  type RowSource,
} from '../../step.ts'
import { contentHalf } from '../content-half.ts'
import { areaUnderCurve } from './classification-measures.ts'
import { readTextClassifier, textClassifierBytes } from './classifier-file.ts'
import { type LabelledText, type TextClassifier, trainTextClassifier } from './text-classifier.ts'

const files = () => z.union([z.string().min(1), z.array(z.string().min(1)).min(1)])
const columns = () => z.array(z.string().min(1)).min(1).optional()

const options = z
  .strictObject({
    classifier: z
      .string()
      .min(1)
      .optional()
      .describe('A file of a trained classifier, such as `quality.classifier` of an earlier preparation.'),
    good: files()
      .optional()
      .describe(
        'Files of texts that are as they should be: plain text, one a line, or rows with their texts.',
      ),
    goodColumns: columns().describe('Columns of those files; without it, all that hold text.'),
    raw: files()
      .optional()
      .describe(
        'Files of texts as they come. Without it, the rows themselves: each half of them is judged by a classifier that was trained on the other half.',
      ),
    rawColumns: columns().describe('Columns of those files; without it, all that hold text.'),
    texts: z
      .int()
      .min(10)
      .default(50_000)
      .describe('Texts of each kind that it is trained on at most, drawn at random.'),
    keep: z
      .enum(['threshold', 'pareto'])
      .default('threshold')
      .describe(
        '`threshold` keeps what scores at least so much. `pareto` keeps a row with a probability that grows with its score, (2 − score) to the power of −`alpha`, so that some unlike the good texts stay (GPT-3).',
      ),
    threshold: z
      .number()
      .min(0)
      .max(1)
      .default(0.5)
      .describe(
        'Score from which a row is kept: how likely it is of the good texts rather than of the raw ones.',
      ),
    alpha: z.number().gt(0).default(9).describe('Steepness of `pareto` (9 in GPT-3).'),
  })
  .refine(({ classifier, good }) => (classifier === undefined) !== (good === undefined), {
    error: 'give `good` files to train on, or a trained `classifier`',
  })

export type QualityOptions = z.output<typeof options>

/** Every tenth text is held out and measured on. */
const heldOutEvery = 10

/**
 * Keeps rows that read like good texts: a logistic regression over hashed n-grams tells good texts from raw ones, as for
 * GPT-3 (Brown et al., 2020). A trained classifier is left as `quality.classifier`, and how well it tells texts that it was
 * not trained on is among the figures.
 */
export const qualityStep: CorpusStepDefinition<QualityOptions> = {
  kind: 'corpus',
  name: 'quality',
  description: 'Keeps rows that a classifier, trained on good against raw texts, takes for good ones.',
  options,
  async plan(rows, settings, context) {
    const chosen = await chooseClassifiers(rows, settings, context)
    const scores = new Float32Array(rows.count)
    // What is drawn for a row depends on its text, so that a row fares the same wherever it stands.
    const draws = new Float32Array(settings.keep === 'pareto' ? rows.count : 0)
    for await (const row of rows) {
      context.signal?.throwIfAborted()
      const text = documentText(row, row.columns)
      scores[row.index] = goodness(chosen.of(text), text)
      if (settings.keep === 'pareto') draws[row.index] = paretoDraw(text, settings.alpha, context.seed)
      if (row.index % 1000 === 999) context.progress('quality', row.index + 1)
    }
    return {
      outcome: (index) => judge(scores[index]!, draws[index], settings),
      figures: chosen.figures,
      ...(chosen.trained && { files: { 'quality.classifier': [textClassifierBytes(chosen.trained)] } }),
    } satisfies CorpusPlan
  },
}

function judge(score: number, draw: number | undefined, { keep, threshold }: QualityOptions): RowOutcome {
  if (keep === 'threshold') {
    if (score >= threshold) return undefined
    return { drop: 'low-quality', evidence: { score: rounded(score), threshold } }
  }
  if (draw! > 1 - score) return undefined
  return { drop: 'low-quality', evidence: { score: rounded(score), draw: rounded(draw!) } }
}

/** A number of a Pareto distribution that begins at 0 (Lomax), as numpy's `random.pareto` draws. */
function paretoDraw(text: string, alpha: number, seed: number): number {
  let [first, second] = [0x811c9dc5, 0x2545f491]
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    first = Math.imul(first ^ unit, 0x01000193)
    second = Math.imul(second ^ unit, 0x85ebca6b) ^ (second >>> 15)
  }
  const uniform = (randomBits(seed, first >>> 0, second >>> 0) + 0.5) / 2 ** 32
  return uniform ** (-1 / alpha) - 1
}

function goodness(classifier: TextClassifier, text: string): number {
  return classifier.probabilities(text)[classifier.labels.indexOf('good')]!
}

interface Chosen {
  /** The classifier that judges a text. */
  of(text: string): TextClassifier
  readonly figures: Readonly<Record<string, number>>
  /** What other preparations may use. */
  readonly trained?: TextClassifier
}

async function chooseClassifiers(
  rows: RowSource,
  settings: QualityOptions,
  context: CorpusContext,
): Promise<Chosen> {
  if (settings.classifier !== undefined) {
    const classifier = await readTextClassifier(settings.classifier)
    if (!classifier.labels.includes('good') || classifier.labels.length !== 2) {
      throw new YuksuError(
        'invalid-text-classifier',
        `${settings.classifier} tells ${classifier.labels.join(', ')} apart, not good from raw texts; give one of the step quality`,
      )
    }
    return { of: () => classifier, figures: {} }
  }
  const good = await drawTexts(fileTexts(settings.good!, settings.goodColumns), settings, context, 0)
  if (settings.raw !== undefined) {
    const raw = await drawTexts(fileTexts(settings.raw, settings.rawColumns), settings, context, 1)
    const { classifier, figures } = await trainQuality(good, raw, context.seed)
    return { of: () => classifier, figures, trained: classifier }
  }
  const halves = [
    await drawTexts(rowTexts(rows, 0), settings, context, 1),
    await drawTexts(rowTexts(rows, 1), settings, context, 2),
  ] as const
  const [even, odd] = [
    await trainQuality(good, halves[0], context.seed),
    await trainQuality(good, halves[1], context.seed),
  ]
  const all = await trainQuality(good, halves.flat(), context.seed)
  return {
    of: (text) => (contentHalf(text) === 0 ? odd : even).classifier,
    figures: all.figures,
    trained: all.classifier,
  }
}

async function trainQuality(
  good: readonly string[],
  raw: readonly string[],
  seed: number,
): Promise<{ classifier: TextClassifier; figures: Record<string, number> }> {
  const training: LabelledText[] = []
  const heldOut: LabelledText[] = []
  for (const [label, texts] of Object.entries({ good, raw })) {
    if (texts.length < heldOutEvery) {
      throw new YuksuError(
        'too-few-texts',
        `There are ${texts.length} ${label} texts to train the quality classifier on; give at least ${heldOutEvery}.`,
      )
    }
    texts.forEach((text, index) => (index % heldOutEvery === 0 ? heldOut : training).push({ text, label }))
  }
  const classifier = await trainTextClassifier(training, { seed })
  const scores = heldOut.map(({ text }) => goodness(classifier, text))
  const isGood = heldOut.map(({ label }) => label === 'good')
  const right = scores.filter((score, index) => score >= 0.5 === isGood[index]).length
  return {
    classifier,
    figures: {
      goodTexts: good.length,
      rawTexts: raw.length,
      heldOut: heldOut.length,
      heldOutAuc: rounded(areaUnderCurve(scores, isGood)),
      heldOutAccuracy: rounded(right / heldOut.length),
    },
  }
}

async function* fileTexts(
  names: string | readonly string[],
  columns: readonly string[] | undefined,
): AsyncGenerator<string> {
  for (const file of [names].flat()) yield* readTexts(file, columns, [])
}

async function* rowTexts(rows: RowSource, half: 0 | 1): AsyncGenerator<string> {
  for await (const row of rows) {
    const text = documentText(row, row.columns)
    if (contentHalf(text) === half) yield text
  }
}

/** At most so many of the texts, all equally likely (reservoir sampling: Vitter, 1985, algorithm R). */
async function drawTexts(
  texts: AsyncIterable<string>,
  { texts: limit }: QualityOptions,
  { seed, signal, progress }: CorpusContext,
  stream: number,
): Promise<string[]> {
  const drawn: string[] = []
  let seen = 0
  for await (const text of texts) {
    signal?.throwIfAborted()
    if (text.trim() === '') continue
    if (drawn.length < limit) drawn.push(text)
    else {
      const place = Math.floor((randomBits(seed, stream, seen) / 2 ** 32) * (seen + 1))
      if (place < limit) drawn[place] = text
    }
    if (++seen % 1000 === 0) progress('training the quality classifier', seen)
  }
  return drawn
}

function rounded(value: number): number {
  return Math.round(value * 1e4) / 1e4
}
