import type { ChatTemplate, Conversation } from '../tokenizers/chat-template.ts'
import { type RenderOptions, renderConversation } from '../tokenizers/render-conversation.ts'
import type { Tokenizer } from '../tokenizers/tokenizer.ts'
import type { Example } from './objectives/objective.ts'

/**
 * A conversation as a decoder learns it with the causal objective: the tokens that serving it would ask the model with, of which the answers
 * alone are learned. Throws as `renderConversation` does.
 */
export function conversationExample(
  tokenizer: Tokenizer,
  template: ChatTemplate,
  conversation: Conversation,
  options: RenderOptions = {},
): Example {
  const { ids, targets } = renderConversation(tokenizer, template, conversation, options)
  return { source: new Int32Array(0), target: ids, learned: targets }
}
