import { existsSync } from 'node:fs'
import { cp, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type ConversationRow, prepareConversations } from '../data/conversation-rows.ts'
import { prepareSummarization, type SummarizationRow } from '../data/summarization-rows.ts'
import { YuksuError } from '../errors.ts'
import { writeFileAtomic } from '../formats/atomic-file.ts'
import { readError } from '../formats/read-error.ts'
import type { DropReport } from '../runs/dropped-rows.ts'
import { type ChatTemplate, createChatTemplate, readChatTemplate } from '../tokenizers/chat-template.ts'
import { renderChatPrompt } from '../tokenizers/render-conversation.ts'
import type { Tokenizer } from '../tokenizers/tokenizer.ts'
import type { Recipe } from './schema.ts'

/** A row of a recipe: a text with what is to be written for it, or a conversation whose last answer is that. */
export type RecipeRow = SummarizationRow | ConversationRow

/** Reads rows as the recipe says what they are. */
export async function readRecipeRows(
  { data }: Pick<Recipe, 'data'>,
  files: readonly string[],
  drops: DropReport,
): Promise<readonly RecipeRow[]> {
  const { messages, ...columns } = data.columns
  if (messages === undefined) return (await prepareSummarization({ files, columns, drops })).rows
  return (await prepareConversations({ files, column: messages, id: columns.id, drops })).rows
}

/** The texts of a row, from which a tokenizer is learned. */
export function textsOf(row: RecipeRow): string[] {
  if (!('conversation' in row)) return [row.source, row.target]
  return row.conversation.messages.flatMap(({ content }) => (typeof content === 'string' ? [content] : []))
}

/** What a model goes on from where the answer of a row is to be written: its text, or tokens where a template writes it. */
export function promptOf(
  row: RecipeRow,
  tokenizer: Tokenizer,
  template: ChatTemplate | undefined,
): string | readonly number[] {
  if (!('conversation' in row)) return row.source
  return renderChatPrompt(tokenizer, template!, row.prompt)
}

/** The template that writes conversations, and how it is put beside a model that learns them. */
export interface RecipeTemplate {
  readonly template: ChatTemplate
  save(folder: string): Promise<void>
}

/**
 * The chat template of a recipe whose rows are conversations: of `data.chatTemplate`, else of the folder that tokenizer or model come from.
 *
 * @throws YuksuError `no-chat-template` where there is none, `invalid-chat-template`, and what reading a file throws.
 */
export async function recipeTemplate(
  { data, tokenizer: { from }, model }: Recipe,
  tokenizer: Tokenizer,
): Promise<RecipeTemplate | undefined> {
  if (data.columns.messages === undefined) return undefined
  if (data.chatTemplate !== undefined) {
    const text = await readText(data.chatTemplate)
    return {
      template: await createChatTemplate({ default: text }, roleTokens(tokenizer), data.chatTemplate),
      save: (folder) => writeFileAtomic(join(folder, 'chat_template.jinja'), text),
    }
  }
  for (const folder of [from, model.from]) {
    const template = folder === undefined ? undefined : await readChatTemplate(folder)
    // One in `tokenizer_config.json` is written with the tokenizer.
    if (template !== undefined) return { template, save: (to) => copyTemplates(folder!, to) }
  }
  throw new YuksuError(
    'no-chat-template',
    `the rows are conversations (data.columns.messages) and there is no chat template to write them with; give data.chatTemplate, a Jinja file, or start from a model that has one`,
  )
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw readError(path, error)
  }
}

async function copyTemplates(from: string, to: string): Promise<void> {
  for (const name of ['chat_template.jinja', 'additional_chat_templates'])
    if (existsSync(join(from, name))) await cp(join(from, name), join(to, name), { recursive: true })
}

/** `bos_token` and the like, as templates name them. */
function roleTokens({ specialTokens, idToToken }: Tokenizer): Record<string, string> {
  const { all: _, ...roles } = specialTokens
  return Object.fromEntries(Object.entries(roles).map(([role, id]) => [`${role}_token`, idToToken(id)!]))
}
