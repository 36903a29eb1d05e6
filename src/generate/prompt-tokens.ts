import { normalizeText } from '../data/normalize-text.ts'
import { YuksuError } from '../errors.ts'
import { renderChatPrompt } from '../tokenizers/render-conversation.ts'
import { renderPrompt, renderSource } from '../tokenizers/render.ts'
import type { Tokenizer } from '../tokenizers/tokenizer.ts'
import type { ChatMessage, ChatTemplate } from './chat-template.ts'

/**
 * What an encoder–decoder reads of a conversation: the text of the last user message, as `generate` reads it.
 *
 * @throws YuksuError `invalid-prompt` where there is none.
 */
export function sourceTokens(tokenizer: Tokenizer, messages: readonly ChatMessage[]): number[] {
  const last = messages.findLast(({ role }) => role === 'user')
  const text = normalizeText(last?.text ?? '')
  if (text === '') {
    throw new YuksuError(
      'invalid-prompt',
      last === undefined
        ? 'there is no user message; the model reads the text of the last one'
        : 'the last user message is empty; give the text that the model should read',
    )
  }
  return renderSource(tokenizer, text)
}

/**
 * What a decoder-only model continues: the conversation written by its chat template, or without one all texts, a line
 * end between them, after the token that begins a text.
 *
 * @throws YuksuError `invalid-prompt` for a conversation without text, or one that the template refuses.
 */
export function promptTokens(
  tokenizer: Tokenizer,
  messages: readonly ChatMessage[],
  template: ChatTemplate | undefined,
): number[] {
  if (messages.every(({ text }) => text.trim() === '')) {
    throw new YuksuError(
      'invalid-prompt',
      'the messages are empty; give the text that the model should answer',
    )
  }
  if (template !== undefined) {
    const conversation = { messages: messages.map(({ role, text }) => ({ role, content: text })) }
    return renderChatPrompt(tokenizer, template, conversation)
  }
  return renderPrompt(tokenizer, messages.map(({ text }) => text.normalize('NFC')).join('\n'))
}
