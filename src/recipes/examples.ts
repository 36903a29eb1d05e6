import { YuksuError } from '../errors.ts'
import type { ModelFamily } from '../models/family.ts'
import type { DropReport } from '../runs/dropped-rows.ts'
import type { ChatTemplate } from '../tokenizers/chat-template.ts'
import { renderPrompt, renderSource, renderTarget } from '../tokenizers/render.ts'
import type { Tokenizer } from '../tokenizers/tokenizer.ts'
import { conversationExample } from '../train/conversation-example.ts'
import type { Example } from '../train/objectives/objective.ts'
import type { RecipeRow } from './recipe-rows.ts'

/** Rows as a model reads them. One beyond a limit is dropped with its reason: nothing is cut off in silence. */
export function tokenizeRows(
  rows: readonly RecipeRow[],
  tokenizer: Tokenizer,
  kind: ModelFamily['kind'],
  settings: {
    limits: { maxSourceTokens: number; maxTargetTokens: number }
    spaceBeforeSummary: boolean
    answers: 'all' | 'last'
  },
  drops: DropReport,
  file: string,
  template?: ChatTemplate,
): Example[] {
  const { limits } = settings
  const before = settings.spaceBeforeSummary ? ' ' : ''
  const examples: Example[] = []
  // A decoder alone tells the end of what it reads by the line end that its answer begins with.
  const renderRow =
    kind === 'encoder-decoder'
      ? ({ source, target }: RecipeRow) =>
          [renderSource(tokenizer, source), renderTarget(tokenizer, `${before}${target}`)] as const
      : ({ source, target }: RecipeRow) =>
          [renderPrompt(tokenizer, source), renderTarget(tokenizer, `\n${target}`)] as const
  rows.forEach((row, index) => {
    const place = { file, number: index + 1, line: index + 1 }
    if ('conversation' in row) {
      const made = asConversation(row, tokenizer, template!, settings)
      if ('reason' in made) drops.drop({ ...place, ...made })
      else examples.push(made)
      return
    }
    const [source, target] = renderRow(row)
    if (source.length > limits.maxSourceTokens) {
      const detail = `${row.id}: ${source.length} tokens, data.limits.maxSourceTokens is ${limits.maxSourceTokens}`
      drops.drop({ ...place, reason: 'source-too-long', detail })
    } else if (target.length > limits.maxTargetTokens) {
      const detail = `${row.id}: ${target.length} tokens, data.limits.maxTargetTokens is ${limits.maxTargetTokens}`
      drops.drop({ ...place, reason: 'target-too-long', detail })
    } else {
      examples.push(asExample(source, target, kind))
    }
  })
  return examples
}

/** A conversation as it is learned, or why it cannot be: the template refuses it, or it is too long. */
function asConversation(
  { id, conversation }: Extract<RecipeRow, { conversation: unknown }>,
  tokenizer: Tokenizer,
  template: ChatTemplate,
  {
    answers,
    limits,
  }: { answers: 'all' | 'last'; limits: { maxSourceTokens: number; maxTargetTokens: number } },
): Example | { reason: string; detail: string } {
  const limit = limits.maxSourceTokens + limits.maxTargetTokens
  try {
    const example = conversationExample(tokenizer, template, conversation, { targets: answers })
    const { length } = example.target
    if (length <= limit) return example
    return {
      reason: 'conversation-too-long',
      detail: `${id}: ${length} tokens, data.limits allow ${limit} for both`,
    }
  } catch (error) {
    // What is wrong with a conversation is said by its code; anything else is wrong with all of them.
    if (!(error instanceof YuksuError) || !conversationFaults.has(error.code)) throw error
    return { reason: error.code, detail: `${id}: ${error.message}` }
  }
}

const conversationFaults = new Set(['invalid-prompt', 'no-targets', 'chat-turns', 'chat-boundary'])

/** An encoder reads the source and the decoder writes the target; a decoder alone reads one and goes on with the other. */
function asExample(source: readonly number[], target: readonly number[], kind: ModelFamily['kind']): Example {
  if (kind === 'encoder-decoder') return { source: Int32Array.from(source), target: Int32Array.from(target) }
  return {
    source: new Int32Array(0),
    target: Int32Array.from([...source, ...target]),
    contextLength: source.length,
  }
}
