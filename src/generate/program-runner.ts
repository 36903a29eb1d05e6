import { compile, type Program } from '../engine/lowering.ts'
import type { ProductPrecision } from '../engine/native-products.ts'
import { Session, type HostTensor, type SessionOptions } from '../engine/session.ts'
import type { Tensor } from '../engine/tensor.ts'
import type { Model } from '../models/model.ts'

export type Feeds = Record<string, HostTensor>

export interface EngineOptions extends SessionOptions {
  /** What products of matrices are computed in; `float32` by default. */
  readonly precision?: ProductPrecision
}

/** The programs of a model, each loaded when it is first run, over the model's own parameters. */
export class ProgramRunner {
  readonly model: Model
  private readonly options: EngineOptions
  private readonly sessions = new Map<string, Promise<Session>>()

  constructor(model: Model, options: EngineOptions) {
    this.model = model
    this.options = options
  }

  /** The program that gives these values, in the precision of the options. */
  compile(outputs: Readonly<Record<string, Tensor>>): Program {
    const { precision } = this.options
    return compile(outputs, precision === undefined ? {} : { precision })
  }

  /** Runs the program of this name, traced where it is new. Outputs for which a tensor is given are written into it. */
  async run(name: string, trace: () => Program, feeds: Feeds, outputs: Feeds = {}): Promise<Feeds> {
    let session = this.sessions.get(name)
    if (session === undefined) {
      session = Session.create(trace(), this.options)
      this.sessions.set(name, session)
    }
    return (await session).run({ ...this.model.feeds(), ...feeds }, outputs)
  }

  async release(): Promise<void> {
    for (const session of this.sessions.values()) await (await session).release()
    this.sessions.clear()
  }
}
