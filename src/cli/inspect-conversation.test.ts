import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { trainByteLevelBpe } from '../tokenizers/byte-level-bpe.ts'
import { readConversation } from '../tokenizers/conversation-file.ts'
import { inspectConversation } from '../tokenizers/inspect-conversation.ts'
import { printConversation } from './inspect-conversation.ts'

let folder: string
let stdout: string

const messages = [
  { role: 'user', content: '육수는?' },
  { role: 'assistant', content: '멸치와 🍲 다시마' },
  { role: 'user', content: '얼마나?' },
  { role: 'assistant', content: '이십 분' },
]

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'yuksu-inspect-conversation-'))
  const tokenizer = await trainByteLevelBpe(
    messages.map(({ content }) => content),
    { vocabularySize: 300, specialTokens: ['<|im_start|>', '<|im_end|>'], roles: { eos: '<|im_end|>' } },
  )
  await tokenizer.save(folder)
  writeFileSync(
    join(folder, 'chat_template.jinja'),
    '{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}',
  )
})
afterAll(() => rmSync(folder, { recursive: true }))
beforeEach(() => {
  stdout = ''
  const spy = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    stdout += String(text)
    return true
  })
  return () => spy.mockRestore()
})

function file(name: string, content: unknown): string {
  const path = join(folder, name)
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

describe('inspectConversation', () => {
  it('shows what is learned between marks, and how much that is', async () => {
    const source = { messages: file('a.json', messages), row: 1, targets: 'all' } as const
    await printConversation(await inspectConversation(folder, source))
    const marked = [...stdout.matchAll(/⟦(.*?)⟧/gs)].map(([, text]) => text)
    expect(marked).toEqual(['멸치와 🍲 다시마<|im_end|>', '이십 분<|im_end|>'])
    const [, ...rows] = stdout.split('\n').slice(0, 6)
    const table = rows.map((row) => row.trim().split(/\s+/))
    const columns = table.map((row) => row.slice(-2).map(Number))
    expect(columns[4]).toEqual(
      [0, 1].map((at) => columns.slice(0, 4).reduce((sum, row) => sum + row[at]!, 0)),
    )
    expect(columns.slice(0, 4).map(([, learned]) => learned! > 0)).toEqual([false, true, false, true])
  })

  it('says of every token what it is, as data', async () => {
    const source = { messages: file('b.json', { messages }), row: 1, targets: 'last' } as const
    const { text, tokens, count, learned, pieces } = await inspectConversation(folder, source)
    expect(pieces.map((piece) => piece.text).join('')).toBe(text)
    expect(text).toContain('멸치와 🍲 다시마')
    expect(tokens).toHaveLength(count)
    const chosen = tokens.filter((token) => token.learned)
    expect(chosen).toHaveLength(learned)
    expect(new Set(chosen.map(({ message, role }) => `${message} ${role}`))).toEqual(new Set(['3 assistant']))
    expect(chosen.at(-1)!.token).toBe('<|im_end|>')
  })

  it('refuses a model without a chat template', async () => {
    const other = mkdtempSync(join(folder, 'plain-'))
    const tokenizer = await trainByteLevelBpe(['가'], { vocabularySize: 257 })
    await tokenizer.save(other)
    const shown = inspectConversation(other, { messages: file('c.json', messages), row: 1, targets: 'all' })
    await expect(shown).rejects.toMatchObject({ code: 'no-chat-template' })
  })
})

describe('readConversation', () => {
  const tools = [{ type: 'function' }]
  const row = (content: string) => ({ messages: [{ role: 'user', content }], id: 7 })

  it('reads a list of messages, an object with them, and rows of such objects', async () => {
    expect(await readConversation(file('list.json', messages))).toEqual({ messages })
    expect(await readConversation(file('object.json', { messages, tools }))).toEqual({ messages, tools })
    const rows = [row('하나'), row('둘')]
    for (const path of [
      file('rows.json', rows),
      file('rows.jsonl', rows.map((one) => JSON.stringify(one)).join('\n')),
    ])
      expect((await readConversation(path, 2)).messages).toEqual(rows[1]!.messages)
  })

  it.each([
    ['no-json.json', '{'],
    ['empty.json', { messages: [] }],
    ['no-role.json', { messages: [{ content: 'a' }] }],
    ['no-content.json', { messages: [{ role: 'user' }] }],
    ['text.json', '"text"'],
    ['too-few.jsonl', '{"text": "a"}'],
  ])('refuses %s in one line', async (name, content) => {
    const error: unknown = await readConversation(file(name, content)).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'no-conversation' })
    expect((error as Error).message).not.toContain('\n')
    await expect(readConversation(file('one.jsonl', JSON.stringify(row('a'))), 2)).rejects.toMatchObject({
      code: 'no-conversation',
    })
  })
})
