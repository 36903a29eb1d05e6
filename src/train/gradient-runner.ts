import type { Sizes } from '../engine/dimension.ts'
import type { ProgramInput } from '../engine/lowering.ts'
import type { ProgramProfile } from '../engine/profile.ts'
import type { HostTensor } from '../engine/session.ts'

export type Feeds = Readonly<Record<string, HostTensor>>

/** One batch whose gradients are wanted. */
export interface GradientRequest {
  /** Parameters and the batch. */
  readonly feeds: Feeds
  /** Where the gradient of each trainable parameter goes. */
  readonly gradients: ReadonlyMap<string, HostTensor>
  /** Add to what is there instead of writing over it. */
  readonly accumulate: boolean
  /** Draws the dropout masks among the inputs; they hold until it is called again. */
  readonly masks: (inputs: readonly ProgramInput[], sizes: Sizes) => Feeds
}

/** Computes the loss of batches and its gradients: as one program, or part by part. */
export interface GradientRunner {
  /** The inputs of the whole computation, in order. */
  readonly inputs: readonly ProgramInput[]
  /** Returns the negative log-likelihood. */
  run(request: GradientRequest): Promise<number>
  /** Where the time went, in runs after the first `skip`. */
  profile(skip: number): Promise<ProgramProfile>
  release(): Promise<void>
}
