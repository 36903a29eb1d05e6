import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { type Conversation, readChatTemplate } from './chat-template.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'yuksu-chat-template-'))
  write('tokenizer.json', { model: {}, added_tokens: [] })
  return () => rmSync(folder, { recursive: true })
})

function write(name: string, content: unknown): void {
  writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content))
}

const plain: Conversation = { messages: [{ role: 'user', content: '안녕' }] }
const withTools: Conversation = { ...plain, tools: [{ name: '날씨' }] }

async function written(conversation = plain): Promise<string | undefined> {
  return (await readChatTemplate(folder))?.render(conversation)
}

describe('readChatTemplate', () => {
  it('finds none where there is none', async () => {
    expect(await written()).toBeUndefined()
    write('tokenizer_config.json', { eos_token: '</s>' })
    expect(await written()).toBeUndefined()
    write('tokenizer_config.json', { chat_template: [{ name: 'rag', template: 'r' }] })
    expect(await written()).toBeUndefined()
  })

  it('takes a text, the one that is named default, and for tools the one named so', async () => {
    write('tokenizer_config.json', { chat_template: 'one' })
    expect([await written(), await written(withTools)]).toEqual(['one', 'one'])
    const named = [
      { name: 'rag', template: 'r' },
      { name: 'tool_use', template: 'tools: {{ tools[0].name }}' },
      { name: 'default', template: 'usual' },
    ]
    write('tokenizer_config.json', { chat_template: named })
    expect([await written(), await written(withTools)]).toEqual(['usual', 'tools: 날씨'])
  })

  it('takes the files before the configuration', async () => {
    write('tokenizer_config.json', { chat_template: 'configured' })
    write('chat_template.jinja', 'file')
    expect([await written(), await written(withTools)]).toEqual(['file', 'file'])
    mkdirSync(join(folder, 'additional_chat_templates'))
    write('additional_chat_templates/tool_use.jinja', 'file for tools')
    expect([await written(), await written(withTools)]).toEqual(['file', 'file for tools'])
  })

  it('gives templates the special tokens, written as texts or as objects', async () => {
    write('special_tokens_map.json', { pad_token: '<pad>' })
    write('tokenizer_config.json', {
      bos_token: '<s>',
      eos_token: { content: '</s>', lstrip: false },
      unk_token: null,
      chat_template: '{{ bos_token }}{{ eos_token }}{{ pad_token }}{{ unk_token is defined }}',
    })
    expect(await written()).toBe('<s></s><pad>false')
  })

  it('refuses what is no template, in one line', async () => {
    write('chat_template.jinja', '{% for %}')
    const error: unknown = await readChatTemplate(folder).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'invalid-chat-template' })
    expect((error as Error).message).not.toContain('\n')
  })
})
