/** The thread that `SessionThread` starts: it hosts one program and runs it. */
import { serveRequests } from '../threads/serve-requests.ts'
import type { HostedProgram } from './session-thread.ts'
import { type HostTensor, Session } from './session.ts'

type Values = Readonly<Record<string, HostTensor>>

await serveRequests<HostedProgram, null, Values, Values>(async ({ program, kept, options }) => {
  const session = await Session.create(
    { ...program, operations: [], graph: { nodes: [], types: new Map(), constants: [] } },
    options,
  )
  return {
    description: null,
    answer: (feeds) => session.run({ ...kept, ...feeds }),
    transfer: (outputs) => Object.values(outputs).map(({ data }) => data.buffer as ArrayBuffer),
    close: () => session.release(),
  }
})
