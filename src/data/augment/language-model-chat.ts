import type { LanguageModelV3, LanguageModelV3Prompt } from '@ai-sdk/provider'
import type { ChatModel } from './chat-model.ts'

/**
 * Any model of the AI SDK's interface as a chat model: those that `openLanguageModel` opens, and those of other packages. `identity` tells models of the
 * same name apart, such as one folder before and after it was trained on: answers are kept under it.
 */
export function languageModelChat(
  model: LanguageModelV3,
  identity: string = JSON.stringify([model.provider, model.modelId]),
): ChatModel {
  return {
    name: model.modelId,
    identity,
    async chat(messages, { temperature, topP, maxTokens, seed, stop }, signal) {
      const prompt: LanguageModelV3Prompt = messages.map(({ role, content }) =>
        role === 'system' ? { role, content } : { role, content: [{ type: 'text', text: content }] },
      )
      const { content, finishReason, usage } = await model.doGenerate({
        prompt,
        ...(temperature !== undefined && { temperature }),
        ...(topP !== undefined && { topP }),
        ...(maxTokens !== undefined && { maxOutputTokens: maxTokens }),
        ...(seed !== undefined && { seed }),
        ...(stop !== undefined && { stopSequences: [...stop] }),
        ...(signal !== undefined && { abortSignal: signal }),
      })
      const { unified } = finishReason
      return {
        text: content.map((part) => (part.type === 'text' ? part.text : '')).join(''),
        finishReason: unified === 'stop' || unified === 'length' ? unified : 'other',
        inputTokens: usage.inputTokens.total,
        outputTokens: usage.outputTokens.total,
      }
    },
  }
}
