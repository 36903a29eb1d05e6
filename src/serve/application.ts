import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { cors } from 'hono/cors'
import type { LanguageModelV3 } from '@ai-sdk/provider'
import { decodeUtf8 } from '../formats/decode-utf8.ts'
import { answerStream, answerWhole } from './answer.ts'
import { ApiError, toApiError } from './api-error.ts'
import { parseChatRequest } from './chat-request.ts'
import { checkOrigin } from './check-origin.ts'
import { page, pageSecurityPolicy } from './page/page.ts'
import { QueueFullError, RequestQueue } from './request-queue.ts'

export interface ApplicationOptions {
  /** Chat models by the name a client asks for. */
  models: Record<string, LanguageModelV3>
  /** Origins of web pages that may call this server; none without it. */
  corsOrigins?: string[]
  /** Largest request body in bytes. Without it one mebibyte. */
  maxBodyBytes?: number
  /** Requests that may wait for a model while it answers another. Without it 16. */
  maxWaiting?: number
  /** Refuse requests addressed to a name other than this machine's own (DNS rebinding). */
  loopbackOnly?: boolean
  /** Told of every failure that a client only sees as "internal". */
  onError?: (error: unknown) => void
}

export interface Application {
  fetch(request: Request, environment?: object): Response | Promise<Response>
  /** Cuts off every answer that is being written. */
  abortAll(): void
}

/** The routes of the server, apart from sockets. */
export function createApplication(options: ApplicationOptions): Application {
  const { models, onError = () => {}, maxBodyBytes = 1024 * 1024, corsOrigins = [] } = options
  const created = Math.floor(Date.now() / 1000)
  const queues = new Map(
    Object.keys(models).map((name) => [name, new RequestQueue(options.maxWaiting ?? 16)]),
  )
  const running = new Set<AbortController>()
  const application = new Hono()

  if (corsOrigins.length > 0) application.use('/v1/*', cors({ origin: corsOrigins }))
  application.use(async (context, next) => {
    checkOrigin(context.req.raw, { loopbackOnly: options.loopbackOnly ?? false, corsOrigins })
    await next()
  })

  application.get('/', (context) =>
    context.html(page, 200, {
      'content-security-policy': pageSecurityPolicy,
      'referrer-policy': 'no-referrer',
    }),
  )
  application.get('/favicon.ico', (context) => context.body(null, 204))
  application.get('/health', (context) => {
    const all = [...queues.values()]
    return context.json({
      status: 'ok',
      models: Object.keys(models),
      active: all.reduce((sum, queue) => sum + queue.active, 0),
      waiting: all.reduce((sum, queue) => sum + queue.waiting, 0),
    })
  })

  const modelObject = (id: string) => ({ id, object: 'model', created, owned_by: 'yuksu' })
  application.get('/v1/models', (context) =>
    context.json({ object: 'list', data: Object.keys(models).map(modelObject) }),
  )
  application.get('/v1/models/:id{.+}', (context) => {
    const id = context.req.param('id')
    findModel(id)
    return context.json(modelObject(id))
  })

  application.post(
    '/v1/chat/completions',
    bodyLimit({
      maxSize: maxBodyBytes,
      onError: () => {
        throw new ApiError(413, `The body of a request may have at most ${maxBodyBytes} bytes.`, {
          code: 'request_too_large',
        })
      },
    }),
    async (context) => {
      const request = parseChatRequest(textOf(await context.req.arrayBuffer()))
      const model = findModel(request.model)
      const abort = new AbortController()
      const client = context.req.raw.signal
      const cancel = () => abort.abort()
      if (client.aborted) cancel()
      client.addEventListener('abort', cancel, { once: true })
      running.add(abort)
      let leave = () => {}
      const end = (error?: unknown) => {
        client.removeEventListener('abort', cancel)
        running.delete(abort)
        leave()
        if (error !== undefined && toApiError(error).status >= 500) onError(error)
      }
      try {
        leave = await queues.get(request.model)!.enter(abort.signal)
        if (request.stream) return await answerStream(model, request, abort, end)
        const response = await answerWhole(model, request, abort.signal)
        end()
        return response
      } catch (error) {
        end()
        throw error
      }
    },
  )

  application.all('/v1/chat/completions', (context) => methodNotAllowed(context.req.raw, 'POST'))
  application.all('/v1/models', (context) => methodNotAllowed(context.req.raw, 'GET'))
  application.notFound((context) => {
    const { method, path } = context.req
    return new ApiError(404, `Unknown request URL: ${method} ${path}.`, { code: 'unknown_url' }).toResponse()
  })
  application.onError((error, context) => {
    // Nobody is there to read it; 499 is what nginx logs for a client that went away.
    if (context.req.raw.signal.aborted) return new Response(null, { status: 499 })
    if (error instanceof QueueFullError)
      return new ApiError(503, 'The server is busy and its queue is full. Try again later.', {
        code: 'server_overloaded',
        headers: { 'retry-after': String(error.retryAfterSeconds) },
      }).toResponse()
    const answer = toApiError(error)
    if (answer.status >= 500) onError(error)
    return answer.toResponse()
  })

  function findModel(name: string): LanguageModelV3 {
    if (Object.hasOwn(models, name)) return models[name]!
    const known = Object.keys(models).join(', ')
    throw new ApiError(404, `The model '${name}' does not exist; this server has: ${known}.`, {
      param: 'model',
      code: 'model_not_found',
    })
  }

  return {
    fetch: (request, environment) => application.fetch(request, environment),
    abortAll: () => running.forEach((abort) => abort.abort()),
  }
}

function methodNotAllowed(request: Request, allow: string): Response {
  const { pathname } = new URL(request.url)
  return new ApiError(405, `Not allowed to ${request.method} on ${pathname}; use ${allow}.`, {
    code: 'method_not_supported',
    headers: { allow },
  }).toResponse()
}

/** The body of a request; a text with broken letters would be answered as if it were whole. */
function textOf(body: ArrayBuffer): string {
  const decoded = decodeUtf8(new Uint8Array(body))
  if ('text' in decoded) return decoded.text.replace(/^\uFEFF/, '')
  throw new ApiError(400, `The body of a request must be UTF-8; byte ${decoded.invalidAt + 1} is not.`)
}
