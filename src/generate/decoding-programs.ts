import type { Dimension } from '../engine/dimension.ts'
import type { Program } from '../engine/lowering.ts'
import { integers } from '../engine/session.ts'
import { input } from '../engine/tensor.ts'
import { KeyValueCache } from '../nn/key-value-cache.ts'
import { emptyPast } from './cache-feeds.ts'
import type { DecoderRequest } from './decoder-model.ts'
import type { Feeds, ProgramRunner } from './program-runner.ts'
import type { StepMemory } from './step-memory.ts'

/**
 * The two programs of the steps of one search: one whose rows go on from others, by `origins`, and one whose rows all go on themselves, which copies
 * no cache.
 */
export class DecodingPrograms {
  private readonly runner: ProgramRunner
  private readonly build: (cache: KeyValueCache) => Program
  private readonly rows: Dimension
  private readonly severalRows: boolean
  private readonly mostTokens: number
  private memory: StepMemory | undefined

  /** `build` traces a step of `rows` over a cache. */
  constructor(
    runner: ProgramRunner,
    rows: Dimension,
    { prompts, rowsPerExample, maximumNewTokens }: DecoderRequest,
    build: (cache: KeyValueCache) => Program,
  ) {
    this.runner = runner
    this.rows = rows
    this.severalRows = rowsPerExample > 1
    this.mostTokens = maximumNewTokens + prompts.reduce((most, { length }) => Math.max(most, length), 0)
    this.build = build
    this.memory = runner.takeStepMemory()
  }

  /** What the first step goes on from, a past of no tokens in every row. */
  async emptyPast(rows: number): Promise<Feeds> {
    const { program } = await this.runner.session(...this.step(this.severalRows))
    return emptyPast(program, rows)
  }

  /** The order of the first step: each row itself, said where the later steps need the program that reorders anyway. */
  firstOrigins(rows: number): ArrayLike<number> | undefined {
    return this.severalRows ? Int32Array.from({ length: rows }, (_, row) => row) : undefined
  }

  /** One step over the caches of the last, with `origins` or in order. What it gives stays until the step after the next. */
  run(feeds: Feeds, origins: ArrayLike<number> | undefined): Promise<Feeds> {
    const given = { ...feeds, ...(origins && { origins: integers(origins, [origins.length]) }) }
    return this.runner.run(...this.step(origins !== undefined), given, (program) =>
      this.memory!.outputs(program, given, this.mostTokens),
    )
  }

  /** Gives the memory back; what the steps gave is gone then. */
  dispose(): void {
    if (this.memory !== undefined) this.runner.returnStepMemory(this.memory)
    this.memory = undefined
  }

  private step(reorders: boolean): [name: string, trace: () => Program] {
    return reorders
      ? ['decode', () => this.build(new KeyValueCache('pastRows', input('origins', [this.rows], 'int64')))]
      : ['decode-in-order', () => this.build(new KeyValueCache(this.rows))]
  }
}
