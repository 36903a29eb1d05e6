// Multinomial logistic regression over hashed features, each text a vector of length one with the values
// (1 + log count) · log(texts / texts with it): what is common says little. Trained by stochastic gradient descent with a
// step of its own for each weight (AdaGrad: Duchi, Hazan and Singer, 2011).
import { YuksuError } from '../../../errors.ts'
import { randomStream } from '../../../random.ts'
import { createFeatures, type FeatureOptions, type TextFeatures } from './hashed-features.ts'

export interface LabelledText {
  readonly text: string
  readonly label: string
}

export interface ClassifierOptions {
  /** Default: words alone and in pairs, and two to four characters, in 2¹⁸ buckets. */
  readonly features?: FeatureOptions | undefined
  /** Passes over the texts. Default 4. */
  readonly epochs?: number | undefined
  /** First step of a weight. Default 0.5. */
  readonly learningRate?: number | undefined
  /** Pull of each weight to zero when it is used, as a share of the step. Default 1e-5. */
  readonly decay?: number | undefined
  /** Whether a text weighs more where its label is rare, so that all labels weigh the same. Default true. */
  readonly balanced?: boolean | undefined
  /** Decides the order of the texts. Default 1. */
  readonly seed?: number | undefined
}

export interface TextClassifier {
  readonly features: FeatureOptions
  /** In alphabetical order. */
  readonly labels: readonly string[]
  /** Weight of each bucket for each label, `[bucket, label]`. */
  readonly weights: Float32Array
  /** `[label]`. */
  readonly biases: Float32Array
  /** Factor of each bucket: how rare it is. */
  readonly rarity: Float32Array
  /** The probability of each label, in the order of `labels`; they add up to one. */
  probabilities(text: string): Float64Array
}

export const defaultFeatures: FeatureOptions = { words: [1, 2], characters: [2, 4], bits: 18 }

/**
 * Trains a classifier of texts. The same texts, options and seed give the same weights, whatever the machine.
 *
 * @throws YuksuError `too-few-labels` where there are less than two.
 */
export async function trainTextClassifier(
  texts: Iterable<LabelledText> | AsyncIterable<LabelledText>,
  options: ClassifierOptions = {},
): Promise<TextClassifier> {
  const { features = defaultFeatures, epochs = 4, learningRate = 0.5, decay = 1e-5 } = options
  const { balanced = true, seed = 1 } = options
  const extract = createFeatures(features)
  const size = 2 ** features.bits
  const rows: TextFeatures[] = []
  const names: string[] = []
  const documents = new Float64Array(size)
  for await (const { text, label } of texts) {
    const row = extract(text)
    for (const bucket of row.buckets) documents[bucket]!++
    rows.push(row)
    names.push(label)
  }
  const labels = [...new Set(names)].sort()
  if (labels.length < 2) {
    throw new YuksuError(
      'too-few-labels',
      `A classifier learns to tell labels apart, and the ${rows.length} texts have ${labels.length}; give texts of at least two.`,
    )
  }
  const rarity = Float32Array.from(documents, (count) => Math.log((1 + rows.length) / (1 + count)) + 1)
  const values = rows.map((row) => valuesOf(row, rarity))
  const targets = Uint8Array.from(names, (name) => labels.indexOf(name))
  const frequency = new Float64Array(labels.length)
  for (const target of targets) frequency[target]!++
  const importance = Array.from(frequency, (count) => (balanced ? rows.length / labels.length / count : 1))

  const weights = new Float32Array(size * labels.length)
  const biases = new Float32Array(labels.length)
  // Sums of squared gradients, from a small number so that the first step is no leap.
  const squares = new Float32Array(weights.length).fill(0.01)
  const biasSquares = new Float32Array(labels.length).fill(0.01)
  const chances = new Float64Array(labels.length)
  for (let epoch = 0; epoch < epochs; epoch++) {
    const rate = learningRate * (1 - epoch / epochs)
    for (const index of randomStream(seed, epoch).shuffled([...rows.keys()])) {
      const { buckets } = rows[index]!
      const value = values[index]!
      score(buckets, value, weights, biases, chances)
      for (let label = 0; label < labels.length; label++) {
        const target = label === targets[index] ? 1 : 0
        const error = (chances[label]! - target) * importance[targets[index]!]!
        biasSquares[label]! += error * error
        biases[label]! -= (rate * error) / Math.sqrt(biasSquares[label]!)
        for (let i = 0; i < buckets.length; i++) {
          const place = buckets[i]! * labels.length + label
          const gradient = error * value[i]! + decay * weights[place]!
          squares[place]! += gradient * gradient
          weights[place]! -= (rate * gradient) / Math.sqrt(squares[place]!)
        }
      }
    }
  }
  return createTextClassifier({ features, labels, weights, biases, rarity })
}

export function createTextClassifier(parts: Omit<TextClassifier, 'probabilities'>): TextClassifier {
  const extract = createFeatures(parts.features)
  return {
    ...parts,
    probabilities(text) {
      const row = extract(text)
      const chances = new Float64Array(parts.labels.length)
      score(row.buckets, valuesOf(row, parts.rarity), parts.weights, parts.biases, chances)
      return chances
    },
  }
}

/** The likeliest label; of equals the first. */
export function likeliestLabel(classifier: TextClassifier, text: string): string {
  const chances = classifier.probabilities(text)
  return classifier.labels[chances.indexOf(Math.max(...chances))]!
}

/** A vector of length one. */
function valuesOf({ buckets, counts }: TextFeatures, rarity: Float32Array): Float32Array {
  const values = counts.map((count, index) => (1 + Math.log(count)) * rarity[buckets[index]!]!)
  let sum = 0
  for (const value of values) sum += value * value
  const length = Math.sqrt(sum)
  return sum === 0 ? values : values.map((value) => value / length)
}

function score(
  buckets: Uint32Array,
  values: Float32Array,
  weights: Float32Array,
  biases: Float32Array,
  chances: Float64Array,
): void {
  const size = biases.length
  for (let label = 0; label < size; label++) {
    let sum = biases[label]!
    for (let i = 0; i < buckets.length; i++) sum += values[i]! * weights[buckets[i]! * size + label]!
    chances[label] = sum
  }
  let best = -Infinity
  for (const value of chances) best = Math.max(best, value)
  let whole = 0
  for (let label = 0; label < size; label++) whole += chances[label] = Math.exp(chances[label]! - best)
  for (let label = 0; label < size; label++) chances[label]! /= whole
}
