import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { YuksuError } from '../errors.ts'
import { readTokenizerFiles } from '../tokenizers/tokenizer-folder.ts'

/** One message of a conversation. */
export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant'
  readonly text: string
}

/** Writes a conversation as the text that a model continues. */
export type ChatTemplate = (messages: readonly ChatMessage[]) => string

/**
 * The chat template of a model folder: `chat_template.jinja`, else `chat_template` of `tokenizer_config.json`; undefined
 * where it has none. The text it makes holds its special tokens already.
 *
 * @throws YuksuError `invalid-chat-template` where it is not a Jinja template.
 */
export async function readChatTemplate(folder: string): Promise<ChatTemplate | undefined> {
  const { config } = await readTokenizerFiles(folder)
  const source = await readTemplateSource(folder, config)
  if (source === undefined) return undefined
  const { Template } = await import('@huggingface/jinja')
  let template: InstanceType<typeof Template>
  try {
    template = new Template(source)
  } catch (cause) {
    throw new YuksuError(
      'invalid-chat-template',
      `the chat template of ${folder} cannot be read: ${reason(cause)}; correct chat_template.jinja or delete it`,
      { cause },
    )
  }
  const tokens = Object.fromEntries(
    Object.entries(config).flatMap(([key, value]) => {
      const text = key.endsWith('_token') ? tokenText(value) : undefined
      return text === undefined ? [] : [[key, text]]
    }),
  )
  return (messages) => {
    try {
      return template.render({
        ...tokens,
        messages: messages.map(({ role, text }) => ({ role, content: text })),
        add_generation_prompt: true,
      })
    } catch (cause) {
      // Templates refuse what they were not made for, such as a system message or two user messages in a row.
      throw new YuksuError(
        'invalid-prompt',
        `the model's chat template refused the messages: ${reason(cause)}`,
        {
          cause,
        },
      )
    }
  }
}

/** The Jinja text of the template; `config` is that of the tokenizer. */
export async function readTemplateSource(
  folder: string,
  config: Readonly<Record<string, unknown>>,
): Promise<string | undefined> {
  return (await readOptional(join(folder, 'chat_template.jinja'))) ?? templateOf(config.chat_template)
}

async function readOptional(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new YuksuError('cannot-read', `${path} cannot be read: ${reason(error)}`, { cause: error })
  }
}

/** A template is a text, or one of several under the name `default`. */
function templateOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  if (!Array.isArray(value)) return undefined
  const named = value as readonly { name?: unknown; template?: unknown }[]
  const template = named.find(({ name }) => name === 'default')?.template
  return typeof template === 'string' ? template : undefined
}

function tokenText(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  if (typeof value !== 'object' || value === null || !('content' in value)) return undefined
  return typeof value.content === 'string' ? value.content : undefined
}

function reason(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/\s+/g, ' ').slice(0, 200)
}
