// A file of a classifier: its header, then the buckets that some text had, with their rarity and weights.
import { writeFileAtomic } from '../../../formats/atomic-file.ts'
import { headedBytes, readHeadedFile } from '../../../formats/headed-file.ts'
import type { FeatureOptions } from './hashed-features.ts'
import { createTextClassifier, type TextClassifier } from './text-classifier.ts'

const format = 'yuksu-text-classifier'

interface Header {
  readonly format: typeof format
  readonly version: 1
  readonly features: FeatureOptions
  readonly labels: readonly string[]
  readonly biases: readonly number[]
  /** Rarity of a bucket that no text had. */
  readonly rarest: number
  readonly buckets: number
}

/** The bytes of a classifier's file; the same classifier gives the same bytes. */
export function textClassifierBytes({
  features,
  labels,
  weights,
  biases,
  rarity,
}: TextClassifier): Uint8Array {
  const size = labels.length
  const rarest = rarity.reduce((most, value) => Math.max(most, value), 0)
  const used = [...rarity.keys()].filter((bucket) => rarity[bucket] !== rarest || hasWeight(bucket))
  function hasWeight(bucket: number): boolean {
    for (let label = 0; label < size; label++) if (weights[bucket * size + label] !== 0) return true
    return false
  }
  const header: Header = {
    format,
    version: 1,
    features,
    labels,
    biases: [...biases],
    rarest,
    buckets: used.length,
  }
  const record = 4 * (2 + size)
  const bytes = Buffer.alloc(used.length * record)
  let position = 0
  for (const bucket of used) {
    bytes.writeUInt32LE(bucket, position)
    bytes.writeFloatLE(rarity[bucket]!, position + 4)
    for (let label = 0; label < size; label++) {
      bytes.writeFloatLE(weights[bucket * size + label]!, position + 8 + 4 * label)
    }
    position += record
  }
  return headedBytes(header, [bytes])
}

/** Writes a classifier to a file, whole or not at all. */
export async function writeTextClassifier(path: string, classifier: TextClassifier): Promise<void> {
  await writeFileAtomic(path, textClassifierBytes(classifier))
}

/**
 * Reads a classifier that `writeTextClassifier` wrote.
 *
 * @throws YuksuError `invalid-text-classifier`, and what reading a file throws.
 */
export async function readTextClassifier(path: string): Promise<TextClassifier> {
  const { header, body } = await readHeadedFile<Header>(path, {
    format,
    name: 'text classifier',
    code: 'invalid-text-classifier',
    isKnown: ({ version }) => version === 1,
  })
  const { labels, features, biases } = header
  const size = labels.length
  const weights = new Float32Array(2 ** features.bits * size)
  const rarity = new Float32Array(2 ** features.bits).fill(header.rarest)
  let position = 0
  for (let count = 0; count < header.buckets; count++) {
    const bucket = body.readUInt32LE(position)
    rarity[bucket] = body.readFloatLE(position + 4)
    for (let label = 0; label < size; label++) {
      weights[bucket * size + label] = body.readFloatLE(position + 8 + 4 * label)
    }
    position += 4 * (2 + size)
  }
  return createTextClassifier({ features, labels, weights, biases: Float32Array.from(biases), rarity })
}
