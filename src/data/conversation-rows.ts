import { YuksuError } from '../errors.ts'
import { createDropReport, type DropReport } from '../runs/dropped-rows.ts'
import type { Conversation, TemplateMessage } from '../tokenizers/chat-template.ts'
import { checkConversation } from '../tokenizers/conversation-file.ts'
import { readDistinctRows } from './distinct-rows.ts'

/** A conversation to learn from, and the answer of it that is written where it is scored. */
export interface ConversationRow {
  /** The value of the id column, or `file:row` where there is none. */
  id: string
  conversation: Conversation
  /** What the last answer follows. */
  prompt: Conversation
  /** The text of the last message of the user before that answer. */
  source: string
  /** The text of the last answer, and the same as the one reference. */
  target: string
  references: string[]
}

export interface PrepareConversationsOptions {
  readonly files: readonly string[]
  /** The column with the list of messages; the column `tools` is read where there is one. */
  readonly column: string
  readonly id?: string | undefined
  /** Where dropped rows are reported; a new report by default. */
  readonly drops?: DropReport | undefined
}

/**
 * Reads conversations (`role` and `content` for each message) from files of rows, in order, their texts in normal form C. A row is dropped, with
 * its reason, when it is `malformed`, `invalid-utf8`, `missing-messages`, `no-answer` (no message of the assistant with text) or a `duplicate` of an
 * earlier one. Throws `YuksuError`: `no-files`, `missing-column`, `no-rows` where nothing is left, and what `readRows` throws.
 */
export async function prepareConversations({
  files,
  column,
  id,
  drops = createDropReport(),
}: PrepareConversationsOptions): Promise<{ rows: ConversationRow[]; drops: DropReport }> {
  if (files.length === 0) {
    throw new YuksuError('no-files', 'no data files were given; name at least one .jsonl file')
  }
  const name = column.normalize('NFC')
  const idName = id?.normalize('NFC')
  const rows = await readDistinctRows<Omit<ConversationRow, 'id'>>({
    files,
    columns: [name],
    id: idName,
    drops,
    read: (values) => readConversation(values, name),
    key: (read) => JSON.stringify(read.conversation),
  })
  return { rows, drops }
}

function readConversation(
  values: Readonly<Record<string, unknown>>,
  column: string,
): Omit<ConversationRow, 'id'> | { reason: string; detail: string } {
  const messages = values[column]
  if (messages === undefined || messages === null) {
    return { reason: 'missing-messages', detail: `${column} is empty` }
  }
  let conversation: Conversation
  try {
    conversation = composed(checkConversation({ messages, tools: values['tools'] }, column))
  } catch (error) {
    if (!(error instanceof YuksuError)) throw error
    return { reason: 'malformed', detail: error.message }
  }
  const { messages: all, tools } = conversation
  const last = all.findLastIndex((message) => message.role === 'assistant' && textOf(message) !== '')
  if (last < 0) {
    return { reason: 'no-answer', detail: 'no message of the assistant has text' }
  }
  const target = textOf(all[last]!)
  const question = all.slice(0, last).findLast(({ role }) => role === 'user')
  return {
    conversation,
    prompt: { messages: all.slice(0, last), ...(tools && { tools }) },
    source: question === undefined ? '' : textOf(question),
    target,
    references: [target],
  }
}

function textOf({ content }: TemplateMessage): string {
  return typeof content === 'string' ? content.trim() : ''
}

/** Texts in normal form C; what is no text is the template's. */
function composed({ messages, tools }: Conversation): Conversation {
  const all = messages.map((message) =>
    typeof message.content === 'string' ? { ...message, content: message.content.normalize('NFC') } : message,
  )
  return { messages: all, ...(tools && { tools }) }
}
