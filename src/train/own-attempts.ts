import type { ProductPrecision } from '../engine/product-precisions.ts'
import { createEngineModel } from '../generate/engine-model.ts'
import { generate } from '../generate/generate.ts'
import { mixKey } from '../generate/row-key.ts'
import type { GenerationOptions } from '../generate/options.ts'
import type { Model } from '../models/model.ts'
import { readText } from '../tokenizers/render.ts'
import type { Tokenizer } from '../tokenizers/tokenizer.ts'
import type { Candidate, Example } from './objectives/objective.ts'
import type { PreparedBatch } from './trainer.ts'

export interface OwnAttemptsOptions {
  /** Texts drawn for each source, at least two: each is judged against the others. */
  readonly attempts: number
  readonly temperature: number
  readonly seed: number
  /** The weight of the written target beside attempts of weight 1 in the root mean square; 0 leaves it out. */
  readonly targetWeight: number
  /** How texts end and how long they may get. */
  readonly generation: GenerationOptions
  /** How good a text is, from 0 to 1, beside the written target. */
  readonly reward: (target: string, attempt: string) => number
  readonly threads?: number
  /** What products are computed in while it writes; `float32` by default. */
  readonly precision?: ProductPrecision
}

/**
 * Lets a model try its own hand at the sources of a batch and weighs each attempt by how much better it is than the
 * others of its source: "leave one out", which needs no model of the expected reward (Kool et al., 2019). Weights
 * are scaled to a root mean square of one over the batch, so that the learning rate does not depend on the reward's spread.
 */
export class OwnAttempts {
  private readonly engine: ReturnType<typeof createEngineModel>
  private readonly tokenizer: Tokenizer
  private readonly options: OwnAttemptsOptions

  constructor(model: Model, tokenizer: Tokenizer, options: OwnAttemptsOptions) {
    const { threads, precision } = options
    this.engine = createEngineModel(model, {
      ...(threads !== undefined && { threads }),
      ...(precision !== undefined && { precision }),
    })
    this.tokenizer = tokenizer
    this.options = options
  }

  /** The examples with their weighed candidates, and the mean reward. A function of weights, examples, seed and step. */
  async prepare(examples: readonly Example[], step: number): Promise<PreparedBatch> {
    const { attempts, temperature, generation, reward, seed, targetWeight } = this.options
    const sequences = await generate(
      this.engine,
      { inputIds: examples.map(({ source }) => [...source]) },
      {
        ...generation,
        numBeams: 1,
        doSample: true,
        temperature,
        topK: 0,
        numReturnSequences: attempts,
        seed: mixKey(seed, [step]),
      },
    )
    const rewards = examples.map(({ target }, index) => {
      const written = readText(this.tokenizer, [...target])
      return sequences
        .slice(index * attempts, (index + 1) * attempts)
        .map(({ tokens }) => reward(written, readText(this.tokenizer, tokens)))
    })
    const weights = leaveOneOut(rewards)
    return {
      examples: examples.map((example, index) => {
        const candidates: Candidate[] = weights[index]!.map((weight, attempt) => ({
          target: Int32Array.from(sequences[index * attempts + attempt]!.tokens),
          weight,
        }))
        if (targetWeight > 0) candidates.push({ target: example.target, weight: targetWeight })
        return { ...example, candidates }
      }),
      measures: { reward: mean(rewards.flat()) },
    }
  }

  release(): Promise<void> {
    return this.engine.release()
  }
}

/** How much better each reward is than the mean of the others of its list, all scaled to a root mean square of 1. */
export function leaveOneOut(rewards: readonly (readonly number[])[]): number[][] {
  const advantages = rewards.map((list) => {
    const average = mean(list)
    return list.map((reward) => ((reward - average) * list.length) / (list.length - 1))
  })
  const spread = Math.sqrt(mean(advantages.flat().map((advantage) => advantage ** 2)))
  // Attempts that are all alike teach nothing.
  return advantages.map((list) => list.map((advantage) => (spread < 1e-9 ? 0 : advantage / spread)))
}

function mean(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0) / values.length
}
