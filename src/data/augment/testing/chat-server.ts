import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ChatMessage } from '../chat-model.ts'

export interface AskedRequest {
  readonly model: string
  readonly messages: readonly ChatMessage[]
  readonly temperature?: number
  readonly max_tokens?: number
  readonly seed?: number
  readonly headers: IncomingMessage['headers']
}

/** What a server does with a request: writes this answer, or one of the things that servers do. */
export type Reply =
  | string
  | { readonly text: string; readonly finish: string }
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string }
  /** Ends the connection within the answer. */
  | { readonly cut: true }
  /** Never answers. */
  | { readonly hang: true }

export interface ScriptedServer {
  readonly endpoint: string
  readonly requests: AskedRequest[]
  /** Most requests that were open at a time. */
  most: number
  close(): Promise<void>
}

/** A server that speaks the chat protocol and answers as `reply` says; `milliseconds` is how long it thinks. */
export async function scriptedServer(
  reply: (request: AskedRequest, number: number) => Reply,
  milliseconds = 0,
): Promise<ScriptedServer> {
  const requests: AskedRequest[] = []
  let open = 0
  const scripted = { requests, most: 0 }
  const server = createServer((request, response) => {
    void answer(request, response)
  })
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = ''
    for await (const piece of request) body += String(piece)
    const asked = { ...(JSON.parse(body) as AskedRequest), headers: request.headers }
    const number = requests.push(asked)
    scripted.most = Math.max(scripted.most, ++open)
    if (milliseconds > 0) await new Promise((resolve) => setTimeout(resolve, milliseconds))
    open--
    write(response, request.url === '/v1/chat/completions' ? reply(asked, number) : { status: 404 })
  }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return Object.assign(scripted, {
    endpoint: `http://127.0.0.1:${port}/v1`,
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  })
}

function write(response: ServerResponse, reply: Reply): void {
  if (typeof reply === 'object' && 'hang' in reply) return
  if (typeof reply === 'object' && 'cut' in reply) {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': 1000 })
    response.write('{"choices": [{"mess')
    setTimeout(() => response.destroy(), 5)
    return
  }
  if (typeof reply === 'object' && 'status' in reply) {
    response.writeHead(reply.status, reply.headers)
    response.end(reply.body ?? JSON.stringify({ error: { message: `status ${reply.status}` } }))
    return
  }
  const { text, finish } = typeof reply === 'string' ? { text: reply, finish: 'stop' } : reply
  response.writeHead(200, { 'content-type': 'application/json' })
  response.end(
    JSON.stringify({
      choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: finish }],
      usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
    }),
  )
}
