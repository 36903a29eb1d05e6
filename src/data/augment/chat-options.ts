import { z } from 'zod'
import { YuksuError } from '../../errors.ts'
import type { CorpusContext } from '../step.ts'
import { cachedChatModel, type CachedChatModel, defaultChatCache } from './chat-cache.ts'
import type { ChatModel } from './chat-model.ts'
import { endpointChatModel } from './endpoint-chat-model.ts'

/** Options that every step with a chat model has. */
export const modelFields = {
  model: z.string().min(1).describe('The chat model: a model folder, or the name that the endpoint knows.'),
  endpoint: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Address of an OpenAI-compatible interface, such as `http://localhost:8080/v1` of `yuksu serve`; without it, `OPENAI_BASE_URL` of the environment. Rows are sent there.',
    ),
  keyVariable: z
    .string()
    .min(1)
    .default('OPENAI_API_KEY')
    .describe('Variable of the environment that holds the API key, where the endpoint wants one.'),
  temperature: z.number().min(0).max(2).default(0.7).describe('How freely it words its answers.'),
  topP: z.number().gt(0).max(1).optional().describe('Nucleus that answers are drawn from.'),
  maxTokens: z
    .int()
    .min(1)
    .default(2048)
    .describe('Tokens of an answer at most; one that is cut off is not used.'),
  language: z
    .enum(['auto', 'ko', 'en'])
    .default('auto')
    .describe('Language of the prompts; `auto` is that of the row.'),
  attempts: z
    .int()
    .min(1)
    .max(20)
    .default(2)
    .describe('How often the model is asked, each time with another seed, until its answer can be used.'),
  concurrency: z.int().min(1).max(256).default(4).describe('Requests at a time.'),
  requestsPerMinute: z.number().gt(0).optional().describe('Requests a minute at most.'),
  timeoutSeconds: z.number().gt(0).default(120).describe('Longest wait for an answer.'),
  retries: z
    .int()
    .min(0)
    .default(5)
    .describe('Tries after the first where the endpoint is busy, breaks off or gives no answer.'),
  maximumTokens: z
    .int()
    .min(1)
    .optional()
    .describe(
      'Tokens of all requests and answers, after which the run stops; run again with more, it goes on from there.',
    ),
  prices: z
    .strictObject({
      input: z.number().min(0).describe('Of a million tokens of requests.'),
      output: z.number().min(0).describe('Of a million tokens of answers.'),
    })
    .optional()
    .describe('What tokens cost, for the cost in the report.'),
  cache: z
    .union([z.string().min(1), z.literal(false)])
    .optional()
    .describe(
      'Folder that keeps answers, so that a run that was cut off asks nothing twice; without it, `yuksu/chat` in the personal cache folder. `false` keeps none. They are kept under the address and the name of the model: where another model takes both, name another folder.',
    ),
}

/** Options of steps that ask about each row by itself. */
export const chatFields = {
  ...modelFields,
  share: z.number().gt(0).max(1).default(1).describe('Share of the rows that are asked about, by chance.'),
  copies: z.int().min(1).max(100).default(1).describe('Rows made of each row.'),
}

const modelOptions = z.strictObject(modelFields)
export type ModelOptions = z.infer<typeof modelOptions>

const chatOptions = z.strictObject(chatFields)
export type ChatOptions = z.infer<typeof chatOptions>

export interface OpenChat {
  readonly model: ChatModel
  /** What it was asked and what that cost, for the report. */
  figures(): Record<string, number>
}

/**
 * The model that the options name: opened by the context where that knows the name (`openChatModel`), else behind the endpoint. Answers are
 * kept, tokens counted. Throws `chat-endpoint` where none is named, and what the endpoint throws.
 */
export async function openChat(
  options: ModelOptions,
  context: CorpusContext,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<OpenChat> {
  const endpoint = options.endpoint ?? environment.OPENAI_BASE_URL
  const opened = options.endpoint === undefined ? await context.openChatModel?.(options.model) : undefined
  if (opened === undefined && !endpoint) {
    throw new YuksuError(
      'chat-endpoint',
      `no endpoint is named for the chat model ${options.model}; give endpoint in the step or OPENAI_BASE_URL in the environment, for example http://localhost:8080/v1 of yuksu serve`,
    )
  }
  const remote =
    opened === undefined
      ? endpointChatModel({
          endpoint: endpoint!,
          model: options.model,
          apiKey: environment[options.keyVariable],
          timeoutSeconds: options.timeoutSeconds,
          retries: options.retries,
          concurrency: options.concurrency,
          requestsPerMinute: options.requestsPerMinute,
        })
      : undefined
  const counts = { requests: 0, input: 0, output: 0 }
  const counted = countTokens(opened ?? remote!, counts, options.maximumTokens)
  const model =
    options.cache === false
      ? counted
      : cachedChatModel(counted, options.cache ?? defaultChatCache(environment))
  return {
    model,
    figures: () => ({
      requests: counts.requests,
      'answers kept from before': 'found' in model ? (model as CachedChatModel).found : 0,
      'tokens of requests': counts.input,
      'tokens of answers': counts.output,
      ...(remote !== undefined && { 'requests tried again': remote.usage.retries }),
      ...(options.prices && {
        cost: (counts.input * options.prices.input + counts.output * options.prices.output) / 1e6,
      }),
    }),
  }
}

function countTokens(
  model: ChatModel,
  counts: { requests: number; input: number; output: number },
  most: number | undefined,
): ChatModel {
  return {
    name: model.name,
    identity: model.identity,
    async chat(messages, settings, signal) {
      if (most !== undefined && counts.input + counts.output >= most) {
        throw new YuksuError(
          'chat-budget',
          `${counts.input + counts.output} tokens were used, maximumTokens is ${most}; raise it and run again: what was answered is kept`,
        )
      }
      counts.requests++
      const answer = await model.chat(messages, settings, signal)
      counts.input += answer.inputTokens ?? 0
      counts.output += answer.outputTokens ?? 0
      return answer
    },
  }
}
