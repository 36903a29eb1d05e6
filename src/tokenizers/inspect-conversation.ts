import { YuksuError } from '../errors.ts'
import { readChatTemplate } from './chat-template.ts'
import { readConversation } from './conversation-file.ts'
import { loadTokenizer } from './load-tokenizer.ts'
import { type RenderedConversation, renderConversation } from './render-conversation.ts'
import type { Tokenizer } from './tokenizer.ts'

export interface ConversationSource {
  /** A file that `readConversation` reads. */
  readonly messages: string
  readonly row: number
  readonly targets: 'all' | 'last'
}

/** A conversation as a model's chat template writes it, and what of it would be learned. */
export interface ConversationInspection {
  readonly text: string
  /** Tokens in all, and those that are learned. */
  readonly count: number
  readonly learned: number
  /** Whether the tokenizer's end token was put behind the last answer, because the template ends it with none. */
  readonly endTokenAdded: boolean
  readonly messages: readonly { readonly role: string; readonly tokens: number; readonly learned: number }[]
  /** The text in pieces that are learned and pieces that are not. */
  readonly pieces: readonly { readonly text: string; readonly learned: boolean }[]
  readonly tokens: readonly {
    readonly id: number
    readonly token: string | undefined
    readonly message: number
    readonly role: string | undefined
    readonly learned: boolean
  }[]
}

/**
 * Renders a conversation of a file for a model folder. Throws YuksuError `no-chat-template` where it has none, and as reading and rendering
 * it do.
 */
export async function inspectConversation(
  folder: string,
  { messages, row, targets }: ConversationSource,
): Promise<ConversationInspection> {
  const conversation = await readConversation(messages, row)
  const [tokenizer, template] = await Promise.all([loadTokenizer(folder), readChatTemplate(folder)])
  if (template === undefined) {
    throw new YuksuError(
      'no-chat-template',
      `${folder} has no chat template; add chat_template.jinja, or take a model that was made for conversations`,
    )
  }
  const rendered = renderConversation(tokenizer, template, conversation, { targets })
  const { text, ids, roles, endTokenAdded } = rendered
  const tokens = Array.from(ids, (id, index) => ({
    id,
    token: tokenizer.idToToken(id),
    message: rendered.messages[index]!,
    role: roles[rendered.messages[index]!],
    learned: rendered.targets[index] === 1,
  }))
  const countOf = (chosen: typeof tokens) => ({
    tokens: chosen.length,
    learned: chosen.filter(({ learned }) => learned).length,
  })
  return {
    text,
    count: tokens.length,
    learned: countOf(tokens).learned,
    endTokenAdded,
    messages: roles.map((role, index) => ({
      role,
      ...countOf(tokens.filter(({ message }) => message === index)),
    })),
    pieces: piecesOf(rendered, tokenizer),
    tokens,
  }
}

function piecesOf(
  { ids, targets }: RenderedConversation,
  tokenizer: Tokenizer,
): { text: string; learned: boolean }[] {
  const stream = tokenizer.decodeStream({ skipSpecialTokens: false })
  const pieces: { text: string; learned: boolean }[] = []
  const add = (text: string, learned: boolean) => {
    const last = pieces.at(-1)
    if (last?.learned === learned) last.text += text
    else if (text !== '') pieces.push({ text, learned })
  }
  ids.forEach((id, index) => add(stream.push(id), targets[index] === 1))
  add(stream.flush(), targets.at(-1) === 1)
  return pieces
}
