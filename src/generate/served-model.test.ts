import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { createParser } from 'eventsource-parser'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { tinyFolder, type TinyFolder } from './testing/tiny-folder.ts'

const root = resolve(import.meta.dirname, '../..')
const built = existsSync(resolve(root, 'dist/cli/main.js'))

interface Completion {
  choices: { message: { content: string }; finish_reason: string }[]
  usage: { prompt_tokens: number; completion_tokens: number }
}

/** The whole path: the command, its server, the thread of the model, over real sockets. */
describe.skipIf(!built)('yuksu serve with a tiny model (skipped before `npm run build`)', () => {
  let tiny: TinyFolder
  let command: ChildProcess
  let url: string
  beforeAll(async () => {
    tiny = await tinyFolder('encoder-decoder', { maxNewTokens: 40, eosTokenId: 3 })
    const words = ['bin/yuksu.js', 'serve', tiny.folder, '--port', '0', '--name', 'soup']
    command = spawn(process.execPath, words, { cwd: root, stdio: ['ignore', 'pipe', 'ignore'] })
    const [line] = (await once(createInterface(command.stdout!), 'line')) as [string]
    url = line
  }, 60_000)
  afterAll(async () => {
    const ended = once(command, 'exit')
    command.kill('SIGINT')
    const [status] = (await ended) as [number | null]
    if (status !== 0) throw new Error(`yuksu serve ended with ${status} after Ctrl-C`)
    await tiny.remove()
  })

  const post = (text: string, more: object = {}, signal?: AbortSignal) =>
    fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'soup', messages: [{ role: 'user', content: text }], ...more }),
      ...(signal && { signal }),
    })
  const active = async () => ((await (await fetch(`${url}/health`)).json()) as { active: number }).active

  it('answers alike, streaming or not', async () => {
    const response = await post('민수: 내일 병원에 가? 👩‍⚕️')
    expect(response.status).toBe(200)
    const whole = (await response.json()) as Completion
    expect(whole.choices[0]!.message.content).not.toBe('')
    expect(whole.usage.completion_tokens).toBeGreaterThan(0)

    const stream = await post('민수: 내일 병원에 가? 👩‍⚕️', { stream: true })
    const events: string[] = []
    createParser({ onEvent: ({ data }) => events.push(data) }).feed(await stream.text())
    expect(events.pop()).toBe('[DONE]')
    const chunks = events.map((data) => JSON.parse(data) as { choices: { delta: { content?: string } }[] })
    expect(chunks.map(({ choices }) => choices[0]!.delta.content ?? '').join('')).toBe(
      whole.choices[0]!.message.content,
    )
    expect(chunks.length).toBeGreaterThan(3)
  })

  it.each([{ stream: true }, { stream: false }])('is free again when the client leaves, %j', async (more) => {
    const abort = new AbortController()
    const response = post('안녕', more, abort.signal)
    if (more.stream) await (await response).body!.getReader().read()
    abort.abort()
    await response.catch(() => {})
    for (let wait = 0; wait < 100 && (await active()) > 0; wait++)
      await new Promise((wake) => setTimeout(wake, 20))
    expect(await active()).toBe(0)
    expect((await post('안녕', { max_tokens: 2 })).status).toBe(200)
  })

  it.each([{ stream: true }, { stream: false }])(
    'says 400 for a text beyond its positions, %j',
    async (more) => {
      const response = await post('가나 '.repeat(200), more)
      expect(response.status).toBe(400)
      expect(await response.json()).toMatchObject({
        error: {
          code: 'context_length_exceeded',
          param: 'messages',
          message: expect.stringMatching(/at most 64/),
        },
      })
    },
  )

  it('says 400 for a message without text', async () => {
    expect((await post('  ')).status).toBe(400)
  })

  it('honours stop and max_tokens', async () => {
    const text = ((await (await post('안녕')).json()) as Completion).choices[0]!.message.content
    const stop = [...text].slice(1, 3).join('')
    const cut = (await (await post('안녕', { stop })).json()) as Completion
    expect(cut.choices[0]).toMatchObject({ finish_reason: 'stop' })
    expect(cut.choices[0]!.message.content).toBe(text.slice(0, text.indexOf(stop)))
    const short = (await (await post('안녕', { max_tokens: 3 })).json()) as Completion
    expect(short).toMatchObject({ choices: [{ finish_reason: 'length' }], usage: { completion_tokens: 3 } })
  })
})
