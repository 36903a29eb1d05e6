/** What an export says of itself at its end: how far the exported model's answers are from the model's on fixed prompts. */
import { totalmem } from 'node:os'
import { elementCount } from '../engine/dimension.ts'
import type { CommonConfiguration, ModelFamily } from '../models/family.ts'
import { EncoderPass } from '../models/encoder-pass.ts'
import { ForwardPass } from '../models/forward.ts'
import type { Model } from '../models/model.ts'

/** What a model says to each prompt, rows of `width` numbers: the probabilities of every next token, or of an encoder one embedding of length 1. */
export interface Answers {
  readonly of: 'probabilities' | 'embeddings'
  readonly width: number
  readonly prompts: readonly Float32Array[]
}

export interface Comparison {
  /** What ran the exported model. */
  readonly by: string
  /** What was compared: next-token probabilities, or of an encoder the mean embeddings of whole texts, of length 1. */
  readonly of: Answers['of']
  readonly prompts: number
  /** Next tokens, or texts, that were compared. */
  readonly positions: number
  /** The largest difference of any number of them. */
  readonly largestDifference: number
  /** The mean over positions of half the sum of all differences, how much of the probability lies elsewhere; of embeddings 1 − cosine. */
  readonly meanShift: number
  /** Positions at which both find the same token the most likely; of embeddings the same other text the nearest. */
  readonly sameChoice: number
}

/** What a model says to each prompt. An encoder–decoder reads the prompt and is given it to write, too. */
export async function answersOf(model: Model, prompts: readonly (readonly number[])[]): Promise<Answers> {
  return model.family.kind === 'encoder' ? embeddings(model, prompts) : probabilities(model, prompts)
}

async function probabilities(model: Model, prompts: readonly (readonly number[])[]): Promise<Answers> {
  const pass = new ForwardPass(model)
  try {
    const found: Float32Array[] = []
    for (const prompt of prompts) {
      const { logits } = await pass.run({
        inputIds: [prompt],
        ...(model.family.kind !== 'decoder' && { decoderInputIds: [prompt] }),
      })
      found.push(softmaxRows(logits.data, logits.shape.at(-1)!))
    }
    return { of: 'probabilities', width: model.configuration.vocabularySize, prompts: found }
  } finally {
    await pass.release()
  }
}

async function embeddings(model: Model, prompts: readonly (readonly number[])[]): Promise<Answers> {
  const pass = new EncoderPass(model)
  try {
    const found: Float32Array[] = []
    for (const prompt of prompts) found.push(ofUnitLength((await pass.run({ inputIds: [prompt] })).mean.data))
    return { of: 'embeddings', width: found[0]!.length, prompts: found }
  } finally {
    await pass.release()
  }
}

/** A vector of the same direction and of length 1. */
export function ofUnitLength(vector: ArrayLike<number>): Float32Array {
  const values = Float32Array.from(vector)
  const length = Math.hypot(...values)
  return values.map((value) => value / length)
}

/** Each row's probabilities, in place. */
export function softmaxRows(logits: Float32Array, width: number): Float32Array {
  for (let start = 0; start < logits.length; start += width) {
    const row = logits.subarray(start, start + width)
    let largest = -Infinity
    for (const value of row) largest = Math.max(largest, value)
    let sum = 0
    for (const [index, value] of row.entries()) sum += row[index] = Math.exp(value - largest)
    for (const [index, value] of row.entries()) row[index] = value / sum
  }
  return logits
}

/** Compares what the model says with what is said by what it became. */
export function compareAnswers(by: string, wanted: Answers, given: Pick<Answers, 'prompts'>): Comparison {
  const { of, width } = wanted
  let largestDifference = 0
  let shift = 0
  let positions = 0
  let sameChoice = 0
  for (const [prompt, expected] of wanted.prompts.entries()) {
    const actual = given.prompts[prompt]!
    for (let start = 0; start < expected.length; start += width) {
      const [left, right] = [expected.subarray(start, start + width), actual.subarray(start, start + width)]
      let sum = 0
      for (let index = 0; index < width; index++) {
        const difference = Math.abs(left[index]! - right[index]!)
        // A difference that is no number never passes for a small one.
        if (!(difference <= largestDifference)) largestDifference = difference
        sum += difference
      }
      shift += of === 'probabilities' ? sum / 2 : 1 - product(left, right)
      positions += 1
      const isSame =
        of === 'probabilities'
          ? largest(left) === largest(right)
          : nearest(wanted.prompts, prompt) === nearest(given.prompts, prompt)
      if (isSame) sameChoice += 1
    }
  }
  const prompts = wanted.prompts.length
  return { by, of, prompts, positions, largestDifference, meanShift: shift / positions, sameChoice }
}

function product(left: Float32Array, right: Float32Array): number {
  return left.reduce((sum, value, index) => sum + value * right[index]!, 0)
}

/** The other text whose embedding is the nearest. */
function nearest(embedded: readonly Float32Array[], own: number): number {
  const products = embedded.map((other, index) =>
    index === own ? -Infinity : product(embedded[own]!, other),
  )
  return products.indexOf(Math.max(...products))
}

function largest(row: Float32Array): number {
  let best = 0
  for (let token = 1; token < row.length; token++) if (row[token]! > row[best]!) best = token
  return best
}

/** Whether a model fits into memory in f32 beside what the runtime makes of it, and if not, what to tell a person. */
export function roomToCompare(family: ModelFamily, configuration: CommonConfiguration): string | undefined {
  const count = family.parameters(configuration).reduce((total, { shape }) => total + elementCount(shape), 0)
  const container = process.constrainedMemory()
  const available = container > 0 ? Math.min(totalmem(), container) : totalmem()
  const needed = 4 * count * 1.5
  if (needed <= available) return undefined
  const gigabytes = (bytes: number) => (bytes / 2 ** 30).toFixed(1)
  return `not compared: the model takes about ${gigabytes(needed)} GiB to run in f32 and this machine has ${gigabytes(available)}`
}
