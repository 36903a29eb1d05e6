import { once } from 'node:events'
import { connect } from 'node:net'
import type { LanguageModelV3, LanguageModelV3CallOptions } from '@ai-sdk/provider'
import { createParser } from 'eventsource-parser'
import { afterEach, describe, expect, it } from 'vitest'
import { YuksuError } from '../errors.ts'
import { type ChatServer, createServer, type ServerOptions } from './server.ts'

async function collect<Item>(source: AsyncIterable<Item>): Promise<Item[]> {
  const items: Item[] = []
  for await (const item of source) items.push(item)
  return items
}

const words = ['민수는 ', '내일 ', '병원에 ', '간다. 👩‍⚕️']

interface FakeModel extends LanguageModelV3 {
  calls: LanguageModelV3CallOptions[]
  /** Calls that run at this moment, and the most that ever did. */
  running: { now: number; most: number; aborted: number }
}

/** Writes `words`, one each `milliseconds`; `at` may throw before a word. */
function fakeModel(milliseconds = 0, at: (index: number) => void = () => {}): FakeModel {
  const calls: LanguageModelV3CallOptions[] = []
  const running = { now: 0, most: 0, aborted: 0 }
  async function* write(options: LanguageModelV3CallOptions) {
    calls.push(options)
    running.now += 1
    running.most = Math.max(running.most, running.now)
    try {
      for (const [index, word] of words.slice(0, options.maxOutputTokens).entries()) {
        await new Promise((resolve) => setTimeout(resolve, milliseconds))
        options.abortSignal?.throwIfAborted()
        at(index)
        yield word
      }
    } catch (error) {
      if (options.abortSignal?.aborted) running.aborted += 1
      throw error
    } finally {
      running.now -= 1
    }
  }
  const end = (count: number) => ({
    finishReason: { unified: count < words.length ? ('length' as const) : ('stop' as const), raw: undefined },
    usage: {
      inputTokens: { total: 7, noCache: 7, cacheRead: 0, cacheWrite: 0 },
      outputTokens: { total: count, text: count, reasoning: 0 },
    },
  })
  return {
    specificationVersion: 'v3',
    provider: 'test',
    modelId: 'fake',
    supportedUrls: {},
    calls,
    running,
    async doGenerate(options) {
      const written = await collect(write(options))
      return { content: [{ type: 'text', text: written.join('') }], ...end(written.length), warnings: [] }
    },
    async doStream(options) {
      const source = write(options)
      let count = 0
      return {
        stream: new ReadableStream({
          start: (controller) => controller.enqueue({ type: 'stream-start', warnings: [] }),
          async pull(controller) {
            const next = await source.next()
            if (next.done) {
              controller.enqueue({ type: 'finish', ...end(count) })
              controller.close()
              return
            }
            count += 1
            controller.enqueue({ type: 'text-delta', id: '0', delta: next.value })
          },
        }),
      }
    },
  }
}

const servers: ChatServer[] = []
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close(0)))
})

async function start(model: LanguageModelV3, options: Partial<ServerOptions> = {}): Promise<string> {
  const server = createServer({ models: { soup: model }, port: 0, ...options })
  servers.push(server)
  return (await server.listen()).url
}

const question = { model: 'soup', messages: [{ role: 'user', content: '민수: 나 내일 병원 가.' }] }

function post(url: string, body: unknown, init: RequestInit = {}): Promise<Response> {
  return fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...init,
    headers: { 'content-type': 'application/json', ...init.headers },
  })
}

interface ChunkLike {
  id: string
  object: string
  choices: Array<{ index: number; delta: { role?: string; content?: string }; finish_reason: string | null }>
  usage?: object | null
  error?: { message: string; code: string }
}

async function events(response: Response): Promise<string[]> {
  const found: string[] = []
  const parser = createParser({ onEvent: (event) => found.push(event.data) })
  parser.feed(await response.text())
  return found
}

async function until(condition: () => boolean): Promise<void> {
  for (let wait = 0; wait < 200 && !condition(); wait++)
    await new Promise((resolve) => setTimeout(resolve, 10))
  expect(condition()).toBe(true)
}

describe('POST /v1/chat/completions', () => {
  it('answers with one object of the OpenAI API', async () => {
    const model = fakeModel()
    const response = await post(await start(model), question)
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({
      id: expect.stringMatching(/^chatcmpl-/),
      object: 'chat.completion',
      created: expect.any(Number),
      model: 'soup',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: words.join(''), refusal: null },
          logprobs: null,
          finish_reason: 'stop',
        },
      ],
      usage: { prompt_tokens: 7, completion_tokens: 4, total_tokens: 11 },
    })
  })

  it('streams the same answer: role, words, reason, usage, [DONE]', async () => {
    const response = await post(await start(fakeModel()), {
      ...question,
      stream: true,
      stream_options: { include_usage: true },
    })
    expect(response.headers.get('content-type')).toContain('text/event-stream')
    const data = await events(response)
    expect(data.pop()).toBe('[DONE]')
    const chunks = data.map((text) => JSON.parse(text) as ChunkLike)
    expect(new Set(chunks.map((chunk) => chunk.id)).size).toBe(1)
    expect(chunks.every((chunk) => chunk.object === 'chat.completion.chunk')).toBe(true)
    expect(chunks[0]!.choices[0]!.delta).toEqual({ role: 'assistant', content: '' })
    expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')).toBe(words.join(''))
    expect(chunks.at(-2)!.choices[0]).toMatchObject({ delta: {}, finish_reason: 'stop' })
    expect(chunks.at(-1)).toMatchObject({
      choices: [],
      usage: { prompt_tokens: 7, completion_tokens: 4, total_tokens: 11 },
    })
    expect(chunks.slice(0, -1).every((chunk) => chunk.usage === null)).toBe(true)
  })

  it('leaves usage out of a stream that did not ask for it', async () => {
    const data = await events(await post(await start(fakeModel()), { ...question, stream: true }))
    expect(data.join('')).not.toContain('usage')
  })

  it('sends the first word before the last is written', async () => {
    const model = fakeModel(30)
    const response = await post(await start(model), { ...question, stream: true })
    expect(model.running.now).toBe(1)
    await events(response)
    expect(model.running.now).toBe(0)
  })

  it('hands every setting to the model', async () => {
    const model = fakeModel()
    const response = await post(await start(model), {
      model: 'soup',
      messages: [
        { role: 'developer', content: 'Be short.' },
        { role: 'user', content: [{ type: 'text', text: '가' }] },
        { role: 'assistant', content: '나' },
        { role: 'user', content: '다' },
      ],
      max_tokens: 99,
      max_completion_tokens: 2,
      temperature: 0.5,
      top_p: 0.9,
      seed: 3,
      stop: '\n',
      n: 1,
      user: 'someone',
      presence_penalty: null,
    })
    expect(await response.json()).toMatchObject({ choices: [{ finish_reason: 'length' }] })
    const { abortSignal, ...options } = model.calls[0]!
    expect(abortSignal).toBeInstanceOf(AbortSignal)
    expect(options).toEqual({
      prompt: [
        { role: 'system', content: 'Be short.' },
        { role: 'user', content: [{ type: 'text', text: '가' }] },
        { role: 'assistant', content: [{ type: 'text', text: '나' }] },
        { role: 'user', content: [{ type: 'text', text: '다' }] },
      ],
      maxOutputTokens: 2,
      temperature: 0.5,
      topP: 0.9,
      seed: 3,
      stopSequences: ['\n'],
    })
  })

  it.each<[string, unknown, number, string | null, string | null]>([
    ['malformed JSON', '{"model": "soup", ', 400, null, null],
    ['an empty body', '', 400, null, null],
    ['a list', [], 400, null, null],
    ['no messages', { model: 'soup' }, 400, 'messages', 'missing_required_parameter'],
    ['empty messages', { ...question, messages: [] }, 400, 'messages', 'invalid_value'],
    ['a wrong type', { ...question, temperature: 'hot' }, 400, 'temperature', 'invalid_type'],
    ['a value out of range', { ...question, temperature: 3 }, 400, 'temperature', 'invalid_value'],
    ['two answers', { ...question, n: 2 }, 400, 'n', 'invalid_value'],
    [
      'a role',
      { ...question, messages: [{ role: 'chef', content: '' }] },
      400,
      'messages[0].role',
      'invalid_value',
    ],
    [
      'no content',
      { ...question, messages: [{ role: 'user', content: null }] },
      400,
      'messages[0].content',
      'invalid_type',
    ],
    [
      'a picture',
      { ...question, messages: [{ role: 'user', content: [{ type: 'image_url', image_url: {} }] }] },
      400,
      'messages[0].content[0].type',
      'invalid_value',
    ],
    ['an unknown key', { ...question, temprature: 1 }, 400, 'temprature', 'unknown_parameter'],
    [
      'structured output',
      { ...question, response_format: { type: 'json_object' } },
      400,
      'response_format.type',
      'invalid_value',
    ],
    ['tools', { ...question, tools: [{ type: 'function' }] }, 400, 'tools', 'invalid_value'],
    ['five stops', { ...question, stop: ['1', '2', '3', '4', '5'] }, 400, 'stop', 'invalid_value'],
    ['stream options without a stream', { ...question, stream_options: {} }, 400, 'stream_options', null],
    ['an unknown model', { ...question, model: 'stew' }, 404, 'model', 'model_not_found'],
    ['a model named like a method', { ...question, model: 'toString' }, 404, 'model', 'model_not_found'],
  ])('refuses %s', async (_, body, status, param, code) => {
    const response = await post(await start(fakeModel()), body)
    expect(response.status).toBe(status)
    const { error } = (await response.json()) as { error: Record<string, unknown> }
    expect(Object.keys(error)).toEqual(['message', 'type', 'param', 'code'])
    expect(error).toMatchObject({ type: 'invalid_request_error', param, code })
  })

  it.each([true, false])('says that the context is too long (stream: %s)', async (stream) => {
    const model = fakeModel(0, () => {
      throw new YuksuError('context-length-exceeded', 'the dialogue has 900 tokens, the model reads 512')
    })
    const response = await post(await start(model), { ...question, stream })
    expect(response.status).toBe(400)
    expect(await response.json()).toEqual({
      error: {
        message: 'the dialogue has 900 tokens, the model reads 512',
        type: 'invalid_request_error',
        param: 'messages',
        code: 'context_length_exceeded',
      },
    })
  })

  it.each([true, false])('gives nothing of a failure away, and goes on (stream: %s)', async (stream) => {
    let broken = true
    const seen: unknown[] = []
    const model = fakeModel(0, () => {
      if (broken) throw new Error('secret path')
    })
    const url = await start(model, { onError: (error) => seen.push(error) })
    const response = await post(url, { ...question, stream })
    expect(response.status).toBe(500)
    const text = await response.text()
    expect(text).not.toContain('secret')
    expect(JSON.parse(text)).toMatchObject({ error: { type: 'server_error' } })
    expect(seen).toHaveLength(1)
    broken = false
    expect((await post(url, question)).status).toBe(200)
  })

  it('ends a stream that breaks in the middle with an error and without [DONE]', async () => {
    const seen: unknown[] = []
    const model = fakeModel(0, (index) => {
      if (index === 2) throw new Error('secret')
    })
    const url = await start(model, { onError: (error) => seen.push(error) })
    const data = await events(await post(url, { ...question, stream: true }))
    const last = JSON.parse(data.at(-1)!) as ChunkLike
    expect(last.error?.code).toBe('internal_error')
    expect(data.join('')).not.toContain('secret')
    expect(seen).toHaveLength(1)
    expect((await post(url, { ...question, max_tokens: 1 })).status).toBe(200)
  })

  it('refuses a body that is too large, with and without its length announced', async () => {
    const url = await start(fakeModel(), { maxBodyBytes: 1000 })
    const large = JSON.stringify({ ...question, user: 'x'.repeat(2000) })
    expect((await post(url, large)).status).toBe(413)
    const pieces = new Blob([large]).stream()
    const response = await post(url, large, { body: pieces, duplex: 'half' } as RequestInit)
    expect(response.status).toBe(413)
    expect(await response.json()).toMatchObject({ error: { code: 'request_too_large' } })
    expect((await post(url, question)).status).toBe(200)
  })

  it.each([true, false])('stops the model when the client goes away (stream: %s)', async (stream) => {
    const model = fakeModel(50)
    const url = await start(model)
    const abort = new AbortController()
    const request = post(url, { ...question, stream }, { signal: abort.signal })
    const outcome = request.then((response) => response.text()).catch((error: Error) => error.name)
    await until(() => model.running.now === 1)
    if (stream) await request
    abort.abort()
    expect(await outcome).toBe('AbortError')
    await until(() => model.running.aborted === 1 && model.running.now === 0)
    expect((await post(url, question)).status).toBe(200)
  })

  it('stops the model when a body is cancelled that no socket carries', async () => {
    const model = fakeModel(20)
    const server = createServer({ models: { soup: model } })
    const body = JSON.stringify({ ...question, stream: true })
    const ask = () =>
      server.fetch(new Request('http://localhost/v1/chat/completions', { method: 'POST', body }))
    await (await ask()).body!.cancel()
    await until(() => model.running.aborted === 1 && model.running.now === 0)
    expect((await (await ask()).text()).trimEnd()).toMatch(/\[DONE\]$/)
  })

  it('runs one request at a time, in order, and turns away what does not fit in the queue', async () => {
    const model = fakeModel(150)
    const url = await start(model, { maxWaiting: 2 })
    const finished: number[] = []
    const first = post(url, question).then(() => finished.push(0))
    await until(() => model.running.now === 1)
    const health = async () => (await (await fetch(`${url}/health`)).json()) as { waiting: number }
    const waiting: Array<Promise<void>> = []
    for (const index of [1, 2]) {
      const answered = post(url, { ...question, stream: index === 2 })
      waiting.push(answered.then((response) => response.text()).then(() => void finished.push(index)))
      // The next is sent once this one stands in the queue: only then is their order known.
      while ((await health()).waiting < index) await new Promise((resolve) => setTimeout(resolve, 5))
    }
    const refused = await post(url, question)
    expect(refused.status).toBe(503)
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
    expect(await refused.json()).toMatchObject({ error: { code: 'server_overloaded' } })
    await Promise.all([first, ...waiting])
    expect(finished).toEqual([0, 1, 2])
    expect(model.running.most).toBe(1)
    expect(await health()).toMatchObject({ status: 'ok', active: 0, waiting: 0 })
  })

  it('gives up the place of a client that left while it waited', async () => {
    const model = fakeModel(150)
    const url = await start(model, { maxWaiting: 1 })
    const first = post(url, question)
    await until(() => model.running.now === 1)
    const abort = new AbortController()
    const second = post(url, question, { signal: abort.signal }).catch((error: Error) => error.name)
    await new Promise((resolve) => setTimeout(resolve, 20))
    abort.abort()
    expect(await second).toBe('AbortError')
    await new Promise((resolve) => setTimeout(resolve, 20))
    const third = post(url, question)
    expect((await first).status).toBe(200)
    expect((await third).status).toBe(200)
    expect(model.calls).toHaveLength(2)
  })
})

describe('the other routes', () => {
  it('lists its models', async () => {
    const url = await start(fakeModel())
    const model = { id: 'soup', object: 'model', created: expect.any(Number), owned_by: 'yuksu' }
    expect(await (await fetch(`${url}/v1/models`)).json()).toEqual({ object: 'list', data: [model] })
    expect(await (await fetch(`${url}/v1/models/soup`)).json()).toEqual(model)
    expect((await fetch(`${url}/v1/models/stew`)).status).toBe(404)
  })

  it('answers unknown addresses and methods with error bodies', async () => {
    const url = await start(fakeModel())
    const unknown = await fetch(`${url}/v1/chat`)
    expect(unknown.status).toBe(404)
    expect(await unknown.json()).toMatchObject({ error: { code: 'unknown_url' } })
    const method = await fetch(`${url}/v1/chat/completions`)
    expect(method.status).toBe(405)
    expect(method.headers.get('allow')).toBe('POST')
  })

  it('allows no page of another origin unless told to', async () => {
    const origin = { origin: 'https://example.com', 'sec-fetch-site': 'cross-site' }
    const request = (headers: Record<string, string>) =>
      new Request('http://localhost/v1/chat/completions', {
        method: 'POST',
        body: JSON.stringify(question),
        headers,
      })
    const closed = createServer({ models: { soup: fakeModel() } })
    const refused = await closed.fetch(request(origin))
    expect(refused.status).toBe(403)
    expect(refused.headers.get('access-control-allow-origin')).toBeNull()
    const open = createServer({ models: { soup: fakeModel() }, corsOrigins: ['https://example.com'] })
    const allowed = await open.fetch(request(origin))
    expect(allowed.status).toBe(200)
    expect(allowed.headers.get('access-control-allow-origin')).toBe('https://example.com')
  })

  it('answers to no foreign host name while it listens on loopback only', async () => {
    const server = createServer({ models: { soup: fakeModel() } })
    const ask = (host: string) => server.fetch(new Request('http://x/health', { headers: { host } }))
    expect((await ask('evil.example')).status).toBe(403)
    expect((await ask('localhost:8080')).status).toBe(200)
    expect((await ask('[::1]:8080')).status).toBe(200)
  })
})

describe('listening', () => {
  it('says in one line that the port is in use, or the host unknown', async () => {
    const url = await start(fakeModel())
    const port = Number(new URL(url).port)
    const second = createServer({ models: {}, port })
    await expect(second.listen()).rejects.toThrow(
      `port ${port} on 127.0.0.1 is in use; stop the other program`,
    )
    await expect(createServer({ models: {}, port: 0, host: '192.0.2.1' }).listen()).rejects.toThrow(
      /no address of this/,
    )
  })

  it('lets a running answer end before it closes', async () => {
    const model = fakeModel(20)
    const server = createServer({ models: { soup: model }, port: 0 })
    const { url, port } = await server.listen()
    const response = await post(url, { ...question, stream: true })
    const closed = server.close()
    const refused = connect(port, '127.0.0.1')
    expect(((await once(refused, 'error')) as [NodeJS.ErrnoException])[0].code).toBe('ECONNREFUSED')
    expect((await events(response)).at(-1)).toBe('[DONE]')
    await closed
  })

  it('cuts a running answer off after the time of grace', async () => {
    const model = fakeModel(10_000)
    const server = createServer({ models: { soup: model }, port: 0 })
    const { url } = await server.listen()
    const response = post(url, question).catch((error: Error) => error.name)
    await until(() => model.running.now === 1)
    await server.close(20)
    expect(await response).toBe('TypeError')
    expect(model.calls[0]!.abortSignal!.aborted).toBe(true)
  })
})
