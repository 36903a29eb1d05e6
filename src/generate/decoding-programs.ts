import type { Dimension } from '../engine/dimension.ts'
import type { Program } from '../engine/lowering.ts'
import { integers } from '../engine/session.ts'
import { input } from '../engine/tensor.ts'
import { KeyValueCache } from '../nn/key-value-cache.ts'
import { emptyPast } from './cache-feeds.ts'
import type { DecoderRequest } from './decoder-model.ts'
import type { Feeds, ProgramRunner } from './program-runner.ts'
import { StepMemory } from './step-memory.ts'

/**
 * The two programs of a decoding step, each traced when it is first run: one whose rows go on from others, by `origins`, and one whose
 * rows all go on themselves, which copies no cache.
 */
export class DecodingPrograms {
  private readonly programs = new Map<boolean, Program>()
  private readonly memory = new StepMemory()
  private readonly build: (cache: KeyValueCache) => Program
  private readonly rows: Dimension
  private readonly severalRows: boolean

  /** `build` traces a step of `rows` over a cache. An example is going to have as many rows as the request says. */
  constructor(
    rows: Dimension,
    { rowsPerExample }: Pick<DecoderRequest, 'rowsPerExample'>,
    build: (cache: KeyValueCache) => Program,
  ) {
    this.rows = rows
    this.severalRows = rowsPerExample > 1
    this.build = build
  }

  /** What the first step goes on from, a past of no tokens in every row. */
  emptyPast(rows: number): Feeds {
    return emptyPast(this.program(this.severalRows), rows)
  }

  /** The order of the first step: each row itself, said where the later steps need the program that reorders anyway. */
  firstOrigins(rows: number): ArrayLike<number> | undefined {
    return this.severalRows ? Int32Array.from({ length: rows }, (_, row) => row) : undefined
  }

  private program(reorders: boolean): Program {
    const known = this.programs.get(reorders)
    if (known !== undefined) return known
    const made = this.build(
      reorders
        ? new KeyValueCache('pastRows', input('origins', [this.rows], 'int64'))
        : new KeyValueCache(this.rows),
    )
    this.programs.set(reorders, made)
    return made
  }

  /** One step over the caches of the last, with `origins` or in order. What it gives stays until the step after the next. */
  run(runner: ProgramRunner, feeds: Feeds, origins: ArrayLike<number> | undefined): Promise<Feeds> {
    const reorders = origins !== undefined
    const program = this.program(reorders)
    const given = { ...feeds, ...(origins && { origins: integers(origins, [origins.length]) }) }
    return runner.run(
      reorders ? 'decode' : 'decode-in-order',
      () => program,
      given,
      this.memory.outputs(program, given),
    )
  }
}
