import { PassThrough } from 'node:stream'
import type { LanguageModelV3, LanguageModelV3Prompt } from '@ai-sdk/provider'
import { describe, expect, it } from 'vitest'
import { chat } from './chat-session.ts'

const textOf = (prompt: LanguageModelV3Prompt) =>
  prompt.map((message) =>
    typeof message.content === 'string'
      ? message.content
      : message.content.map((part) => (part.type === 'text' ? part.text : '')).join(''),
  )

function model(prompts: string[][]): LanguageModelV3 {
  return {
    specificationVersion: 'v3',
    provider: 'test',
    modelId: 'fake',
    supportedUrls: {},
    doGenerate: () => Promise.reject(new Error('chat streams')),
    async doStream({ prompt, abortSignal }) {
      const texts = textOf(prompt)
      prompts.push(texts)
      const last = texts.at(-1)!
      if (last === 'fail') throw new Error('out of broth')
      return {
        stream: new ReadableStream({
          async start(controller) {
            controller.enqueue({ type: 'text-delta', id: '0', delta: '답' })
            if (last === 'slow') {
              await new Promise((resolve) => abortSignal!.addEventListener('abort', resolve))
              controller.error(abortSignal!.reason)
              return
            }
            controller.enqueue({ type: 'text-delta', id: '0', delta: ` ${last.length}` })
            controller.close()
          },
        }),
      }
    },
  }
}

function start(isTTY: boolean) {
  const prompts: string[][] = []
  const input = Object.assign(new PassThrough(), { isTTY, setRawMode: () => {} })
  const terminal = { input, output: new PassThrough(), messages: new PassThrough() }
  const written = { output: '', messages: '' }
  terminal.output.on('data', (data) => (written.output += String(data)))
  terminal.messages.on('data', (data) => (written.messages += String(data)))
  const ended = chat(model(prompts), terminal)
  return { input, prompts, written, ended }
}

describe('chat from a pipe', () => {
  it('answers messages of several lines, remembers, forgets and ends', async () => {
    const { input, prompts, written, ended } = start(false)
    input.end('민수: 안녕\n수진: 응\n\n둘째\n/reset\n셋째\n\n/quit\n넷째\n')
    await ended
    expect(prompts).toEqual([['민수: 안녕\n수진: 응'], ['민수: 안녕\n수진: 응', '답 12', '둘째'], ['셋째']])
    expect(written).toEqual({ output: '답 12\n답 2\n답 2\n', messages: '' })
  })

  it('answers what has no line end, and ends with the error of the model', async () => {
    const whole = start(false)
    whole.input.end('hello')
    await whole.ended
    expect(whole.written.output).toBe('답 5\n')
    const failing = start(false)
    failing.input.end('fail\n\nafter')
    await expect(failing.ended).rejects.toThrow('out of broth')
    const empty = start(false)
    empty.input.end()
    await empty.ended
    expect(empty.prompts).toEqual([])
  })
})

describe('chat at a terminal', () => {
  const pause = () => new Promise((resolve) => setTimeout(resolve, 80))

  it('takes a paste as one message and typed lines as several', async () => {
    const { input, prompts, written, ended } = start(true)
    input.write('#Person1#: 가\r#Person2#: 나\r')
    await pause()
    input.write('a\r')
    await pause()
    input.write('/quit\r')
    await ended
    expect(prompts.map((texts) => texts.at(-1))).toEqual(['#Person1#: 가\n#Person2#: 나', 'a'])
    expect(written.output).toBe('답 25\n답 1\n')
  })

  it('waits for Enter when the last pasted line has no end', async () => {
    const { input, prompts, ended } = start(true)
    input.write('one\rtwo\rthr')
    await pause()
    expect(prompts).toEqual([])
    input.write('ee\r')
    await pause()
    expect(prompts).toEqual([['one\ntwo\nthree']])
    input.write('\u0004')
    await ended
  })

  it('goes on after an error; Ctrl-C ends the answer first, then the chat', async () => {
    const { input, prompts, written, ended } = start(true)
    input.write('fail\r')
    await pause()
    expect(written.messages).toContain('yuksu: out of broth')
    input.write('slow\r')
    await pause()
    input.write('\u0003')
    await pause()
    expect(written.messages).toContain('(stopped)')
    input.write('b\r')
    await pause()
    expect(prompts.at(-1)).toEqual(['b'])
    input.write('\u0003')
    await ended
  })
})
