import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { serve } from '@hono/node-server'
import type { LanguageModelV3 } from '@ai-sdk/provider'
import { YuksuError } from '../errors.ts'
import { createApplication, type ApplicationOptions } from './application.ts'

export interface ServerOptions extends Omit<ApplicationOptions, 'loopbackOnly'> {
  models: Record<string, LanguageModelV3>
  /** Address to listen on. Without it 127.0.0.1, which only this machine can reach. */
  host?: string
  /** Port to listen on; 0 takes a free one. Without it 8080. */
  port?: number
}

export interface ChatServer {
  /** Answers one request without a socket. */
  fetch(request: Request): Promise<Response>
  /**
   * Starts listening and gives the address.
   *
   * @throws YuksuError `port-in-use`, `port-forbidden` or `host-unknown`.
   */
  listen(): Promise<{ url: string; port: number }>
  /**
   * Stops listening, lets running answers end for at most `graceMilliseconds` (without it 5000), then cuts them off.
   */
  close(graceMilliseconds?: number): Promise<void>
}

const loopback = new Set(['127.0.0.1', '::1', 'localhost'])

/** An OpenAI-compatible server with a page for pasting a dialogue, over any chat models. */
export function createServer(options: ServerOptions): ChatServer {
  const host = options.host ?? '127.0.0.1'
  const application = createApplication({ ...options, loopbackOnly: loopback.has(host) })
  let server: Server | undefined

  return {
    fetch: async (request) => application.fetch(request),
    async listen() {
      const address = await new Promise<AddressInfo>((resolve, reject) => {
        server = serve(
          { fetch: application.fetch, port: options.port ?? 8080, hostname: host },
          resolve,
        ) as Server
        server.once('error', (cause: NodeJS.ErrnoException) =>
          reject(listenError(cause, host, options.port ?? 8080)),
        )
      })
      const shown = host.includes(':') ? `[${host}]` : host
      return { url: `http://${shown}:${address.port}`, port: address.port }
    },
    async close(graceMilliseconds = 5000) {
      const listening = server
      if (!listening?.listening) return
      const closed = new Promise<void>((resolve) => listening.close(() => resolve()))
      listening.closeIdleConnections()
      const timer = setTimeout(() => {
        application.abortAll()
        listening.closeAllConnections()
      }, graceMilliseconds)
      // A kept-alive connection becomes idle when its answer ends, after the call above.
      const sweep = setInterval(() => listening.closeIdleConnections(), 100)
      await closed
      clearTimeout(timer)
      clearInterval(sweep)
    },
  }
}

function listenError(cause: NodeJS.ErrnoException, host: string, port: number): Error {
  if (cause.code === 'EADDRINUSE')
    return new YuksuError(
      'port-in-use',
      `port ${port} on ${host} is in use; stop the other program or choose another with --port (0 takes a free one)`,
      { cause },
    )
  if (cause.code === 'EACCES')
    return new YuksuError(
      'port-forbidden',
      `port ${port} may not be opened by this user; choose one above 1023`,
      { cause },
    )
  if (cause.code === 'EADDRNOTAVAIL' || cause.code === 'ENOTFOUND' || cause.code === 'EAI_AGAIN')
    return new YuksuError('host-unknown', `${host} is no address of this machine; try 127.0.0.1 or 0.0.0.0`, {
      cause,
    })
  return cause
}
