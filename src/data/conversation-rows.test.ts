import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { prepareConversations } from './conversation-rows.ts'

let folder = ''
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'yuksu-conversations-'))))
afterEach(() => rmSync(folder, { recursive: true }))

const user = (content: string) => ({ role: 'user', content })
const assistant = (content: unknown) => ({ role: 'assistant', content })

function write(rows: readonly unknown[]): string {
  const path = join(folder, 'chats.jsonl')
  writeFileSync(
    path,
    rows.map((row) => (typeof row === 'string' ? row : JSON.stringify(row)) + '\n').join(''),
  )
  return path
}

describe('prepareConversations', () => {
  it('gives the last answer as what is written, and what it follows', async () => {
    const messages = [
      { role: 'system', content: '친절하게' },
      user('안녕'.normalize('NFD')),
      assistant('네'),
      user('몇 시야?'),
      assistant('세 시예요.'),
      user('고마워'),
    ]
    const { rows } = await prepareConversations({
      files: [write([{ chat: messages, tools: [{ name: 'f' }], key: 7 }])],
      column: 'chat',
      id: 'key',
    })
    expect(rows).toEqual([
      {
        id: '7',
        conversation: {
          messages: messages.map((one) => ({ ...one, content: (one.content as string).normalize('NFC') })),
          tools: [{ name: 'f' }],
        },
        prompt: {
          messages: messages
            .slice(0, 4)
            .map((one) => ({ ...one, content: (one.content as string).normalize('NFC') })),
          tools: [{ name: 'f' }],
        },
        source: '몇 시야?',
        target: '세 시예요.',
        references: ['세 시예요.'],
      },
    ])
  })

  it('names and counts what cannot be used', async () => {
    const good = { messages: [user('a'), assistant('b')] }
    const path = write([
      good,
      '{"messages": [',
      { messages: null },
      { messages: 'text' },
      { messages: [{ content: 'no role' }] },
      { messages: [user('a')] },
      { messages: [user('a'), assistant(null)] },
      good,
    ])
    const { rows, drops } = await prepareConversations({ files: [path], column: 'messages' })
    expect(rows.map(({ id }) => id)).toEqual(['chats.jsonl:1'])
    expect(drops.counts).toEqual({ malformed: 4, 'missing-messages': 1, 'no-answer': 1, duplicate: 1 })
  })

  it('refuses a column that is not there, and files with nothing', async () => {
    const path = write([{ messages: [user('a')] }])
    const failing = (column: string) => prepareConversations({ files: [path], column })
    await expect(failing('mesages')).rejects.toMatchObject({
      code: 'missing-column',
      message: expect.stringContaining('did you mean "messages"') as string,
    })
    await expect(failing('messages')).rejects.toMatchObject({ code: 'no-rows' })
  })
})
