// A file of a classifier: a line of JSON, then the buckets that some text had, with their rarity and weights, and a hash.
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { YuksuError } from '../../../errors.ts'
import { writeFileAtomic } from '../../../formats/atomic-file.ts'
import { readError } from '../../../formats/read-error.ts'
import type { FeatureOptions } from './hashed-features.ts'
import { createTextClassifier, type TextClassifier } from './text-classifier.ts'

const format = 'yuksu-text-classifier'
const hashLength = 32

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
  const head = new TextEncoder().encode(`${JSON.stringify(header)}\n`)
  const record = 4 * (2 + size)
  const bytes = Buffer.alloc(head.length + used.length * record)
  bytes.set(head)
  let position = head.length
  for (const bucket of used) {
    bytes.writeUInt32LE(bucket, position)
    bytes.writeFloatLE(rarity[bucket]!, position + 4)
    for (let label = 0; label < size; label++) {
      bytes.writeFloatLE(weights[bucket * size + label]!, position + 8 + 4 * label)
    }
    position += record
  }
  return Buffer.concat([bytes, createHash('sha256').update(bytes).digest()])
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
  let bytes: Buffer
  try {
    bytes = await readFile(path)
  } catch (error) {
    throw readError(path, error)
  }
  const refuse = (why: string) =>
    new YuksuError('invalid-text-classifier', `${path} ${why}; train the classifier anew`)
  const header = readHeader(bytes)
  if (header === undefined) throw refuse('is no text classifier of this program')
  const body = bytes.subarray(0, bytes.length - hashLength)
  if (!createHash('sha256').update(body).digest().equals(bytes.subarray(body.length))) {
    throw refuse('is damaged or cut off')
  }
  const { labels, features, biases } = header
  const size = labels.length
  const weights = new Float32Array(2 ** features.bits * size)
  const rarity = new Float32Array(2 ** features.bits).fill(header.rarest)
  let position = body.indexOf(0x0a) + 1
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

function readHeader(bytes: Buffer): Header | undefined {
  const end = bytes.indexOf(0x0a)
  if (end < 0 || !bytes.subarray(0, 40).includes(format)) return undefined
  try {
    const header = JSON.parse(bytes.toString('utf8', 0, end)) as Header
    return header.format === format && header.version === 1 ? header : undefined
  } catch {
    return undefined
  }
}
