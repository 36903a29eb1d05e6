import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { cachedChatModel } from './chat-cache.ts'
import type { ChatMessage } from './chat-model.ts'
import { type EndpointOptions, endpointChatModel } from './endpoint-chat-model.ts'
import { type Reply, type ScriptedServer, scriptedServer } from './testing/chat-server.ts'

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const clean of cleanups.splice(0)) await clean()
})

/** A server that gives the replies one after another, then the last again. */
async function start(replies: readonly Reply[], milliseconds = 0): Promise<ScriptedServer> {
  const server = await scriptedServer(
    (_, number) => replies[Math.min(number, replies.length) - 1]!,
    milliseconds,
  )
  cleanups.push(() => server.close())
  return server
}

function modelOf(server: ScriptedServer, options: Partial<EndpointOptions> = {}) {
  return endpointChatModel({ endpoint: server.endpoint, model: 'soup', waitSeconds: 0.01, ...options })
}

const messages: ChatMessage[] = [{ role: 'user', content: '안녕?' }]

describe('endpointChatModel', () => {
  it('asks as the protocol wants, and counts tokens', async () => {
    const server = await start(['네, 안녕하세요.'])
    const model = modelOf(server, { apiKey: 'secret' })
    const answer = await model.chat(messages, { temperature: 0.5, maxTokens: 9, seed: 3, stop: ['x'] })
    expect(answer).toEqual({
      text: '네, 안녕하세요.',
      finishReason: 'stop',
      inputTokens: 10,
      outputTokens: 5,
    })
    const { headers, ...request } = server.requests[0]!
    expect(request).toEqual({
      model: 'soup',
      messages,
      temperature: 0.5,
      max_tokens: 9,
      seed: 3,
      stop: ['x'],
    })
    expect(headers.authorization).toBe('Bearer secret')
    expect(model.usage).toEqual({ requests: 1, retries: 0, inputTokens: 10, outputTokens: 5 })
  })

  it.each<[string, Reply]>([
    ['an overload', { status: 429 }],
    ['an error of the server', { status: 500 }],
    ['a broken connection', { cut: true }],
    ['half an object', { status: 200, body: '{"choices": [{"message"' }],
    ['an object of another kind', { status: 200, body: '{"ok": true}' }],
    ['a page', { status: 200, body: '<html>busy</html>' }],
  ])('asks again after %s', async (_, reply) => {
    const server = await start([reply, reply, 'ok'])
    const model = modelOf(server)
    expect((await model.chat(messages, {})).text).toBe('ok')
    expect(model.usage).toMatchObject({ requests: 3, retries: 2 })
  })

  it('asks again after a silence, and gives up after so many tries', async () => {
    const server = await start([{ hang: true }, 'ok'])
    expect((await modelOf(server, { timeoutSeconds: 0.2 }).chat(messages, {})).text).toBe('ok')
    const broken = await start([{ status: 503 }])
    await expect(modelOf(broken, { retries: 2 }).chat(messages, {})).rejects.toMatchObject({
      name: 'ChatRequestError',
      code: 'chat-unavailable',
    })
    expect(broken.requests).toHaveLength(3)
  })

  it('waits as long as the server says', async () => {
    const server = await start([{ status: 429, headers: { 'retry-after-ms': '300' } }, 'ok'])
    const began = performance.now()
    await modelOf(server).chat(messages, {})
    expect(performance.now() - began).toBeGreaterThan(280)
  })

  it('does not ask again where it is of no use', async () => {
    const refused = await start([{ status: 400 }])
    await expect(modelOf(refused).chat(messages, {})).rejects.toMatchObject({ code: 'chat-refused' })
    expect(refused.requests).toHaveLength(1)
    const closed = await start([{ status: 401, body: '{"error": {"message": "bad key secret"}}' }])
    const error = await modelOf(closed, { apiKey: 'secret' })
      .chat(messages, {})
      .then(
        () => undefined,
        (reason: unknown) => reason as Error & { code: string },
      )
    expect(error?.code).toBe('chat-unauthorized')
    expect(error?.message).not.toContain('secret')
    const unknown = await start([{ status: 404 }])
    await expect(modelOf(unknown).chat(messages, {})).rejects.toMatchObject({ code: 'chat-unknown-model' })
  })

  it('asks no more at a time, and no faster, than it may', async () => {
    const server = await start(['ok'], 20)
    const model = modelOf(server, { concurrency: 3 })
    await Promise.all(Array.from({ length: 10 }, () => model.chat(messages, {})))
    expect(server.most).toBe(3)
    const slow = modelOf(server, { requestsPerMinute: 1200 })
    const began = performance.now()
    await Promise.all(Array.from({ length: 6 }, () => slow.chat(messages, {})))
    expect(performance.now() - began).toBeGreaterThan(240)
  })

  it('ends when it is told to', async () => {
    const server = await start([{ hang: true }])
    const controller = new AbortController()
    const model = modelOf(server, { concurrency: 1 })
    const both = [model.chat(messages, {}, controller.signal), model.chat(messages, {}, controller.signal)]
    setTimeout(() => controller.abort(), 50)
    const ends = await Promise.allSettled(both)
    expect(ends.map((end) => end.status)).toEqual(['rejected', 'rejected'])
  })

  it('refuses what is no address', () => {
    for (const endpoint of ['localhost:80', 'file:///etc', 'nothing', 'http://me:secret@host/v1']) {
      expect(() => endpointChatModel({ endpoint, model: 'soup' })).toThrow(
        expect.objectContaining({ code: 'chat-endpoint' }),
      )
    }
  })
})

describe('cachedChatModel', () => {
  async function folder(): Promise<string> {
    const path = await mkdtemp(join(tmpdir(), 'yuksu-chat-'))
    cleanups.push(() => rm(path, { recursive: true }))
    return path
  }

  it('asks once for the same, again for anything else, and survives the process', async () => {
    const server = await scriptedServer((_, number) => `answer ${number}`)
    cleanups.push(() => server.close())
    const path = await folder()
    const first = cachedChatModel(modelOf(server), path)
    const together = await Promise.all([first.chat(messages, { seed: 1 }), first.chat(messages, { seed: 1 })])
    expect(together.map((answer) => answer.text)).toEqual(['answer 1', 'answer 1'])
    const second = cachedChatModel(modelOf(server), path)
    expect(await second.chat(messages, { seed: 1 })).toEqual(together[0])
    expect(second.found).toBe(1)
    expect((await second.chat(messages, { seed: 2 })).text).toBe('answer 2')
    expect((await second.chat(messages, { seed: 1, temperature: 0 })).text).toBe('answer 3')
    expect((await second.chat([...messages, ...messages], { seed: 1 })).text).toBe('answer 4')
    const other = cachedChatModel(modelOf(server, { model: 'stew' }), path)
    expect((await other.chat(messages, { seed: 1 })).text).toBe('answer 5')
  })

  it('asks again where what was kept is damaged, and keeps no failure', async () => {
    const server = await start([{ status: 400 }, 'one', 'two'])
    const path = await folder()
    const model = cachedChatModel(modelOf(server), path)
    await expect(model.chat(messages, {})).rejects.toMatchObject({ code: 'chat-refused' })
    expect((await model.chat(messages, {})).text).toBe('one')
    const [part] = await readdir(path)
    const [name] = await readdir(join(path, part!))
    expect((await stat(join(path, part!))).mode & 0o077).toBe(0)
    await writeFile(join(path, part!, name!), '{"text": "on')
    expect((await model.chat(messages, {})).text).toBe('two')
  })

  it('asks in the order of the calls, however long their look-ups take', async () => {
    const server = await start(['soup'])
    const path = await folder()
    const model = cachedChatModel(modelOf(server, { concurrency: 1 }), path)
    await model.chat(messages, { seed: 0 })
    const [part] = await readdir(path)
    const [name] = await readdir(join(path, part!))
    await writeFile(join(path, part!, name!), `{${' '.repeat(2 ** 24)}`)
    await Promise.all(Array.from({ length: 8 }, (_, seed) => model.chat(messages, { seed })))
    expect(server.requests.map((request) => request.seed)).toEqual([0, 0, 1, 2, 3, 4, 5, 6, 7])
  })
})
