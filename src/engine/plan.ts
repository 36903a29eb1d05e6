/**
 * What running a program will take, known beforehand. The values of a program live in the runtime's arena from the node that makes them to
 * the last that reads them; with the nodes in the runtime's order and the arena as it is, the figure is the runtime's own.
 *
 * The runtime writes a result over a dying operand only where it knew both shapes when the session was made. Sizes known only at the run
 * take that from nearly all values of a training step, and it is not counted on; `Reshape` and its like share the memory they are given.
 */
import { Arena, type Chunk } from './arena.ts'
import type { Sizes } from './dimension.ts'
import type { Program } from './lowering.ts'
import { runtimeOrder, type RuntimeStep } from './runtime-order.ts'
import { valueBytes, valueSizes } from './value-sizes.ts'

/** Bytes. */
export interface ProgramPlan {
  /** What is given at a run, in the largest of the runs. */
  readonly inputs: number
  readonly outputs: number
  /** What the session keeps: its constants, and what follows from them alone; not those that are handed over as they lie in memory. */
  readonly constants: number
  /** The most that values between inputs and outputs take at any time. */
  readonly temporaries: number
  /** What the runtime comes to hold for them: no memory is used again without gaps. */
  readonly arena: number
}

/** The plan of runs of these sizes, one after the other in one session. Throws YuksuError where a size has no number. */
export function planProgram(program: Program, ...runs: readonly Sizes[]): ProgramPlan {
  const { graph, inputs, outputs, held } = program
  const namesOf = (values: readonly { readonly name: string }[]) => values.map(({ name }) => name)
  const { steps, folded } = runtimeOrder(graph.nodes, namesOf(graph.constants), namesOf(outputs))
  const elsewhere = new Set([...namesOf(inputs), ...namesOf(outputs), ...namesOf(graph.constants), ...folded])
  const lives = lifetimes(steps, elsewhere)
  const isHeld = new Set(namesOf(held))
  const arena = new Arena()
  const largest = { inputs: 0, outputs: 0, constants: 0, temporaries: 0 }
  for (const sizes of runs) {
    const found = valueSizes(program, sizes)
    const bytesOf = (name: string) => {
      const value = found.get(name)
      return value === undefined ? 0 : valueBytes(value)
    }
    const sum = (names: readonly string[]) => names.reduce((total, name) => total + bytesOf(name), 0)
    const kept = [...namesOf(graph.constants).filter((name) => !isHeld.has(name)), ...folded]
    for (const [part, bytes] of [
      ['inputs', sum(namesOf(inputs))],
      ['outputs', sum(namesOf(outputs))],
      ['constants', sum(kept)],
      ['temporaries', run(lives, bytesOf, arena)],
    ] as const)
      largest[part] = Math.max(largest[part], bytes)
  }
  return { ...largest, arena: arena.touched }
}

/** What a step makes in memory of its own, and what is last read by it. */
interface Life {
  readonly begins: readonly string[]
  readonly ends: readonly string[]
}

/** Nodes that give their operand another shape. */
const sharing = new Set(['Reshape', 'Squeeze', 'Unsqueeze', 'Identity'])

function lifetimes(steps: readonly RuntimeStep[], elsewhere: ReadonlySet<string>): Life[] {
  const owners = new Map<string, string>()
  const ownerOf = (name: string) => owners.get(name) ?? name
  const lastReads = new Map<string, number>()
  const begins = steps.map(({ node, reads }, step) => {
    for (const name of reads) lastReads.set(ownerOf(name), step)
    const made = node.outputs.filter((name) => name !== '' && !elsewhere.has(name))
    if (sharing.has(node.type) && made.length > 0) {
      owners.set(made[0]!, ownerOf(node.inputs[0]!))
      return []
    }
    for (const name of made) lastReads.set(name, step)
    return made
  })
  const ends = steps.map((): string[] => [])
  const own = new Set(begins.flat())
  for (const [name, step] of lastReads) if (own.has(name)) ends[step]!.push(name)
  return steps.map((_, step) => ({ begins: begins[step]!, ends: ends[step]! }))
}

/** The most bytes that live at any time; the arena remembers what it took to hold them. */
function run(lives: readonly Life[], bytesOf: (name: string) => number, arena: Arena): number {
  const chunks = new Map<string, Chunk>()
  let live = 0
  let most = 0
  for (const { begins, ends } of lives) {
    for (const name of begins) {
      chunks.set(name, arena.take(bytesOf(name)))
      live += bytesOf(name)
    }
    most = Math.max(most, live)
    for (const name of ends) {
      arena.give(chunks.get(name)!)
      live -= bytesOf(name)
    }
  }
  return most
}
