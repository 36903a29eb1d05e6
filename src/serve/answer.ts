import type { LanguageModelV3, LanguageModelV3StreamPart } from '@ai-sdk/provider'
import { toApiError } from './api-error.ts'
import { completion, completionChunk, completionHead, usageChunk } from './chat-completion.ts'
import type { ChatRequest } from './chat-request.ts'

/** Answers a chat request with one JSON object. */
export async function answerWhole(
  model: LanguageModelV3,
  request: ChatRequest,
  abortSignal: AbortSignal,
): Promise<Response> {
  const result = await model.doGenerate({ ...request.options, abortSignal })
  const text = result.content.map((part) => (part.type === 'text' ? part.text : '')).join('')
  if (result.finishReason.unified === 'error')
    throw new Error(`the model stopped: ${result.finishReason.raw}`)
  return Response.json(completion(completionHead(request.model), text, result.finishReason, result.usage))
}

/**
 * Answers a chat request with server-sent events. A failure before the first piece of text is thrown (so that it
 * becomes a proper HTTP status); a later one becomes an `error` event, and `[DONE]` does not follow.
 *
 * @param abort aborted by this function when the client goes away.
 * @param onEnd called once, when the model has stopped for whatever reason.
 */
export async function answerStream(
  model: LanguageModelV3,
  request: ChatRequest,
  abort: AbortController,
  onEnd: (error?: unknown) => void,
): Promise<Response> {
  const { stream } = await model.doStream({ ...request.options, abortSignal: abort.signal })
  const reader = stream.getReader()
  const first = await firstPart(reader)
  const head = completionHead(request.model)
  const encoder = new TextEncoder()

  async function* events(): AsyncGenerator<string> {
    const { includeUsage } = request
    const event = (data: object) => `data: ${JSON.stringify(data)}\n\n`
    yield event(completionChunk(head, { role: 'assistant', content: '' }, null, includeUsage))
    for (let part: LanguageModelV3StreamPart | undefined = first; part; part = (await reader.read()).value) {
      if (part.type === 'error') throw part.error
      if (part.type === 'text-delta' && part.delta !== '')
        yield event(completionChunk(head, { content: part.delta }, null, includeUsage))
      if (part.type === 'finish') {
        if (part.finishReason.unified === 'error')
          throw new Error(`the model stopped: ${part.finishReason.raw}`)
        yield event(completionChunk(head, {}, part.finishReason, includeUsage))
        if (includeUsage) yield event(usageChunk(head, part.usage))
        yield 'data: [DONE]\n\n'
        return
      }
    }
    throw new Error('the model ended its answer without saying why')
  }

  const iterator = events()
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const next = await iterator.next()
        if (!next.done) {
          controller.enqueue(encoder.encode(next.value))
          return
        }
        onEnd()
      } catch (error) {
        if (abort.signal.aborted) onEnd()
        else {
          controller.enqueue(encoder.encode(`data: ${JSON.stringify(toApiError(error).body)}\n\n`))
          onEnd(error)
        }
      }
      controller.close()
    },
    async cancel() {
      abort.abort()
      await reader.cancel().catch(() => {})
      onEnd()
    },
  })
  return new Response(body, {
    headers: {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache',
      'x-accel-buffering': 'no',
    },
  })
}

/** The first part that says something; what comes before it carries no text. */
async function firstPart(
  reader: ReadableStreamDefaultReader<LanguageModelV3StreamPart>,
): Promise<LanguageModelV3StreamPart> {
  for (;;) {
    const { value, done } = await reader.read()
    if (done) throw new Error('the model gave no answer')
    if (value.type === 'error') throw value.error
    if (value.type === 'text-delta' || value.type === 'finish') return value
  }
}
