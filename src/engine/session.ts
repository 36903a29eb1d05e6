import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { YuksuError } from '../errors.ts'
import { formatShape } from './dimension.ts'
import type { Program, ProgramValue } from './lowering.ts'
import { type ProgramProfile, readProfile } from './profile.ts'
import type { RuntimeSession } from './runtime.ts'
import type { DataType } from './tensor.ts'

/** Values outside a program: what is fed to it and what it writes to. */
export interface HostTensor {
  readonly dtype: DataType
  readonly data: Float32Array | BigInt64Array | Int32Array | Uint8Array
  readonly shape: readonly number[]
}

export interface SessionOptions {
  /** Threads of the runtime; 2 by default, which is what small machines have. */
  readonly threads?: number
  /**
   * Threads look for work instead of sleeping, in a run, and by the stock runtime between runs too: faster in a training loop, wasteful in a server. Those of
   * native sessions sleep between runs, where they would keep processors from the kernels that update weights.
   */
  readonly spin?: boolean
  /** Keep memory between runs: faster; without it each run takes what it needs anew. True by default. */
  readonly keepMemory?: boolean
  /** Record the time of every operation, for `profile`; such runs are a little slower. */
  readonly profile?: boolean
}

export function floats(data: Float32Array, shape: readonly number[]): HostTensor {
  return { dtype: 'float32', data, shape }
}

export function integers(values: ArrayLike<number>, shape: readonly number[]): HostTensor {
  const data = new BigInt64Array(values.length)
  for (let index = 0; index < data.length; index++) data[index] = BigInt(values[index]!)
  return { dtype: 'int64', data, shape }
}

/** The numbers of the named sizes, read off the values that are fed. */
export function namedSizes(
  inputs: readonly ProgramValue[],
  feeds: Readonly<Record<string, HostTensor>>,
): Record<string, number> {
  const sizes: Record<string, number> = {}
  for (const { name, shape } of inputs) {
    feeds[name]?.shape.forEach((size, axis) => {
      const dimension = shape[axis]
      if (typeof dimension === 'string') sizes[dimension] = size
    })
  }
  return sizes
}

/** A program loaded into ONNX Runtime. Runs block the calling thread; host it in a worker to keep a thread free. */
export class Session implements AsyncDisposable {
  /** Without its bytes: the runtime has what it needs of them, and they may carry quantized weights. */
  readonly program: Omit<Program, 'bytes'>
  private readonly session: RuntimeSession
  /** A folder of its own that the runtime writes its record to. */
  private readonly recordFolder: string | undefined

  private constructor(program: Omit<Program, 'bytes'>, session: RuntimeSession, recordFolder?: string) {
    this.program = program
    this.session = session
    this.recordFolder = recordFolder
  }

  /** Throws YuksuError where the program needs the native library (`program.native`) and it is not there. */
  static async create(program: Program, options: SessionOptions = {}): Promise<Session> {
    const { threads = 2, spin = true, keepMemory = true, profile = false } = options
    const create = program.native
      ? (await import('./native-runtime.ts')).createNativeSession
      : (await import('./stock-runtime.ts')).createStockSession
    const recordFolder = profile ? await mkdtemp(join(tmpdir(), 'yuksu-profile-')) : undefined
    const inputs = [...program.inputs, ...program.held]
    const session = await create(
      { ...program, inputs },
      {
        threads,
        spin,
        keepMemory,
        ...(recordFolder !== undefined && { profilePrefix: join(recordFolder, 'program') }),
      },
    )
    const { bytes: _, ...rest } = program
    return new Session(rest, session, recordFolder)
  }

  /**
   * Runs the program. Outputs for which a tensor is given are written into it; the others are allocated. `held`: what to hand over in
   * place of the program's constants that its bytes do not carry, those of a program with the same bytes.
   * Throws YuksuError where an input is missing or has another type or shape than the program was traced with.
   */
  async run(
    feeds: Readonly<Record<string, HostTensor>>,
    outputs: Readonly<Record<string, HostTensor | null>> = {},
    held: Program['held'] = this.program.held,
  ): Promise<Record<string, HostTensor>> {
    this.check(feeds)
    const results = await this.session.run(
      [...this.program.inputs.map(({ name }) => feeds[name]!), ...held.map(({ value }) => value)],
      this.program.outputs.map(({ name }) => outputs[name] ?? null),
    )
    return Object.fromEntries(this.program.outputs.map(({ name }, index) => [name, results[index]!]))
  }

  /**
   * Where the time of all runs since it was created went, the first `skip` left out. Can be asked once, of a session created
   * with `profile`.
   */
  async profile(skip = 0): Promise<ProgramProfile> {
    const folder = this.recordFolder
    const records =
      folder === undefined || !existsSync(folder) ? [] : (this.session.endProfiling(), await readdir(folder))
    if (folder === undefined || records.length === 0) {
      throw new YuksuError(
        'profile',
        'there is no profile; create the session with { profile: true }, run it, and ask once',
      )
    }
    const record = await readFile(join(folder, records[0]!), 'utf8')
    await rm(folder, { recursive: true })
    return readProfile(record, this.program, skip)
  }

  async release(): Promise<void> {
    await this.session.release()
    if (this.recordFolder !== undefined) await rm(this.recordFolder, { recursive: true, force: true })
  }

  /** For `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.release()
  }

  private check(feeds: Readonly<Record<string, HostTensor>>): void {
    const sizes = new Map<string, number>()
    for (const { name, shape, dtype } of this.program.inputs) {
      const given = feeds[name]
      if (given === undefined)
        throw new YuksuError('missing-input', `the program's input '${name}' was not given`)
      const fits =
        given.dtype === dtype &&
        given.shape.length === shape.length &&
        shape.every((dimension, axis) => {
          const size = given.shape[axis]!
          if (typeof dimension === 'number') return size === dimension
          if (!sizes.has(dimension)) sizes.set(dimension, size)
          return sizes.get(dimension) === size
        })
      if (!fits) {
        const known = [...sizes].map(([dimension, size]) => `${dimension} = ${size}`).join(', ')
        throw new YuksuError(
          'input-shape',
          `the program's input '${name}' is ${dtype} ${formatShape(shape)}${known && ` (${known})`}, given was ${given.dtype} ${formatShape(given.shape)}`,
        )
      }
    }
  }
}
