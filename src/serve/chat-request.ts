import type { LanguageModelV3CallOptions, LanguageModelV3Prompt } from '@ai-sdk/provider'
import { z } from 'zod'
import { ApiError } from './api-error.ts'

const text = z.union([
  z.string(),
  z.array(
    z.strictObject({
      type: z.literal('text', 'must be "text"; this server reads text only'),
      text: z.string(),
    }),
  ),
])
const penalty = z.number().min(-2).max(2).nullish()
const tokens = z.int().min(1).nullish()
const ignored = z.unknown().optional()

const chatRequestSchema = z.strictObject({
  model: z.string(),
  messages: z
    .array(
      z.strictObject({
        role: z.enum(['system', 'developer', 'user', 'assistant']),
        content: text,
        name: ignored,
        refusal: ignored,
      }),
    )
    .min(1),
  stream: z.boolean().nullish(),
  stream_options: z
    .strictObject({ include_usage: z.boolean().nullish(), include_obfuscation: ignored })
    .nullish(),
  max_tokens: tokens,
  max_completion_tokens: tokens,
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  top_k: z.int().min(0).nullish(),
  seed: z.int().nullish(),
  stop: z.union([z.string(), z.array(z.string()).max(4)]).nullish(),
  presence_penalty: penalty,
  frequency_penalty: penalty,
  n: z.literal(1, 'must be 1; this server gives one answer a request').nullish(),
  // A setting that would change the answer and cannot be honoured is refused, never dropped.
  response_format: z
    .strictObject({ type: z.literal('text', 'must be "text"; structured output is not supported') })
    .nullish(),
  tools: z.array(z.unknown()).max(0, 'must be empty; tools are not supported').nullish(),
  tool_choice: z.enum(['none', 'auto'], 'must be "none" or "auto"; tools are not supported').nullish(),
  logprobs: z.literal(false, 'must be false; log probabilities are not supported').nullish(),
  logit_bias: z.strictObject({}, 'must be empty; token biases are not supported').nullish(),
  // These do not change the answer.
  user: ignored,
  metadata: ignored,
  store: ignored,
  service_tier: ignored,
  parallel_tool_calls: ignored,
  prompt_cache_key: ignored,
  safety_identifier: ignored,
})

/** A checked body of `POST /v1/chat/completions`. */
export interface ChatRequest {
  model: string
  stream: boolean
  includeUsage: boolean
  options: LanguageModelV3CallOptions
}

/**
 * Checks the body of a chat completion request and turns it into the call options of a `LanguageModelV3`.
 *
 * @throws ApiError 400 naming the parameter.
 */
export function parseChatRequest(body: string): ChatRequest {
  let content: unknown
  try {
    content = JSON.parse(body)
  } catch {
    throw new ApiError(400, 'We could not parse the JSON body of your request. Send one JSON object.')
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content))
    throw new ApiError(400, 'The body of a request must be one JSON object.')
  const parsed = chatRequestSchema.safeParse(content)
  if (!parsed.success) throw invalid(parsed.error.issues[0]!, content)
  const request = parsed.data
  if (request.stream_options && !request.stream)
    throw new ApiError(400, "The 'stream_options' parameter is only allowed when 'stream' is enabled.", {
      param: 'stream_options',
    })
  const stop = typeof request.stop === 'string' ? [request.stop] : request.stop
  const options: LanguageModelV3CallOptions = { prompt: toPrompt(request.messages) }
  const maxOutputTokens = request.max_completion_tokens ?? request.max_tokens
  if (maxOutputTokens != null) options.maxOutputTokens = maxOutputTokens
  if (request.temperature != null) options.temperature = request.temperature
  if (request.top_p != null) options.topP = request.top_p
  if (request.top_k != null) options.topK = request.top_k
  if (request.seed != null) options.seed = request.seed
  if (request.presence_penalty != null) options.presencePenalty = request.presence_penalty
  if (request.frequency_penalty != null) options.frequencyPenalty = request.frequency_penalty
  if (stop?.some((sequence) => sequence === ''))
    throw new ApiError(400, "Invalid 'stop': a stop sequence must not be empty.", {
      param: 'stop',
      code: 'invalid_value',
    })
  if (stop && stop.length > 0) options.stopSequences = stop
  return {
    model: request.model,
    stream: request.stream ?? false,
    includeUsage: request.stream_options?.include_usage ?? false,
    options,
  }
}

function toPrompt(messages: z.output<typeof chatRequestSchema>['messages']): LanguageModelV3Prompt {
  return messages.map(({ role, content }) => {
    const parts = typeof content === 'string' ? [{ type: 'text' as const, text: content }] : content
    if (role === 'user' || role === 'assistant') return { role, content: parts }
    return { role: 'system', content: parts.map((part) => part.text).join('\n') }
  })
}

function invalid(issue: z.core.$ZodIssue, content: object): ApiError {
  if (issue.code === 'unrecognized_keys') {
    const param = pathOf([...issue.path, issue.keys[0]!])
    return new ApiError(400, `Unknown parameter: '${param}'.`, { param, code: 'unknown_parameter' })
  }
  // In `content` the alternatives are a string and a list of parts; a list is meant when a list was given.
  if (issue.code === 'invalid_union' && Array.isArray(valueAt(content, issue.path))) {
    const inner = issue.errors.at(-1)?.[0]
    if (inner) return invalid({ ...inner, path: [...issue.path, ...inner.path] }, content)
  }
  const param = pathOf(issue.path)
  const given = valueAt(content, issue.path)
  if (given === undefined)
    return new ApiError(400, `Missing required parameter: '${param}'.`, {
      param,
      code: 'missing_required_parameter',
    })
  const kind =
    issue.code === 'invalid_type' || issue.code === 'invalid_union' ? 'invalid_type' : 'invalid_value'
  const what = kind === 'invalid_type' ? `Invalid type for '${param}'` : `Invalid '${param}'`
  const message = issue.code === 'invalid_union' ? 'expected a text or a list' : issue.message
  return new ApiError(400, `${what}: ${message}${received(given)}.`, { param, code: kind })
}

function received(value: unknown): string {
  if (Array.isArray(value)) return ', but got an array'
  if (value === null) return ', but got null'
  if (typeof value === 'object') return ', but got an object'
  const shown = JSON.stringify(value) ?? ''
  return shown.length > 60 ? '' : `, but got ${shown}`
}

function pathOf(path: readonly PropertyKey[]): string {
  return path
    .map((key, index) => (typeof key === 'number' ? `[${key}]` : `${index ? '.' : ''}${String(key)}`))
    .join('')
}

function valueAt(content: unknown, path: readonly PropertyKey[]): unknown {
  let value = content
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    value = (value as Record<PropertyKey, unknown>)[key]
  }
  return value
}
