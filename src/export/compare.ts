/** What an export says of itself at its end: how far the exported model's answers are from the model's on fixed prompts. */
import { totalmem } from 'node:os'
import { elementCount } from '../engine/dimension.ts'
import type { CommonConfiguration, ModelFamily } from '../models/family.ts'
import { ForwardPass } from '../models/forward.ts'
import type { Model } from '../models/model.ts'

/** Probabilities of every next token, `[positions, vocabulary]`, of one prompt. */
export type PromptProbabilities = Float32Array

export interface Comparison {
  /** What ran the exported model. */
  readonly by: string
  readonly prompts: number
  /** Next tokens that were compared. */
  readonly positions: number
  /** The largest difference of any probability, from 0 to 1. */
  readonly largestDifference: number
  /** The mean over positions of half the sum of all differences: how much of the probability lies elsewhere. */
  readonly meanShift: number
  /** Positions at which both find the same token the most likely. */
  readonly sameChoice: number
}

/** The next-token probabilities of a model for each prompt. An encoder–decoder reads the prompt and is given it to write, too. */
export async function promptProbabilities(
  model: Model,
  prompts: readonly (readonly number[])[],
): Promise<PromptProbabilities[]> {
  const pass = new ForwardPass(model)
  try {
    const found: PromptProbabilities[] = []
    for (const prompt of prompts) {
      const { logits } = await pass.run({
        inputIds: [prompt],
        ...(model.family.kind !== 'decoder' && { decoderInputIds: [prompt] }),
      })
      found.push(softmaxRows(logits.data, logits.shape.at(-1)!))
    }
    return found
  } finally {
    await pass.release()
  }
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

/** Compares the probabilities of the model with those of what it became; `width` is the size of the vocabulary. */
export function compareProbabilities(
  by: string,
  wanted: readonly PromptProbabilities[],
  given: readonly PromptProbabilities[],
  width: number,
): Comparison {
  let largestDifference = 0
  let shift = 0
  let positions = 0
  let sameChoice = 0
  for (const [prompt, expected] of wanted.entries()) {
    const actual = given[prompt]!
    for (let start = 0; start < expected.length; start += width) {
      const [left, right] = [expected.subarray(start, start + width), actual.subarray(start, start + width)]
      for (let token = 0; token < width; token++) {
        const difference = Math.abs(left[token]! - right[token]!)
        // A difference that is no number never passes for a small one.
        if (!(difference <= largestDifference)) largestDifference = difference
        shift += difference / 2
      }
      positions += 1
      if (choice(left) === choice(right)) sameChoice += 1
    }
  }
  return {
    by,
    prompts: wanted.length,
    positions,
    largestDifference,
    meanShift: shift / positions,
    sameChoice,
  }
}

function choice(row: Float32Array): number {
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
