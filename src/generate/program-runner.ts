import type { Program } from '../engine/lowering.ts'
import { Session, type HostTensor, type SessionOptions } from '../engine/session.ts'
import type { Model } from '../models/model.ts'

export type Feeds = Record<string, HostTensor>

/** The programs of a model, each loaded when it is first run, over the model's own parameters. */
export class ProgramRunner {
  readonly model: Model
  private readonly options: SessionOptions
  private readonly sessions = new Map<string, Promise<Session>>()

  constructor(model: Model, options: SessionOptions) {
    this.model = model
    this.options = options
  }

  async run(name: string, trace: () => Program, feeds: Feeds): Promise<Feeds> {
    let session = this.sessions.get(name)
    if (session === undefined) {
      session = Session.create(trace(), this.options)
      this.sessions.set(name, session)
    }
    return (await session).run({ ...this.model.feeds(), ...feeds })
  }

  async release(): Promise<void> {
    for (const session of this.sessions.values()) await (await session).release()
    this.sessions.clear()
  }
}
