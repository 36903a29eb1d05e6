import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { YuksuError } from '../errors.ts'
import { readError } from '../formats/read-error.ts'
import { readRows } from '../formats/rows.ts'
import type { Conversation } from './chat-template.ts'

const messagesSchema = z
  .array(z.looseObject({ role: z.string().min(1) }))
  .min(1, 'it holds no message')
  .refine(
    (messages) => messages.every(({ content, tool_calls: calls }) => content != null || calls !== undefined),
    'a message has neither content nor tool_calls',
  )
const conversationSchema = z.looseObject({
  messages: messagesSchema,
  tools: z.array(z.record(z.string(), z.unknown())).nullish(),
})

/**
 * A conversation of a file, as datasets have them: a `.json` file with a list of messages (`role`, `content`) or an object with `messages` and
 * maybe `tools`, or the row `number` (from 1) of a file whose rows are such objects.
 *
 * @throws YuksuError `no-conversation` naming what is not as it should be, and what reading rows throws.
 */
export async function readConversation(path: string, number = 1): Promise<Conversation> {
  const whole = path.endsWith('.json') ? await readWhole(path) : undefined
  if (whole !== undefined && !(Array.isArray(whole) && !isMessage(whole[0]))) {
    return checkConversation(Array.isArray(whole) ? { messages: whole } : whole, path)
  }
  for await (const row of readRows(path)) {
    if (row.number !== number) continue
    const place = `row ${number} of ${path}`
    if ('error' in row) throw new YuksuError('no-conversation', `${place} cannot be read: ${row.error}`)
    return checkConversation(row.values, place)
  }
  throw new YuksuError('no-conversation', `${path} has fewer than ${number} rows; give one that it has`)
}

/** The same for a value that is in memory; `source` is for messages. */
export function checkConversation(value: unknown, source: string): Conversation {
  const result = conversationSchema.safeParse(value)
  if (!result.success) {
    const issue = result.error.issues[0]!
    const where = issue.path.length === 0 ? '' : `${issue.path.join('.')}: `
    throw new YuksuError(
      'no-conversation',
      `${source} is no conversation: ${where}${issue.message}; expected "messages", each with a role and a content`,
    )
  }
  const { messages, tools } = result.data
  return { messages, ...(tools != null && { tools }) }
}

async function readWhole(path: string): Promise<unknown> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    throw readError(path, error)
  }
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new YuksuError('no-conversation', `${path} is not JSON: ${(cause as Error).message}`, { cause })
  }
}

function isMessage(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'role' in value
}
