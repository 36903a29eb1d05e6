// What augmentation needs of a chat model, and no more, so that anything can be one: an endpoint (`endpoint-chat-model.ts`), a model of the
// AI SDK's interface, ours included (`language-model-chat.ts`), a script in a test.
import { YuksuError } from '../../errors.ts'

export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant'
  readonly content: string
}

export interface ChatSettings {
  readonly temperature?: number | undefined
  readonly topP?: number | undefined
  /** Tokens of the answer at most. */
  readonly maxTokens?: number | undefined
  /** A model that knows seeds gives the same answer for the same one. */
  readonly seed?: number | undefined
  readonly stop?: readonly string[] | undefined
}

export interface ChatAnswer {
  readonly text: string
  /** `length`: it was cut off at `maxTokens` or at the model's limit. */
  readonly finishReason: 'stop' | 'length' | 'other'
  /** Undefined where the model does not say. */
  readonly inputTokens: number | undefined
  readonly outputTokens: number | undefined
}

export interface ChatModel {
  /** As a recipe names it. */
  readonly name: string
  /** What answers depend on besides messages and settings: two models with the same identity answer alike. */
  readonly identity: string
  /**
   * Answers a conversation. Throws `ChatRequestError` where this request cannot be answered and others can, any other error where
   * it makes no sense to go on.
   */
  chat(messages: readonly ChatMessage[], settings: ChatSettings, signal?: AbortSignal): Promise<ChatAnswer>
}

/** One request was not answered: `chat-refused` (asking again is of no use) or `chat-unavailable` (all tries failed). */
export class ChatRequestError extends YuksuError {
  constructor(code: 'chat-refused' | 'chat-unavailable', message: string, options?: ErrorOptions) {
    super(code, message, options)
    this.name = 'ChatRequestError'
  }
}
