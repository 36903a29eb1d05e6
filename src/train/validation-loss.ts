import { compile } from '../engine/lowering.ts'
import { planProgram } from '../engine/plan.ts'
import { floats, Session } from '../engine/session.ts'
import type { Model } from '../models/model.ts'
import type { Example, Objective } from './objectives/objective.ts'

/** Tokens of a batch, padding counted; without gradients, memory is no concern. */
const maxTokensPerBatch = 8192
const plannedBatches = 8

/**
 * The mean negative log-likelihood of a target token of held-out examples, without dropout and label smoothing: far
 * steadier over training than a score of written texts, since every token of every row counts.
 */
export class ValidationLoss {
  private readonly model: Model
  private readonly objective: Objective
  private readonly batches: readonly (readonly Example[])[]
  private readonly threads: number
  private session: Promise<Session> | undefined

  constructor(model: Model, objective: Objective, examples: readonly Example[], threads = 2) {
    this.model = model
    this.objective = objective
    this.batches = batchesOf(objective, examples)
    this.threads = threads
  }

  /** Of the weights as they are; undefined where there is no target token at all. */
  async measure(signal?: AbortSignal): Promise<number | undefined> {
    const session = await (this.session ??= Session.create(this.program(), { threads: this.threads }))
    let total = 0
    let tokens = 0
    for (const batch of this.batches) {
      signal?.throwIfAborted()
      const { feeds, targetTokens } = this.objective.collate(this.model, batch)
      if (targetTokens === 0) continue
      const inverseCount = floats(new Float32Array([1 / targetTokens]), [])
      const { loss } = await session.run({ ...this.model.feeds(), ...feeds, inverseCount })
      total += (loss!.data[0] as number) * targetTokens
      tokens += targetTokens
    }
    return tokens === 0 ? undefined : total / tokens
  }

  /** What measuring will take, in bytes, beside the weights. */
  plannedBytes(): number {
    const sizes = this.batches.map((batch) => {
      const lengths = batch.map((example) => this.objective.lengths(example))
      const most = (side: 'source' | 'target') => Math.max(1, ...lengths.map((length) => length[side]))
      return { batch: batch.length, source: most('source'), target: most('target') }
    })
    if (sizes.length === 0) return 0
    // By length they come in: the last are the largest.
    const { arena, constants } = planProgram(this.program(), ...sizes.slice(-plannedBatches))
    return arena + constants
  }

  async release(): Promise<void> {
    await (await this.session)?.release()
    this.session = undefined
  }

  private program() {
    const shape = { batch: 'batch', source: 'source', target: 'target' }
    const { negativeLogLikelihood } = this.objective.trace(this.model, shape, {
      training: false,
      labelSmoothing: 0,
    })
    return compile({ loss: negativeLogLikelihood })
  }
}

/** Examples of like length together, so that little is padding. */
function batchesOf(objective: Objective, examples: readonly Example[]): Example[][] {
  const length = (example: Example) => {
    const { source, target } = objective.lengths(example)
    return source + target
  }
  const sorted = [...examples].sort((a, b) => length(a) - length(b))
  const batches: Example[][] = []
  for (const example of sorted) {
    const last = batches.at(-1)
    if (last !== undefined && (last.length + 1) * length(example) <= maxTokensPerBatch) last.push(example)
    else batches.push([example])
  }
  return batches
}
