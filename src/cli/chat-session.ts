import { createInterface } from 'node:readline'
import type { LanguageModelV3, LanguageModelV3Prompt } from '@ai-sdk/provider'
import { splitMessages } from './split-messages.ts'

export interface ChatTerminal {
  input: NodeJS.ReadableStream & { isTTY?: boolean }
  output: NodeJS.WritableStream
  /** Prompts, help and errors. */
  messages: NodeJS.WritableStream
}

/** Lines that arrive this close together were pasted and belong to one message. */
const pasteMilliseconds = 30

const help =
  'Type a message and press Enter; a pasted text of several lines is one message. /reset forgets, /quit ends.'

/**
 * A conversation with a model. At a terminal Ctrl-C ends the answer that is being written, or the chat where there is
 * none. From a pipe messages are separated by empty lines, and an error of the model ends the chat with that error.
 */
export async function chat(model: LanguageModelV3, { input, output, messages }: ChatTerminal): Promise<void> {
  const interactive = input.isTTY === true
  let history: LanguageModelV3Prompt = []
  let answering: AbortController | undefined

  const reader = createInterface({
    input,
    ...(interactive ? { output: messages as NodeJS.WritableStream, prompt: '> ' } : {}),
    terminal: interactive,
  })
  if (interactive) messages.write(`${help}\n`)
  reader.on('SIGINT', () => (answering ? answering.abort() : reader.close()))

  async function answer(text: string): Promise<void> {
    const prompt: LanguageModelV3Prompt = [...history, { role: 'user', content: [{ type: 'text', text }] }]
    const abort = new AbortController()
    answering = abort
    let written = ''
    try {
      const { stream } = await model.doStream({ prompt, abortSignal: abort.signal })
      const parts = stream.getReader()
      for (let next = await parts.read(); !next.done; next = await parts.read()) {
        if (next.value.type === 'error') throw next.value.error
        if (next.value.type !== 'text-delta') continue
        written += next.value.delta
        output.write(next.value.delta)
      }
      history = [...prompt, { role: 'assistant', content: [{ type: 'text', text: written }] }]
    } catch (error) {
      if (!abort.signal.aborted) throw error
      messages.write('\n(stopped)')
    } finally {
      answering = undefined
      if (written !== '' || abort.signal.aborted) output.write('\n')
    }
  }

  const source = interactive ? pastedTogether(reader) : splitMessages(reader)
  if (interactive) reader.prompt()
  for await (const text of source) {
    if (text === '/quit' || text === '/exit') break
    if (text === '/reset') {
      history = []
      if (interactive) messages.write('(forgotten)\n')
    } else if (text === '/help') messages.write(`${help}\n`)
    else if (text.trim() !== '') {
      try {
        await answer(text)
      } catch (error) {
        if (!interactive) throw error
        messages.write(`yuksu: ${(error as Error).message}\n`)
      }
    }
    if (interactive) reader.prompt()
  }
  reader.close()
}

/** Messages of a person at a terminal: lines that come in one burst are one message. */
async function* pastedTogether(reader: ReturnType<typeof createInterface>): AsyncGenerator<string> {
  const ready: string[] = []
  let lines: string[] = []
  let closed = false
  let wake = () => {}
  let timer: NodeJS.Timeout | undefined
  const submit = () => {
    // The last line of a paste may lack its line end: it stands on the prompt until Enter is pressed.
    if (lines.length > 1 && reader.line !== '') return
    ready.push(lines.join('\n'))
    lines = []
    wake()
  }
  reader.on('line', (line) => {
    lines.push(line)
    clearTimeout(timer)
    timer = setTimeout(submit, pasteMilliseconds)
  })
  reader.on('close', () => {
    clearTimeout(timer)
    closed = true
    wake()
  })
  for (;;) {
    while (ready.length > 0) yield ready.shift()!
    if (closed) return
    await new Promise<void>((resolve) => {
      wake = resolve
      if (closed || ready.length > 0) resolve()
    })
  }
}
