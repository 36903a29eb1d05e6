import type { LanguageModelV3CallOptions, LanguageModelV3Message, SharedV3Warning } from '@ai-sdk/provider'
import { YuksuError } from '../errors.ts'
import type { ChatMessage } from './chat-template.ts'
import { checkGenerationOptions, type GenerationOptions } from './options.ts'
import type { WriteRequest, WriterDescription } from './text-writer.ts'

/**
 * What a call of the `LanguageModelV3` interface asks of a writer, and a warning for every setting without effect.
 *
 * Without `temperature` the model's own settings hold; 0 makes it draw nothing at random, above 0 it samples, in place of
 * beams. `topP`, `topK` and `seed` belong to sampling. `providerOptions.yuksu` takes `GenerationOptions`, such as `numBeams`.
 *
 * @throws YuksuError `invalid-prompt` for anything but text, `unsupported-setting` for structured output and forced tools.
 */
export function toWriteRequest(
  call: LanguageModelV3CallOptions,
  description: WriterDescription,
): { request: WriteRequest; warnings: SharedV3Warning[] } {
  const warnings: SharedV3Warning[] = []
  const unsupported = (feature: string, details: string) =>
    warnings.push({ type: 'unsupported', feature, details })
  if (call.responseFormat?.type === 'json') {
    throw new YuksuError('unsupported-setting', 'structured output is not supported; ask for text')
  }
  if (call.toolChoice?.type === 'required' || call.toolChoice?.type === 'tool') {
    throw new YuksuError('unsupported-setting', 'tools are not supported; leave toolChoice out')
  }
  if (call.tools && call.tools.length > 0) unsupported('tools', 'the model writes text only')
  for (const name of ['presencePenalty', 'frequencyPenalty'] as const) {
    if (call[name]) unsupported(name, 'repetitionPenalty of providerOptions.yuksu makes repetition rarer')
  }
  const messages = call.prompt.map(toChatMessage)
  if (description.kind === 'encoder-decoder') {
    if (messages.some(({ role }) => role === 'system'))
      unsupported('system messages', 'the model reads only the last user message')
    if (messages.filter(({ role }) => role === 'user').length > 1)
      unsupported('earlier messages', 'the model reads only the last user message')
  }
  const options = { ...providerSettings(call), ...samplingSettings(call, description, unsupported) }
  if (call.maxOutputTokens !== undefined) options.maxNewTokens = call.maxOutputTokens
  return { request: { messages, options, stopSequences: call.stopSequences ?? [] }, warnings }
}

function samplingSettings(
  { temperature, topP, topK, seed }: LanguageModelV3CallOptions,
  description: WriterDescription,
  unsupported: (feature: string, details: string) => void,
): GenerationOptions {
  if (temperature === 0) return { doSample: false }
  if (temperature === undefined && !description.samples) {
    const details = 'the model takes the likeliest words; give a temperature above 0 to draw them at random'
    if (topP !== undefined && topP !== 1) unsupported('topP', details)
    if (topK !== undefined && topK !== 0) unsupported('topK', details)
    return {}
  }
  return {
    doSample: true,
    ...(temperature !== undefined && { temperature }),
    // 0 keeps the likeliest token alone, as everywhere else.
    ...(topP !== undefined && { topP: Math.max(topP, Number.EPSILON) }),
    ...(topK !== undefined && { topK }),
    ...(seed !== undefined && { seed: seed < 0 ? seed >>> 0 : seed }),
  }
}

function providerSettings({ providerOptions }: LanguageModelV3CallOptions): GenerationOptions {
  const given = providerOptions?.yuksu
  if (given === undefined) return {}
  try {
    return checkGenerationOptions(given)
  } catch (error) {
    throw new YuksuError('unsupported-setting', `providerOptions.yuksu: ${(error as Error).message}`, {
      cause: error,
    })
  }
}

function toChatMessage(message: LanguageModelV3Message): ChatMessage {
  if (message.role === 'system') return { role: 'system', text: message.content }
  if (message.role === 'tool') throw notText('a tool result')
  const texts: string[] = []
  for (const part of message.content) {
    if (part.type === 'text') texts.push(part.text)
    // What another model thought is no part of the conversation.
    else if (part.type !== 'reasoning') throw notText(`a part of type ${part.type}`)
  }
  return { role: message.role, text: texts.join('\n') }
}

function notText(what: string): YuksuError {
  return new YuksuError('invalid-prompt', `the messages hold ${what}; the model reads text only`)
}
