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
  const create = Session.create.bind(Session)
  const programs = new Map<Session, Program>()
  Session.create = async (program, options) => {
    const session = await create(program, options)
    programs.set(session, program)
    return session
  }
  Session.prototype.run = async function (given, targets) {
    const program = programs.get(this)!
    const feeds = copies(given, this.program.inputs)
    const results = await run.call(this, given, targets)
    const recorded = { feeds, outputs: copies(results, this.program.outputs) }
    found.set(program, [...(found.get(program) ?? []), recorded])
    return results
  }
  try {
    await work()
  } finally {
    Session.prototype.run = run
    Session.create = create
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
