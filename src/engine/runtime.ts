import type { HostTensor, SessionOptions } from './session.ts'

/** The options of a session with all that may be left out filled in. */
export interface RuntimeOptions extends Required<Omit<SessionOptions, 'profile'>> {
  /** Where the runtime writes the record of a profile: the beginning of the file's path. */
  readonly profilePrefix?: string
}

/** What computes programs. Inputs and outputs are in the program's order; an output is where to write it, or null for a new tensor. */
export interface RuntimeSession {
  run(inputs: readonly HostTensor[], outputs: readonly (HostTensor | null)[]): Promise<HostTensor[]>
  /** Writes the record of a profile. */
  endProfiling(): void
  release(): Promise<void>
}

export interface ProgramToLoad {
  readonly bytes: Uint8Array
  readonly inputs: readonly { readonly name: string }[]
  readonly outputs: readonly { readonly name: string }[]
}
