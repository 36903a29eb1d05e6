/**
 * Conversations as token ids: one renderer for training, evaluation and serving.
 *
 * What the assistant writes is told by the template's own marks (`{% generation %}`) where it has them. Otherwise turn by turn: with T the
 * text of the whole conversation, P the text of the messages before an answer with the generation prompt, and F that of the messages up to the
 * answer, the answer is what F has beyond P. That is right only if T begins with P, and with F but for what the template writes behind any
 * conversation; where one of the two fails, the template writes earlier turns otherwise once later ones follow, and the conversation is
 * refused rather than trained on something else.
 */
import { YuksuError } from '../errors.ts'
import type { ChatTemplate, Conversation, TemplateMessage, TemplateOptions } from './chat-template.ts'
import { encodePieces } from './encode-pieces.ts'
import { endToken } from './render.ts'
import type { Tokenizer } from './tokenizer.ts'

export interface RenderOptions extends Omit<TemplateOptions, 'addGenerationPrompt'> {
  /** Every answer is learned, or the last alone. */
  readonly targets?: 'all' | 'last' | undefined
}

/** A conversation as tokens, and what of it is learned. */
export interface RenderedConversation {
  readonly text: string
  readonly ids: Int32Array
  /** For each token the message whose turn it is in, its header included; −1 before the first. */
  readonly messages: Int32Array
  /** For each token 1 where the model learns to write it: an answer with the token that ends its turn. */
  readonly targets: Uint8Array
  /** The role of each message. */
  readonly roles: readonly string[]
  /** Whether the tokenizer's end token was put behind the last answer, because the template ends it with none. */
  readonly endTokenAdded: boolean
}

/** What a model goes on from: the conversation with the generation prompt. Throws `invalid-prompt` where the template refuses it. */
export function renderChatPrompt(
  tokenizer: Tokenizer,
  template: ChatTemplate,
  conversation: Conversation,
  options: Omit<TemplateOptions, 'addGenerationPrompt'> = {},
): number[] {
  const write = writerOf(tokenizer, template, conversation, options)
  const { text, cuts } = write(conversation.messages, { addGenerationPrompt: true })
  checkTools(template, conversation, options)
  const { ids } = encodePieces(tokenizer, text, [], cuts)
  if (cuts.length > 0) checkSame(tokenizer, ids, text)
  return [...ids]
}

/**
 * A conversation to learn from. A token that stands for the end of a turn belongs to the answer, and the line end that templates write behind
 * it does not: nobody asks the model for it.
 *
 * @throws YuksuError `invalid-prompt` where the template refuses the messages, `no-targets` where nothing would be learned, `chat-turns`
 * where what the assistant wrote cannot be told for sure, `chat-boundary` where tokens reach over the beginning of an answer and the text
 * cannot be cut there, `no-end-token` where nothing could end the last answer.
 */
export function renderConversation(
  tokenizer: Tokenizer,
  template: ChatTemplate,
  conversation: Conversation,
  options: RenderOptions = {},
): RenderedConversation {
  const { messages } = conversation
  if (!messages.some(isAnswer)) {
    throw new YuksuError(
      'no-targets',
      'the conversation has no message of the assistant, so there is nothing to learn from it; add one or leave it out',
    )
  }
  const write = writerOf(tokenizer, template, conversation, options)
  const whole = write(messages)
  checkTools(template, conversation, options)
  const turns = turnsOf(tokenizer, write, whole.text, messages)
  const last = messages.findLastIndex(isAnswer)
  const learned = messages.flatMap((message, index) =>
    isAnswer(message) && (options.targets !== 'last' || index === last) ? [index] : [],
  )
  const answers = template.marksAnswers
    ? markedAnswers(whole.spans, turns, learned)
    : learned.map((index) => answerOf(turns[index]!, index, messages))
  if (answers.length === 0) {
    throw new YuksuError(
      'no-targets',
      "the chat template marks nothing that the assistant wrote; check its {% generation %} marks and the messages' roles",
    )
  }
  const placed = placeAnswers(tokenizer, whole, answers, turns)
  return asTokens(tokenizer, whole.text, messages, answers, placed)
}

/** Places in a text, the second exclusive. */
type Span = readonly [start: number, end: number]

interface Written {
  readonly text: string
  /** What the template marks. */
  readonly spans: readonly Span[]
  /** Where texts of others must be cut, so that nothing in them becomes a special token. */
  readonly cuts: readonly number[]
}

type Write = (messages: readonly TemplateMessage[], options?: { addGenerationPrompt?: boolean }) => Written

/**
 * Renders messages of the conversation. The spelling of a special token in what a user, a system or a tool writes is text like any other:
 * otherwise it would end their turn and begin another. What the assistant writes may hold such tokens, as calls of tools do.
 */
function writerOf(
  tokenizer: Tokenizer,
  template: ChatTemplate,
  { messages: all, tools: given }: Conversation,
  options: Omit<TemplateOptions, 'addGenerationPrompt'>,
): Write {
  const [mark, cut] = unusedCharacters(template, [all, given])
  const spellings = tokenizer.specialTokens.all
    .map((id) => tokenizer.idToToken(id))
    .filter((token) => token !== undefined && token.length > 1) as string[]
  const tools = normalized(given)
  const prepared = (message: TemplateMessage): TemplateMessage => {
    const own = normalized(message)
    return isAnswer(own) ? own : { ...own, content: breakSpellings(own.content, spellings, cut) }
  }
  return (messages, { addGenerationPrompt = false } = {}) => {
    const marked = template.render(
      { messages: messages.map(prepared), tools },
      { ...options, addGenerationPrompt },
      mark,
    )
    const cuts: number[] = []
    const marks: number[] = []
    let text = ''
    for (const piece of marked.split(new RegExp(`([${mark}${cut}])`))) {
      if (piece === mark) marks.push(text.length)
      else if (piece === cut) cuts.push(text.length)
      else text += piece
    }
    if (marks.length % 2 === 1) {
      throw new YuksuError(
        'chat-turns',
        'the chat template begins to mark an answer and does not end it; check its {% generation %} marks',
      )
    }
    const spans = Array.from({ length: marks.length / 2 }, (_, index): Span => [
      marks[2 * index]!,
      marks[2 * index + 1]!,
    ])
    return { text, cuts, spans: spans.filter(([start, end]) => end > start) }
  }
}

/** Throws where the conversation has tools, or calls of them, that the template leaves out in silence. */
function checkTools(
  template: ChatTemplate,
  conversation: Conversation,
  options: Omit<TemplateOptions, 'addGenerationPrompt'>,
): void {
  const { messages, tools = [] } = conversation
  const calls = messages.some((message) => message.tool_calls !== undefined)
  if (tools.length === 0 && !calls) return
  const text = template.render(conversation, options)
  const withoutCalls = messages.map((message) => ({ ...message, tool_calls: undefined }))
  for (const [what, given, less] of [
    ['tools', tools.length > 0, { messages }],
    ['calls of tools', calls, { tools, messages: withoutCalls }],
  ] as const) {
    if (!given || attempt(() => template.render(less, options)) !== text) continue
    throw new YuksuError(
      'unused-tools',
      `the conversation has ${what}, which the model's chat template leaves out; take a model that knows tools, or leave them out`,
    )
  }
}

/** The same with every text in it in normal form C, as the tokenizers of models are trained on. */
function normalized<Value>(value: Value): Value {
  const inner = (item: unknown): unknown => {
    if (typeof item === 'string') return item.normalize('NFC')
    if (Array.isArray(item)) return item.map(inner)
    if (typeof item !== 'object' || item === null) return item
    return Object.fromEntries(Object.entries(item).map(([key, one]) => [key, inner(one)]))
  }
  return inner(value) as Value
}

/** Two characters for private use that neither the template nor the messages have. */
function unusedCharacters(template: ChatTemplate, content: unknown): [string, string] {
  const text = JSON.stringify(content) ?? ''
  const found: string[] = []
  for (let code = 0xe000; code < 0xf900 && found.length < 2; code++) {
    const character = String.fromCharCode(code)
    if (!text.includes(character) && !template.mentions(character)) found.push(character)
  }
  return found as [string, string]
}

/** The content with a cut within every spelling of a special token: of a text, or of the texts of its parts. */
function breakSpellings(content: unknown, spellings: readonly string[], cut: string): unknown {
  if (Array.isArray(content)) return content.map((part: unknown) => breakSpellings(part, spellings, cut))
  if (typeof content === 'object' && content !== null && 'text' in content) {
    return { ...content, text: breakSpellings(content.text, spellings, cut) }
  }
  if (typeof content !== 'string') return content
  let text = content
  for (const spelling of spellings) {
    if (text.includes(spelling)) text = text.replaceAll(spelling, spelling[0]! + cut + spelling.slice(1))
  }
  return text
}

function isAnswer({ role }: TemplateMessage): boolean {
  return role === 'assistant'
}

/** Where the turn of a message ends in the whole text, and for an answer where it begins or why that is not sure. */
interface Turn {
  readonly end: number
  readonly answer?: Span | undefined
  readonly doubt?: string | undefined
}

function turnsOf(
  tokenizer: Tokenizer,
  write: Write,
  text: string,
  messages: readonly TemplateMessage[],
): Turn[] {
  const closing = closingOf(tokenizer, write, text, messages)
  let before = 0
  return messages.map((message, index): Turn => {
    const isLast = index === messages.length - 1
    const upTo = isLast ? text : attempt(() => write(messages.slice(0, index + 1)).text)
    const end = Math.max(before, upTo === undefined ? before : commonEnd(tokenizer, upTo, text))
    const body = isLast ? text.length : end
    before = body
    if (!isAnswer(message)) return { end: body }
    const prompt = attempt(() => write(messages.slice(0, index), { addGenerationPrompt: true }).text)
    if (prompt === undefined || upTo === undefined) {
      return { end: body, doubt: 'the template refuses the messages before it on their own' }
    }
    if (!text.startsWith(prompt)) {
      return {
        end: body,
        doubt: 'the template writes the messages before it otherwise when the answer is asked for',
      }
    }
    const rest = isLast ? '' : upTo.slice(end)
    if ((rest !== '' && rest !== closing) || body <= prompt.length) {
      return { end: body, doubt: 'the template writes it otherwise once later messages follow' }
    }
    return { end: body, answer: [prompt.length, body] }
  })
}

/** What the template writes behind a conversation that does not go on. */
function closingOf(
  tokenizer: Tokenizer,
  write: Write,
  text: string,
  messages: readonly TemplateMessage[],
): string {
  const goingOn = attempt(() => write(messages, { addGenerationPrompt: true }).text)
  return goingOn === undefined ? '' : text.slice(commonEnd(tokenizer, text, goingOn))
}

/** Templates refuse parts of conversations, such as a system message alone. */
function attempt(render: () => string): string | undefined {
  try {
    return render()
  } catch (error) {
    if (error instanceof YuksuError && error.code === 'invalid-prompt') return undefined
    throw error
  }
}

/**
 * How far two texts are the same, in whole tokens where neither is all of the other: what `<|end|>` and `<|user|>` have in common is no end of
 * anything.
 */
function commonEnd(tokenizer: Tokenizer, first: string, second: string): number {
  let end = 0
  while (end < first.length && first[end] === second[end]) end++
  if (end === first.length || end === second.length) return end
  const [one, other] = [tokenizer.encode(first), tokenizer.encode(second)]
  const isWhole = (place: number) => {
    const ids = tokenizer.encode(first.slice(0, place))
    return ids.every((id, index) => one[index] === id && other[index] === id)
  }
  while (end > 0 && !isWhole(end)) end--
  return end
}

/** What is learned of one message; in a template's own marks there may be several. */
interface Answer {
  readonly message: number
  readonly span: Span
}

function markedAnswers(spans: readonly Span[], turns: readonly Turn[], learned: readonly number[]): Answer[] {
  return spans.flatMap((span) => {
    const message = turns.findIndex(({ end }) => span[0] < end)
    return learned.includes(message) ? [{ message, span }] : []
  })
}

function answerOf({ answer, doubt }: Turn, message: number, messages: readonly TemplateMessage[]): Answer {
  if (answer !== undefined) return { message, span: answer }
  const isLast = message === messages.findLastIndex(isAnswer)
  const advice = isLast
    ? 'mark it in the template with {% generation %} and {% endgeneration %}'
    : "learn the last answer alone (targets: 'last'), give the conversation as one row for each answer, or mark answers in the template with {% generation %} and {% endgeneration %}"
  throw new YuksuError(
    'chat-turns',
    `where the answer in message ${message + 1} of ${messages.length} begins and ends cannot be told: ${doubt}; ${advice}`,
  )
}

interface PlacedAnswers {
  readonly ids: readonly number[]
  /** For each answer its first token and the one behind its last. */
  readonly answers: readonly Span[]
  /** For each message the number of tokens before the end of its turn. */
  readonly ends: readonly number[]
}

/** Encodes the text so that no token reaches over the beginning or end of an answer. */
function placeAnswers(
  tokenizer: Tokenizer,
  { text, cuts }: Written,
  answers: readonly Answer[],
  turns: readonly Turn[],
): PlacedAnswers {
  const borders = answers.flatMap(({ span }) => span)
  const places = [...borders, ...turns.map(({ end }) => end)]
  let placed = encodePieces(tokenizer, text, places, cuts)
  const crossed = borders.filter((_, index) => placed.indices[index] === undefined)
  const allCuts = [...cuts, ...crossed]
  if (crossed.length > 0) placed = encodePieces(tokenizer, text, places, allCuts)
  if (allCuts.length > 0) checkSame(tokenizer, placed.ids, text)
  const index = (place: number) => placed.indices[place]!
  let before = 0
  return {
    ids: placed.ids,
    answers: answers.map((_, answer) => [index(2 * answer), index(2 * answer + 1)]),
    ends: turns.map((_, turn) => (before = index(borders.length + turn) ?? before)),
  }
}

/** Cutting must not change what the tokens say: a tokenizer that begins every text with a space would put one into the middle. */
function checkSame(tokenizer: Tokenizer, ids: readonly number[], text: string): void {
  const read = (tokens: readonly number[]) => tokenizer.decode(tokens, { skipSpecialTokens: false })
  if (read(ids) === read(encodePieces(tokenizer, text, []).ids)) return
  throw new YuksuError(
    'chat-boundary',
    'a token of this tokenizer reaches over the beginning or end of an answer, or a message spells a special token, and the text cannot be cut there without changing it; change the template or the message',
  )
}

function asTokens(
  tokenizer: Tokenizer,
  text: string,
  messages: readonly TemplateMessage[],
  answers: readonly Answer[],
  placed: PlacedAnswers,
): RenderedConversation {
  const { ends } = placed
  const isEnd = new Set(tokenizer.specialTokens.all)
  const ids = [...placed.ids]
  const targets = new Uint8Array(ids.length + 1)
  let endTokenAdded = false
  answers.forEach(({ message }, index) => {
    const [start, end] = placed.answers[index]!
    const isLastOfTurn = answers[index + 1]?.message !== message
    let learnedEnd = isLastOfTurn ? turnEnd(tokenizer, ids, isEnd, start, end, ends[message]!) : end
    if (learnedEnd === undefined) {
      learnedEnd = end
      if (message === messages.length - 1) {
        ids.push(endToken(tokenizer))
        // What is between is white space, which the model would have to write before it ends.
        learnedEnd = ids.length
        endTokenAdded = true
      }
    }
    targets.fill(1, start, learnedEnd)
  })
  const owners = new Int32Array(ids.length).fill(messages.length - 1)
  let from = 0
  ends.forEach((end, message) => {
    if (message < messages.length - 1) owners.fill(message, from, end)
    from = end
  })
  return {
    text,
    ids: Int32Array.from(ids),
    messages: owners,
    targets: targets.slice(0, ids.length),
    roles: messages.map(({ role }) => role),
    endTokenAdded,
  }
}

/**
 * The place behind the token that ends the turn of an answer: the first special one among the special ones and white space with which it ends,
 * or which stands right behind what the template marks. Undefined where there is none.
 */
function turnEnd(
  tokenizer: Tokenizer,
  ids: readonly number[],
  special: ReadonlySet<number>,
  start: number,
  end: number,
  limit: number,
): number | undefined {
  const isBlank = (id: number) => tokenizer.decode([id], { skipSpecialTokens: false }).trim() === ''
  let tail = end
  while (tail > start && (special.has(ids[tail - 1]!) || isBlank(ids[tail - 1]!))) tail--
  for (let index = tail; index < end; index++) if (special.has(ids[index]!)) return index + 1
  return end < limit && special.has(ids[end]!) ? end + 1 : undefined
}
