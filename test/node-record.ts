import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import type { Program } from '../src/engine/lowering.ts'
import type { HostTensor } from '../src/engine/session.ts'

/** What the runtime tells of a node that it ran. */
export interface RecordedNode {
  readonly name: string
  /** Bytes that were asked for and not yet given back, this node's own results among them, and bytes taken from the system. */
  readonly requested: number
  readonly held: number
  readonly outputs: readonly { readonly shape: readonly number[]; readonly dtype: string }[]
}

interface Event {
  readonly cat: string
  readonly name: string
  readonly args: {
    readonly mem_bytes_requested_in_use: string
    readonly mem_arena_held: string
    readonly output_type_shape: readonly Readonly<Record<string, readonly number[]>>[]
  }
}

const suffix = '_kernel_time'

/** Runs a program once, its memory handled as `Session` has it, and gives its nodes in the order in which they ran. */
export async function recordNodes(
  program: Program,
  feeds: Readonly<Record<string, HostTensor>>,
): Promise<RecordedNode[]> {
  const folder = mkdtempSync(join(tmpdir(), 'yuksu-record-'))
  try {
    const session = await InferenceSession.create(program.bytes, {
      intraOpNumThreads: 1,
      enableMemPattern: false,
      logSeverityLevel: 3,
      enableProfiling: true,
      profileFilePrefix: join(folder, 'run'),
    })
    const given = program.inputs.map(({ name }) => {
      const { dtype, data, shape } = feeds[name]!
      return [name, new Tensor(dtype, data as Float32Array, shape)] as const
    })
    await session.run(Object.fromEntries(given))
    session.endProfiling()
    await session.release()
    const events = JSON.parse(readFileSync(join(folder, readdirSync(folder)[0]!), 'utf8')) as Event[]
    return events
      .filter(({ cat, name }) => cat === 'Node' && name.endsWith(suffix))
      .map(({ name, args }) => ({
        name: name.slice(0, -suffix.length),
        requested: Number(args.mem_bytes_requested_in_use),
        held: Number(args.mem_arena_held),
        outputs: args.output_type_shape.flatMap((type) =>
          Object.entries(type).map(([dtype, shape]) => ({
            dtype: dtype === 'float' ? 'float32' : dtype,
            shape,
          })),
        ),
      }))
  } finally {
    rmSync(folder, { recursive: true })
  }
}
