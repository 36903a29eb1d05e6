import { setTimeout as sleep } from 'node:timers/promises'
import { YuksuError } from '../../errors.ts'
import {
  type ChatAnswer,
  type ChatMessage,
  type ChatModel,
  ChatRequestError,
  type ChatSettings,
} from './chat-model.ts'

export interface EndpointOptions {
  /** Address of an OpenAI-compatible interface, such as `http://localhost:8080/v1`. */
  readonly endpoint: string
  readonly model: string
  /** Sent as a bearer token; appears in no message. */
  readonly apiKey?: string | undefined
  /** Of one try. Default 120. */
  readonly timeoutSeconds?: number | undefined
  /** Tries after the first, for answers 408, 409, 425, 429 and 5xx, broken connections and what is no answer. Default 5. */
  readonly retries?: number | undefined
  /** Requests at a time. Default 4. */
  readonly concurrency?: number | undefined
  readonly requestsPerMinute?: number | undefined
  /** The first wait between tries; it doubles with each, up to a minute. Default 1. */
  readonly waitSeconds?: number | undefined
}

/** What has been asked of an endpoint so far. */
export interface EndpointUsage {
  requests: number
  retries: number
  inputTokens: number
  outputTokens: number
}

export interface EndpointChatModel extends ChatModel {
  readonly usage: Readonly<EndpointUsage>
}

const longestWait = 60
/** A server that wants a longer pause than this is one that will not answer today. */
const longestPause = 600
const retried = new Set([408, 409, 425, 429])

/**
 * A model behind an OpenAI-compatible interface (`/chat/completions`): OpenAI's, vLLM's, llama.cpp's, or `yuksu serve`.
 *
 * Tries again with growing waits where that may help, and waits as long as `Retry-After` says. `chat` throws
 * `ChatRequestError` for one request, and `YuksuError` `chat-unauthorized` (401, 403) or `chat-unknown-model` (404) where every
 * request would fail. Creation throws `chat-endpoint` for what is no address.
 */
export function endpointChatModel(options: EndpointOptions): EndpointChatModel {
  const { model, apiKey, timeoutSeconds = 120, retries = 5, waitSeconds = 1 } = options
  const base = parseEndpoint(options.endpoint)
  const url = `${base}/chat/completions`
  const usage: EndpointUsage = { requests: 0, retries: 0, inputTokens: 0, outputTokens: 0 }
  const gate = createGate(options.concurrency ?? 4, options.requestsPerMinute)
  const plain = (text: string): string => oneLine(apiKey ? text.replaceAll(apiKey, '…') : text)

  async function tryOnce(body: string, signal: AbortSignal | undefined): Promise<ChatAnswer | Again> {
    const timeout = AbortSignal.timeout(timeoutSeconds * 1000)
    let response: Response
    let text: string
    try {
      response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(apiKey && { authorization: `Bearer ${apiKey}` }) },
        body,
        signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      })
      text = await response.text()
    } catch (error) {
      signal?.throwIfAborted()
      if (timeout.aborted) return { why: `no answer within ${timeoutSeconds} s` }
      return { why: plain(causeOf(error)) }
    }
    const { status } = response
    if (status === 200) return readAnswer(text) ?? { why: 'what came back is no chat completion' }
    const said = plain(errorText(text))
    const what = `${base} answered ${status}${said === '' ? '' : ` (${said})`}`
    if (status === 401 || status === 403) {
      throw new YuksuError(
        'chat-unauthorized',
        `${what}; set the API key of this endpoint in the environment`,
      )
    }
    if (status === 404) {
      throw new YuksuError(
        'chat-unknown-model',
        `${what} for the model ${model}; check its name and the address, which ends in /v1 with most servers`,
      )
    }
    if (retried.has(status) || status >= 500) {
      const pause = retryAfter(response.headers)
      return {
        why: `answer ${status}${said === '' ? '' : ` (${said})`}`,
        ...(pause !== undefined && { pause }),
      }
    }
    throw new ChatRequestError('chat-refused', `${what}; the request is left out`)
  }

  return {
    name: model,
    identity: JSON.stringify([base, model]),
    usage,
    async chat(messages, settings, signal) {
      const body = JSON.stringify(requestBody(model, base, messages, settings))
      const pass = await gate.enter(signal)
      try {
        for (let attempt = 0; ; attempt++) {
          await gate.turn(signal)
          usage.requests++
          const answer = await tryOnce(body, signal)
          if ('text' in answer) {
            usage.inputTokens += answer.inputTokens ?? 0
            usage.outputTokens += answer.outputTokens ?? 0
            return answer
          }
          if (attempt >= retries || (answer.pause ?? 0) > longestPause) {
            throw new ChatRequestError(
              'chat-unavailable',
              `${base} did not answer after ${attempt + 1} tries: ${answer.why}; see whether it runs, then run again: what was answered is kept`,
            )
          }
          usage.retries++
          // Half of the wait is by chance, so that requests refused together do not come back together.
          const wait = Math.min(longestWait, waitSeconds * 2 ** attempt) * (0.5 + Math.random() / 2)
          if (answer.pause !== undefined) gate.pause(answer.pause)
          else await sleep(wait * 1000, undefined, { signal })
        }
      } finally {
        pass()
      }
    },
  }
}

/** Why a try failed, where another may not, and for how many seconds the server wants to be left alone. */
interface Again {
  readonly why: string
  readonly pause?: number
}

function parseEndpoint(endpoint: string): string {
  const refuse = (why: string) =>
    new YuksuError(
      'chat-endpoint',
      `the endpoint ${JSON.stringify(endpoint.replace(/\/\/[^/@]*@/, '//…@'))} ${why}; give an address such as http://localhost:8080/v1`,
    )
  if (!URL.canParse(endpoint)) throw refuse('is no address')
  const url = new URL(endpoint)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw refuse('is not one of http or https')
  if (url.username !== '' || url.password !== '')
    throw refuse('holds a user or password, which belongs in the environment')
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '').replace(/\/chat\/completions$/, '')
}

function requestBody(
  model: string,
  base: string,
  messages: readonly ChatMessage[],
  { temperature, topP, maxTokens, seed, stop }: ChatSettings,
): object {
  // OpenAI's own models refuse the older name, most other servers know no other.
  const limit = new URL(base).hostname === 'api.openai.com' ? 'max_completion_tokens' : 'max_tokens'
  return {
    model,
    messages,
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { top_p: topP }),
    ...(maxTokens !== undefined && { [limit]: maxTokens }),
    ...(seed !== undefined && { seed }),
    ...(stop !== undefined && stop.length > 0 && { stop }),
  }
}

function readAnswer(text: string): ChatAnswer | undefined {
  const body = field(parseJson(text), 'choices')
  const choice: unknown = Array.isArray(body) ? body[0] : undefined
  const message = field(choice, 'message')
  const content = field(message, 'content')
  if (typeof message !== 'object' || message === null) return undefined
  if (typeof content !== 'string' && content !== null && content !== undefined) return undefined
  const reason = field(choice, 'finish_reason')
  const used = field(parseJson(text), 'usage')
  return {
    text: content ?? '',
    finishReason: reason === 'stop' || reason === 'length' ? reason : reason == null ? 'stop' : 'other',
    inputTokens: count(field(used, 'prompt_tokens')),
    outputTokens: count(field(used, 'completion_tokens')),
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
}

function count(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined
}

function errorText(text: string): string {
  const body = parseJson(text)
  const error = field(body, 'error')
  const message = field(error, 'message') ?? (typeof error === 'string' ? error : field(body, 'message'))
  return typeof message === 'string' ? message : ''
}

function causeOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  return cause instanceof Error ? cause.message || cause.name : String(cause)
}

function oneLine(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim()
  return line.length > 200 ? `${line.slice(0, 200)}…` : line
}

/** Seconds, from `retry-after-ms`, or from `Retry-After` as seconds or as a date. */
function retryAfter(headers: Headers): number | undefined {
  const milliseconds = Number(headers.get('retry-after-ms') ?? Number.NaN)
  if (milliseconds >= 0) return milliseconds / 1000
  const value = headers.get('retry-after')
  if (value === null) return undefined
  if (/^\d+(?:\.\d+)?$/.test(value.trim())) return Number(value)
  const date = Date.parse(value)
  return Number.isNaN(date) ? undefined : Math.max(0, (date - Date.now()) / 1000)
}

interface Gate {
  /** Waits for a free place; what comes back frees it. */
  enter(signal: AbortSignal | undefined): Promise<() => void>
  /** Waits until a request may be sent, by the rate and by pauses. */
  turn(signal: AbortSignal | undefined): Promise<void>
  /** Nothing is sent for so many seconds. */
  pause(seconds: number): void
}

function createGate(places: number, perMinute: number | undefined): Gate {
  const waiting: (() => void)[] = []
  let free = places
  let next = 0
  const leave = (): void => {
    const first = waiting.shift()
    if (first === undefined) free++
    else first()
  }
  return {
    async enter(signal) {
      signal?.throwIfAborted()
      if (free > 0) free--
      else await new Promise<void>((resolve) => waiting.push(resolve))
      if (signal?.aborted) {
        leave()
        signal.throwIfAborted()
      }
      return leave
    },
    async turn(signal) {
      for (;;) {
        const now = Date.now()
        if (now >= next) {
          if (perMinute !== undefined) next = now + 60_000 / perMinute
          return
        }
        await sleep(next - now, undefined, { signal })
      }
    },
    pause(seconds) {
      next = Math.max(next, Date.now() + seconds * 1000)
    },
  }
}
