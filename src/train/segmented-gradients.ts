import { elementCount, resolveShape } from '../engine/dimension.ts'
import { programInputs, type Program, type ProgramInput } from '../engine/lowering.ts'
import type { ProgramProfile } from '../engine/profile.ts'
import { type BoundProgram, compileSegments, type SegmentedProgram } from '../engine/segments.ts'
import { floats, namedSizes, Session, type HostTensor, type SessionOptions } from '../engine/session.ts'
import { YuksuError } from '../errors.ts'
import { flowPlaces } from './flow-places.ts'
import type { GradientRequest, GradientRunner } from './gradient-runner.ts'
import type { TracedGradients } from './training-program.ts'

type LoadedPart = Omit<BoundProgram, 'program'> & { readonly session: Session }

interface LoadedSegment {
  readonly forward?: LoadedPart
  readonly backward?: LoadedPart
}

interface LoadedProgram extends Omit<SegmentedProgram, 'segments'> {
  readonly segments: readonly LoadedSegment[]
  readonly sessions: readonly Session[]
}

/**
 * Loss and gradients part by part (Chen et al., 2016): only what stands between two layers stays from the forward pass, and each layer is
 * computed once more when its gradients are. A third more work, for memory that grows with one layer instead of all.
 */
export class SegmentedGradients implements GradientRunner {
  readonly inputs: readonly ProgramInput[]
  private readonly traced: TracedGradients
  private readonly options: SessionOptions
  private readonly loaded = new Map<boolean, Promise<LoadedProgram>>()
  private readonly buffers = new Map<string, Float32Array>()
  private readonly loss = floats(new Float32Array(1), [])

  constructor(traced: TracedGradients, options: SessionOptions) {
    this.traced = traced
    // Each session would keep the memory of its largest run while others run.
    this.options = { ...options, keepMemory: false }
    this.inputs = programInputs([traced.negativeLogLikelihood])
  }

  async run({ feeds, gradients, accumulate, masks }: GradientRequest): Promise<number> {
    const program = await this.load(accumulate)
    const { segments, boundaries, accumulated } = program
    const sizes = namedSizes(this.inputs, feeds)
    const values: Record<string, HostTensor> = { ...feeds, negativeLogLikelihood: this.loss }
    for (const [name, tensor] of gradients) values[`gradient.${name}`] = tensor
    const { places } = flowPlaces(program, sizes)
    for (const [name, { shape }] of boundaries) {
      values[name] = this.buffer(name, resolveShape(shape, sizes))
      const place = places.get(`gradient.${name}`)
      if (place !== undefined)
        values[`gradient.${name}`] = this.buffer(`place.${place}`, resolveShape(shape, sizes))
    }
    // What is added up begins with nought, when its place is its own; whoever adds up batches has seen to that for parameters.
    const toClear = new Set(accumulated)
    if (accumulate) for (const name of gradients.keys()) toClear.delete(`gradient.${name}`)
    const clear = (names: Iterable<string>) => {
      for (const name of names) if (toClear.delete(name)) values[name]!.data.fill(0 as never)
    }
    const run = async ({ session, inputs, outputs, held }: LoadedPart): Promise<void> => {
      const drawn = masks(
        session.program.inputs.map((value) => ({ ...value, name: inputs.get(value.name)! })),
        sizes,
      )
      const given = [...inputs].map(([place, name]) => [place, drawn[name] ?? values[name]!] as const)
      const wanted = [...outputs].map(([place, name]) => [place, values[name]!] as const)
      await session.run(Object.fromEntries(given), Object.fromEntries(wanted), held)
    }
    for (const { forward } of segments) if (forward !== undefined) await run(forward)
    for (const { backward } of segments.toReversed()) {
      if (backward === undefined) continue
      clear(backward.outputs.values())
      await run(backward)
    }
    return this.loss.data[0] as number
  }

  async profile(): Promise<ProgramProfile> {
    throw new YuksuError('profile', 'a step in parts has no profile of its own; profile it with memory: fast')
  }

  async release(): Promise<void> {
    for (const program of this.loaded.values()) {
      for (const session of (await program).sessions) await session.release()
    }
    this.loaded.clear()
  }

  private load(accumulate: boolean): Promise<LoadedProgram> {
    const known = this.loaded.get(accumulate)
    if (known !== undefined) return known
    const created = this.create(accumulate)
    this.loaded.set(accumulate, created)
    return created
  }

  /** Parts alike share a program, and so a session. What is kept no longer holds the programs, which may carry quantized weights. */
  private async create(accumulate: boolean): Promise<LoadedProgram> {
    const { loss, negativeLogLikelihood, targets, ...options } = this.traced
    const results = { negativeLogLikelihood }
    const compiled = compileSegments({ ...options, loss, results, parameters: targets, accumulate })
    const sessions = new Map<Program, Session>()
    const load = async ({ program, ...bound }: BoundProgram): Promise<LoadedPart> => {
      const session = sessions.get(program) ?? (await Session.create(program, this.options))
      sessions.set(program, session)
      return { session, ...bound }
    }
    const segments: LoadedSegment[] = []
    for (const { forward, backward } of compiled.segments) {
      segments.push({
        ...(forward && { forward: await load(forward) }),
        ...(backward && { backward: await load(backward) }),
      })
    }
    return { ...compiled, segments, sessions: [...sessions.values()] }
  }

  /** A tensor of this shape over memory that stays from batch to batch. */
  private buffer(name: string, shape: readonly number[]): HostTensor {
    const length = elementCount(shape)
    let buffer = this.buffers.get(name)
    if (buffer === undefined || buffer.length < length) {
      buffer = new Float32Array(length)
      this.buffers.set(name, buffer)
    }
    return floats(buffer.subarray(0, length), shape)
  }
}
