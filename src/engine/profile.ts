import type { Program, ProgramOperation } from './lowering.ts'

/** The time that one operation of a program took in all profiled runs together. */
export interface OperationTime {
  readonly operation: ProgramOperation
  readonly milliseconds: number
}

/** Where the time of a program's runs went. */
export interface ProgramProfile {
  readonly program: Pick<Program, 'operations'>
  readonly runs: number
  /** One entry for each operation of the program, in its order. */
  readonly operations: readonly OperationTime[]
  /** What the runtime did under names of its own: nodes it made while optimizing that tell of no operation. */
  readonly otherMilliseconds: number
}

interface Event {
  readonly cat?: string
  readonly name?: string
  readonly dur?: number
  readonly ts?: number
}

const kernelTime = '_kernel_time'

/**
 * Gives the times in the runtime's record of its runs, as it writes it, to the operations of the program. The first `skip` runs, in which
 * memory is taken for the first time, are left out.
 */
export function readProfile(record: string, program: Pick<Program, 'operations'>, skip = 0): ProgramProfile {
  const all = JSON.parse(record) as readonly Event[]
  const starts = all
    .filter(isRun)
    .map(({ ts = 0 }) => ts)
    .sort((left, right) => left - right)
  const begin = skip === 0 ? -Infinity : (starts[skip] ?? Infinity)
  const events = all.filter(({ ts = 0 }) => ts >= begin)
  const owners = new Map<string, ProgramOperation>()
  const within = new Set<string>()
  for (const operation of program.operations) {
    for (const name of operation.nodes) owners.set(name, operation)
    // The node that chose the branch has their time already.
    for (const name of operation.branches) within.add(name)
  }
  const times = new Map<ProgramOperation, number>()
  let other = 0
  for (const { cat, name = '', dur = 0 } of events) {
    if (cat !== 'Node' || !name.endsWith(kernelTime)) continue
    const node = name.slice(0, -kernelTime.length)
    const owner = ownerOf(node, owners)
    if (owner !== undefined) times.set(owner, (times.get(owner) ?? 0) + dur / 1000)
    else if (!within.has(node)) other += dur / 1000
  }
  return {
    program,
    runs: events.filter(isRun).length,
    operations: program.operations.map((operation) => ({
      operation,
      milliseconds: times.get(operation) ?? 0,
    })),
    otherMilliseconds: other,
  }
}

function isRun({ cat, name }: Event): boolean {
  return cat === 'Session' && name === 'model_run'
}

/** A node that the runtime made of several has their names within its own. */
function ownerOf(node: string, owners: ReadonlyMap<string, ProgramOperation>): ProgramOperation | undefined {
  const known = owners.get(node)
  if (known !== undefined) return known
  const parts = node.match(/[A-Za-z]+_\d+/g) ?? []
  return parts.map((part) => owners.get(part)).find((owner) => owner !== undefined)
}
