import type { Program } from '../src/engine/lowering.ts'
import { type HostTensor, Session } from '../src/engine/session.ts'

type Values = Readonly<Record<string, HostTensor>>

/** One run of a program in Node. */
export interface RecordedRun {
  readonly feeds: Values
  readonly outputs: Values
}

/**
 * Every run of every program while something is done, by program in the order of their first runs. Values are copies: what
 * goes in and comes out lies in memory that training changes.
 */
export async function recordRuns(work: () => Promise<unknown>): Promise<Map<Program, RecordedRun[]>> {
  const found = new Map<Program, RecordedRun[]>()
  const { run } = Session.prototype
  Session.prototype.run = async function (given, targets) {
    const feeds = copies(given, this.program.inputs)
    const results = await run.call(this, given, targets)
    const recorded = { feeds, outputs: copies(results, this.program.outputs) }
    found.set(this.program, [...(found.get(this.program) ?? []), recorded])
    return results
  }
  try {
    await work()
  } finally {
    Session.prototype.run = run
  }
  return found
}

function copies(values: Values, wanted: readonly { readonly name: string }[]): Values {
  return Object.fromEntries(
    wanted.map(({ name }) => {
      const value = values[name]!
      return [name, { ...value, data: value.data.slice() }]
    }),
  )
}
