import { randomUUID } from 'node:crypto'
import type { LanguageModelV3FinishReason, LanguageModelV3Usage } from '@ai-sdk/provider'

/** What every object of one answer shares. */
export interface CompletionHead {
  id: string
  created: number
  model: string
}

export interface CompletionUsage {
  prompt_tokens: number
  completion_tokens: number
  total_tokens: number
}

export function completionHead(model: string): CompletionHead {
  return { id: `chatcmpl-${randomUUID()}`, created: Math.floor(Date.now() / 1000), model }
}

/** A whole answer, as `POST /v1/chat/completions` gives it without `stream`. */
export function completion(
  head: CompletionHead,
  text: string,
  finishReason: LanguageModelV3FinishReason,
  usage: LanguageModelV3Usage,
) {
  const message = { role: 'assistant', content: text, refusal: null }
  return {
    ...head,
    object: 'chat.completion',
    choices: [{ index: 0, message, logprobs: null, finish_reason: toFinishReason(finishReason) }],
    usage: toUsage(usage),
  }
}

/** One piece of a streamed answer; `usage` is null in all but the last when usage was asked for. */
export function completionChunk(
  head: CompletionHead,
  delta: { role?: 'assistant'; content?: string },
  finishReason: LanguageModelV3FinishReason | null,
  includeUsage: boolean,
) {
  const finish_reason = finishReason && toFinishReason(finishReason)
  return {
    ...head,
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta, logprobs: null, finish_reason }],
    ...(includeUsage ? { usage: null } : {}),
  }
}

/** The piece after the last one, with the token counts and no choice. */
export function usageChunk(head: CompletionHead, usage: LanguageModelV3Usage) {
  return { ...head, object: 'chat.completion.chunk', choices: [], usage: toUsage(usage) }
}

function toFinishReason(reason: LanguageModelV3FinishReason): string {
  if (reason.unified === 'length') return 'length'
  if (reason.unified === 'content-filter') return 'content_filter'
  return 'stop'
}

function toUsage(usage: LanguageModelV3Usage): CompletionUsage {
  const prompt_tokens = usage.inputTokens.total ?? 0
  const completion_tokens = usage.outputTokens.total ?? 0
  return { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens }
}
