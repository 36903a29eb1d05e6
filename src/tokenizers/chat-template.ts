import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Template as JinjaTemplate } from '@huggingface/jinja'
import { YuksuError } from '../errors.ts'
import { readError } from '../formats/read-error.ts'
import { systemCode } from '../formats/write-error.ts'
import { stripAsPython, stripFunctions } from './jinja-strip.ts'
import { strftime } from './strftime.ts'
import { readTokenizerFiles } from './tokenizer-folder.ts'

/** A message as templates read it; what else it has (`name`, `tool_calls`, `reasoning_content`) is theirs as well. */
export interface TemplateMessage {
  readonly role: string
  readonly content?: unknown
  readonly [field: string]: unknown
}

export interface Conversation {
  readonly messages: readonly TemplateMessage[]
  /** Descriptions of functions that the model may call, as JSON schemas. */
  readonly tools?: readonly object[] | undefined
}

export interface TemplateOptions {
  /** Ends with what the model's answer follows, such as `<|im_start|>assistant`. */
  readonly addGenerationPrompt?: boolean | undefined
  /** Further variables of the template, such as `enable_thinking`. */
  readonly variables?: Readonly<Record<string, unknown>> | undefined
  /** What day it is for templates that say so; now by default. */
  readonly date?: Date | undefined
}

/** Writes conversations as the text that a model reads. */
export interface ChatTemplate {
  /** Whether the template itself marks what the assistant writes (`{% generation %}`). */
  readonly marksAnswers: boolean
  /** Whether a text occurs in one of the template's own. */
  mentions(text: string): boolean
  /**
   * The text of a conversation; its special tokens are in it already. `mark` stands where the template begins and ends
   * to mark an answer, by default nowhere. Throws `invalid-prompt` where the template refuses the messages.
   */
  render(conversation: Conversation, options?: TemplateOptions, mark?: string): string
}

/**
 * The chat template of a model folder: `chat_template.jinja`, else `chat_template` of `tokenizer_config.json`, one or several with names, of
 * which `tool_use` is for conversations with tools and `default` for others; undefined where there is none.
 *
 * @throws YuksuError `invalid-chat-template` where it is not a Jinja template.
 */
export async function readChatTemplate(folder: string): Promise<ChatTemplate | undefined> {
  const { config } = await readTokenizerFiles(folder)
  const sources = await readTemplateSources(folder, config)
  if (sources === undefined) return undefined
  return createChatTemplate(sources, templateTokens(config), folder)
}

/** The Jinja text of the template for conversations without tools; `config` is that of the tokenizer. */
export async function readTemplateSource(
  folder: string,
  config: Readonly<Record<string, unknown>>,
): Promise<string | undefined> {
  return (await readTemplateSources(folder, config))?.default
}

interface TemplateSources {
  readonly default: string
  readonly tool_use?: string | undefined
}

/** As `readChatTemplate`, of Jinja texts and the tokens that they name (`bos_token` …). `source` is for messages. */
export async function createChatTemplate(
  sources: TemplateSources,
  tokens: Readonly<Record<string, string>> = {},
  source = 'the model',
): Promise<ChatTemplate> {
  const { Template } = await import('@huggingface/jinja')
  const parse = (text: string): JinjaTemplate => {
    try {
      const template = new Template(prepared(text))
      stripAsPython(template)
      return template
    } catch (cause) {
      throw new YuksuError(
        'invalid-chat-template',
        `the chat template of ${source} cannot be read: ${reason(cause)}; correct chat_template.jinja or delete it`,
        { cause },
      )
    }
  }
  const plain = parse(sources.default)
  const withTools = sources.tool_use === undefined ? plain : parse(sources.tool_use)
  const texts = [sources.default, sources.tool_use ?? '', ...Object.values(tokens)]
  return {
    marksAnswers: generationTag.test(sources.default),
    mentions: (text) => texts.some((own) => own.includes(text)),
    render({ messages, tools }, { addGenerationPrompt = false, variables, date } = {}, mark = '') {
      const hasTools = tools !== undefined && tools.length > 0
      try {
        return (hasTools ? withTools : plain).render({
          ...tokens,
          ...stripFunctions,
          messages,
          // Templates ask whether these are none, which what is missing altogether would not be.
          tools: hasTools ? tools : null,
          documents: null,
          add_generation_prompt: addGenerationPrompt,
          [dateName]: (format: string) => strftime(date ?? new Date(), format),
          [raiseName]: (message: unknown) => {
            throw new Refusal(String(message))
          },
          [markName]: mark,
          ...variables,
        })
      } catch (cause) {
        throw new YuksuError(
          'invalid-prompt',
          cause instanceof Refusal
            ? `the model's chat template refuses the messages: ${reason(cause)}`
            : `the model's chat template cannot write the messages: ${reason(cause)}; give messages of the form that it expects, or correct chat_template.jinja`,
          { cause },
        )
      }
    },
  }
}

const generationTag = /{%(-?)\s*(end)?generation\s*(-?)%}/
const markName = 'yuksu_mark'
const dateName = 'yuksu_strftime_now'
const raiseName = 'yuksu_raise_exception'

/** Templates refuse what they were not made for, such as a system message or two user messages in a row. */
class Refusal extends Error {}

/**
 * The library drops `{% generation %}`, knows months in the language of the machine, and its refusals look like any error. A tag becomes a block that writes the mark, which
 * leaves the space around it as the tag itself would.
 */
function prepared(source: string): string {
  return source
    .replace(
      new RegExp(generationTag, 'g'),
      (_, before: string, _end, after: string) =>
        `{%${before} if true %}{{ ${markName} }}{% endif ${after}%}`,
    )
    .replace(/\bstrftime_now\b/g, dateName)
    .replace(/\braise_exception\b/g, raiseName)
}

async function readTemplateSources(
  folder: string,
  config: Readonly<Record<string, unknown>>,
): Promise<TemplateSources | undefined> {
  const own = await readOptional(join(folder, 'chat_template.jinja'))
  if (own === undefined) return sourcesOf(config.chat_template)
  const others = join(folder, 'additional_chat_templates')
  const names: string[] = await readdir(others).catch(() => [])
  const tools = names.includes('tool_use.jinja')
    ? await readOptional(join(others, 'tool_use.jinja'))
    : undefined
  return { default: own, tool_use: tools }
}

/** A template is a text, or one of several with names. */
function sourcesOf(value: unknown): TemplateSources | undefined {
  if (typeof value === 'string') return { default: value }
  if (!Array.isArray(value)) return undefined
  const named = new Map(
    (value as readonly { name?: unknown; template?: unknown }[]).flatMap(({ name, template }) =>
      typeof template === 'string' ? [[name, template] as const] : [],
    ),
  )
  const usual = named.get('default')
  return usual === undefined ? undefined : { default: usual, tool_use: named.get('tool_use') }
}

async function readOptional(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    throw readError(path, error)
  }
}

/** The special tokens under the names that templates have for them. */
function templateTokens(config: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(config).flatMap(([key, value]) => {
      const text = key.endsWith('_token') ? tokenText(value) : undefined
      return text === undefined ? [] : [[key, text]]
    }),
  )
}

function tokenText(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  if (typeof value !== 'object' || value === null || !('content' in value)) return undefined
  return typeof value.content === 'string' ? value.content : undefined
}

function reason(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/\s+/g, ' ').slice(0, 200)
}
