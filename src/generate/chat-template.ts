export { type ChatTemplate, readChatTemplate, readTemplateSource } from '../tokenizers/chat-template.ts'

/** One message of a conversation. */
export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant'
  readonly text: string
}
