import { Session, floats, namedSizes, type HostTensor, type SessionOptions } from '../engine/session.ts'
import type { ProgramInput } from '../engine/lowering.ts'
import type { ProgramProfile } from '../engine/profile.ts'
import { programInputs } from '../engine/lowering.ts'
import type { GradientRequest, GradientRunner } from './gradient-runner.ts'
import { compileGradients, type TracedGradients } from './training-program.ts'

/** Loss and gradients as one program: the fastest, and every activation stays until its gradient is done. */
export class WholeGradients implements GradientRunner {
  readonly inputs: readonly ProgramInput[]
  private readonly traced: TracedGradients
  private readonly options: SessionOptions
  /** One program serves batches of every shape: programs of fixed shapes were no faster, and each held its own memory. */
  private readonly sessions = new Map<boolean, Promise<Session>>()
  private readonly loss = floats(new Float32Array(1), [])

  constructor(traced: TracedGradients, options: SessionOptions) {
    this.traced = traced
    this.options = options
    this.inputs = programInputs([traced.negativeLogLikelihood])
  }

  async run({ feeds, gradients, accumulate, masks }: GradientRequest): Promise<number> {
    const session = await this.session(accumulate)
    const { inputs } = session.program
    const given: Record<string, HostTensor> = { ...feeds, ...masks(inputs, namedSizes(inputs, feeds)) }
    const outputs: Record<string, HostTensor> = { negativeLogLikelihood: this.loss }
    for (const [name, tensor] of gradients) {
      outputs[`gradient.${name}`] = tensor
      if (accumulate) given[`accumulated.${name}`] = tensor
    }
    await session.run(given, outputs)
    return this.loss.data[0] as number
  }

  async profile(skip: number): Promise<ProgramProfile> {
    return (await this.session(false)).profile(skip)
  }

  async release(): Promise<void> {
    for (const session of this.sessions.values()) await (await session).release()
    this.sessions.clear()
  }

  private session(accumulate: boolean): Promise<Session> {
    const known = this.sessions.get(accumulate)
    if (known !== undefined) return known
    const created = Session.create(compileGradients(this.traced, accumulate), this.options)
    this.sessions.set(accumulate, created)
    return created
  }
}
