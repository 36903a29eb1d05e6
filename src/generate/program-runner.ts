import { compile, type Program } from '../engine/lowering.ts'
import type { ProductPrecision } from '../engine/product-precisions.ts'
import { Session, type HostTensor, type SessionOptions } from '../engine/session.ts'
import type { Tensor } from '../engine/tensor.ts'
import type { Model } from '../models/model.ts'
import { StepMemory } from './step-memory.ts'

export type Feeds = Record<string, HostTensor>

export interface EngineOptions extends SessionOptions {
  /** What products of matrices are computed in; `float32` by default. */
  readonly precision?: ProductPrecision
  /**
   * The model's parameters stay as they are for as long as it is open, so that products in `bfloat16` may keep them as they are multiplied, in half
   * their memory once more. False by default: what is trained must be read anew.
   */
  readonly fixedWeights?: boolean
}

/** The programs of a model, each loaded when it is first run, over the model's own parameters. */
export class ProgramRunner {
  readonly model: Model
  private readonly options: EngineOptions
  private readonly sessions = new Map<string, Promise<Session>>()
  private stepMemory: StepMemory | undefined

  constructor(model: Model, options: EngineOptions) {
    this.model = model
    this.options = options
  }

  /** The program that gives these values, in the precision of the options. */
  compile(outputs: Readonly<Record<string, Tensor>>): Program {
    const { precision, fixedWeights } = this.options
    return compile(outputs, {
      ...(precision !== undefined && { precision }),
      ...(fixedWeights && { fixed: new Set(this.model.parameters.keys()) }),
    })
  }

  /** The session of the program of this name, which is traced and loaded when it is first asked for. */
  session(name: string, trace: () => Program): Promise<Session> {
    let session = this.sessions.get(name)
    if (session === undefined) {
      session = Session.create(trace(), this.options)
      this.sessions.set(name, session)
    }
    return session
  }

  /** Runs the program of this name over the model's parameters. Outputs for which there is a tensor are written into it. */
  async run(
    name: string,
    trace: () => Program,
    feeds: Feeds,
    outputs: (program: Session['program']) => Feeds = () => ({}),
  ): Promise<Feeds> {
    const session = await this.session(name, trace)
    return session.run({ ...this.model.feeds(), ...feeds }, outputs(session.program))
  }

  /** Memory for the steps of one search. */
  takeStepMemory(): StepMemory {
    const memory = this.stepMemory ?? new StepMemory()
    this.stepMemory = undefined
    return memory
  }

  /** Keeps the memory of a search that has ended for the next one. */
  returnStepMemory(memory: StepMemory): void {
    if (this.options.keepMemory !== false) this.stepMemory = memory
  }

  async release(): Promise<void> {
    this.stepMemory = undefined
    for (const session of this.sessions.values()) await (await session).release()
    this.sessions.clear()
  }
}
