import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { YuksuError } from '../errors.ts'
import { openTextWriter, type TextWriter, type WriteRequest } from './text-writer.ts'
import { tinyFolder, type TinyFolder } from './testing/tiny-folder.ts'
import { openWorkerWriter } from './worker-writer.ts'

const built = resolve(import.meta.dirname, '../../dist/generate/writer-worker.js')
const program = pathToFileURL(built)

function asking(text: string, options: WriteRequest['options'] = {}): WriteRequest {
  return { messages: [{ role: 'user', text }], options, stopSequences: [] }
}

describe.skipIf(!existsSync(built))('a model in a thread of its own (skipped before `npm run build`)', () => {
  let tiny: TinyFolder
  let writer: TextWriter
  beforeAll(async () => {
    tiny = await tinyFolder('encoder-decoder')
    writer = await openWorkerWriter(tiny.folder, { program })
  }, 60_000)
  afterAll(() => tiny.remove())

  it('answers as it does in this thread, in the same pieces', async () => {
    const here = await openTextWriter(tiny.folder)
    expect(writer.description).toEqual(here.description)
    const pieces = { here: [] as string[], there: [] as string[] }
    const request = asking('민수: 내일 병원에 가? 👩‍⚕️')
    const expected = await here.write(request, { onText: (piece) => pieces.here.push(piece) })
    const answer = await writer.write(request, { onText: (piece) => pieces.there.push(piece) })
    expect(answer).toEqual(expected)
    expect(pieces.there).toEqual(pieces.here)
    await here.close()
  })

  it('gives errors back with their code, and goes on', async () => {
    const error: unknown = await writer.write(asking('가나 '.repeat(99))).catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(YuksuError)
    expect(error).toMatchObject({ code: 'context-length-exceeded', message: expect.stringMatching(/64/) })
    expect((await writer.write(asking('안녕'))).text).not.toBe('')
  })

  it('stops between two tokens when it is aborted, running or waiting', async () => {
    const abort = new AbortController()
    let pieces = 0
    const running = writer.write(asking('안녕', { maxNewTokens: 60, eosTokenId: 3 }), {
      signal: abort.signal,
      onText: () => {
        pieces += 1
        abort.abort(new Error('enough'))
      },
    })
    const waiting = writer.write(asking('안녕'), { signal: abort.signal })
    await expect(running).rejects.toThrow('enough')
    await expect(waiting).rejects.toThrow('enough')
    expect(pieces).toBe(1)
    expect((await writer.write(asking('안녕'))).text).not.toBe('')
    await expect(writer.write(asking('안녕'), { signal: abort.signal })).rejects.toThrow('enough')
  })

  it('leaves this thread free while it writes', async () => {
    let turns = 0
    const timer = setInterval(() => (turns += 1), 1)
    await writer.write(asking('안녕', { maxNewTokens: 60, eosTokenId: 3 }))
    clearInterval(timer)
    expect(turns).toBeGreaterThan(5)
  })

  it('refuses to open a folder as opening it here does', async () => {
    await expect(openWorkerWriter('/nowhere', { program })).rejects.toMatchObject({ code: 'no-model' })
  })

  it('ends what runs when it is closed, and says so afterwards', async () => {
    const running = writer.write(asking('안녕', { maxNewTokens: 60, eosTokenId: 3 }))
    await Promise.all([
      expect(running).rejects.toMatchObject({ code: 'model-closed' }),
      writer.close(),
      writer.close(),
    ])
    await expect(writer.write(asking('안녕'))).rejects.toMatchObject({ code: 'model-closed' })
  })

  it('tells the thread which request to stop', async () => {
    const listening = join(tiny.folder, 'listening.mjs')
    // Answers every second request with the commands that came.
    writeFileSync(
      listening,
      `import { parentPort } from 'node:worker_threads'
       const commands = []
       parentPort.on('message', ({ type, id }) => {
         commands.push(type + ' ' + id)
         if (type === 'ask' && id === 1)
           parentPort.postMessage({ type: 'answer', id, answer: { text: commands.join() } })
         if (type === 'close') parentPort.close()
       })
       parentPort.postMessage({ type: 'opened', description: { kind: 'decoder', samples: false } })`,
    )
    const fake = await openWorkerWriter(tiny.folder, { program: pathToFileURL(listening) })
    const abort = new AbortController()
    const first = fake.write(asking('안녕'), { signal: abort.signal })
    abort.abort(new Error('enough'))
    await expect(first).rejects.toThrow('enough')
    expect((await fake.write(asking('안녕'))).text).toBe('ask 0,abort 0,ask 1')
    await fake.close()
  })

  it('fails the requests of a thread that dies, and opens another for the next', async () => {
    const crashing = join(tiny.folder, 'crashing.mjs')
    // Dies of every request that asks for soup.
    writeFileSync(
      crashing,
      `import { parentPort, threadId } from 'node:worker_threads'
       parentPort.on('message', ({ type, id, request }) => {
         if (type === 'close') return parentPort.close()
         if (type === 'ask' && request.messages[0].text === 'soup') throw new Error('out of soup')
         if (request.messages[0].text !== 'wait') parentPort.postMessage({ type: 'answer', id, answer: { text: 'from ' + threadId } })
       })
       parentPort.postMessage({ type: 'opened', description: { kind: 'decoder', samples: false } })`,
    )
    const writer = await openWorkerWriter(tiny.folder, { program: pathToFileURL(crashing) })
    const first = (await writer.write(asking('bread'))).text
    const dead = { code: 'model-thread-ended', message: expect.stringMatching(/out of soup/) as string }
    await Promise.all([
      expect(writer.write(asking('wait'))).rejects.toMatchObject(dead),
      expect(writer.write(asking('soup'))).rejects.toMatchObject(dead),
    ])
    const [second, third] = await Promise.all([writer.write(asking('bread')), writer.write(asking('bread'))])
    expect(second.text).not.toBe(first)
    expect(third.text).toBe(second.text)
    await expect(writer.write(asking('soup'))).rejects.toMatchObject(dead)
    // Closed while it starts again: nothing is left running, and nothing is answered.
    await Promise.all([
      expect(writer.write(asking('bread'))).rejects.toMatchObject({ code: 'model-closed' }),
      writer.close(),
    ])
    rmSync(crashing)
  })

  it('says why it cannot be opened again', async () => {
    const vanishing = join(tiny.folder, 'vanishing.mjs')
    writeFileSync(
      vanishing,
      `import { parentPort } from 'node:worker_threads'
       parentPort.on('message', () => { throw new Error('out of soup') })
       parentPort.postMessage({ type: 'opened', description: { kind: 'decoder', samples: false } })`,
    )
    const writer = await openWorkerWriter(tiny.folder, { program: pathToFileURL(vanishing) })
    await expect(writer.write(asking('안녕'))).rejects.toMatchObject({ code: 'model-thread-ended' })
    rmSync(vanishing)
    await expect(writer.write(asking('안녕'))).rejects.toMatchObject({
      code: 'model-thread-ended',
      message: expect.stringMatching(/vanishing/) as string,
    })
    await writer.close()
  })
})
