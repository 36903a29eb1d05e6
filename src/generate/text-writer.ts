import type { EngineOptions } from './program-runner.ts'
import { YuksuError } from '../errors.ts'
import { resolveModelFolder } from '../formats/hub/resolve-model-folder.ts'
import { openModel } from '../models/model.ts'
import { loadTokenizer } from '../tokenizers/load-tokenizer.ts'
import { readText, silentTokens, withoutLeadingSpace } from '../tokenizers/render.ts'
import { type ChatMessage, readChatTemplate } from './chat-template.ts'
import { createEngineModel } from './engine-model.ts'
import { generate } from './generate.ts'
import { readModelDefaults } from './model-defaults.ts'
import { type GenerationOptions, mergeGenerationOptions } from './options.ts'
import { promptTokens, sourceTokens } from './prompt-tokens.ts'
import { StopFilter } from './stop-filter.ts'

/** One answer that is asked for; plain data, so that it can be sent to another thread. */
export interface WriteRequest {
  readonly messages: readonly ChatMessage[]
  /** Over the model's own defaults. */
  readonly options: GenerationOptions
  readonly stopSequences: readonly string[]
}

export interface WrittenAnswer {
  readonly text: string
  readonly inputTokens: number
  /** Tokens that the model wrote, its end token and those of a stop sequence included. */
  readonly outputTokens: number
  readonly finishReason: 'stop' | 'stop-sequence' | 'length'
}

export interface AnswerHooks {
  readonly signal?: AbortSignal | undefined
  /** Pieces of the answer, together its text. Whole characters; with beams words, after the search has ended. */
  readonly onText?: ((piece: string) => void) | undefined
}

/** What a caller must know of a model to ask it. */
export interface WriterDescription {
  readonly kind: 'encoder-decoder' | 'decoder'
  /** Whether it draws tokens at random where a call says nothing. */
  readonly samples: boolean
}

/** A model that answers conversations, one at a time, in this thread or in another. */
export interface TextWriter {
  readonly description: WriterDescription
  /** Throws the signal's reason when it is aborted, between two tokens. */
  write(request: WriteRequest, hooks?: AnswerHooks): Promise<WrittenAnswer>
  /** Ends what is being written, with `model-closed`, and frees the model. */
  close(): Promise<void>
}

/** Opens a model folder, or a model by its name on the hub, in this thread. Every token blocks it; `openWorkerWriter` keeps it free. */
export async function openTextWriter(nameOrFolder: string, session: EngineOptions = {}): Promise<TextWriter> {
  const folder = await resolveModelFolder(nameOrFolder)
  // First, so that a folder that holds no model is said to be one.
  const model = await openModel(folder)
  const [tokenizer, template] = await Promise.all([loadTokenizer(folder), readChatTemplate(folder)])
  const defaults = readModelDefaults(folder, model)
  // Nobody else has the model, so nobody can change it.
  const engine = createEngineModel(model, { ...session, fixedWeights: true })
  const silent = silentTokens(tokenizer)
  const limit = model.configuration.maxPositions
  const closed = new AbortController()
  let last: Promise<unknown> = Promise.resolve()

  const settled = (options: GenerationOptions) => ({
    ...mergeGenerationOptions(defaults, options),
    numReturnSequences: 1,
  })

  async function write(
    { messages, options, stopSequences }: WriteRequest,
    { signal, onText }: AnswerHooks,
  ): Promise<WrittenAnswer> {
    signal?.throwIfAborted()
    closed.signal.throwIfAborted()
    const inputIds = engine.isEncoderDecoder
      ? sourceTokens(tokenizer, messages)
      : promptTokens(tokenizer, messages, template)
    const prompt = engine.isEncoderDecoder ? 1 : inputIds.length
    const merged = roomFor(prompt, limit, settled(options))
    const filter = new StopFilter(stopSequences)
    const stopped = new AbortController()
    let text = ''
    const emit = (piece: string) => {
      text += piece
      if (piece !== '') onText?.(piece)
    }
    let outputTokens = 0
    const stream = tokenizer.decodeStream({ skipSpecialTokens: false })
    const begin = engine.isEncoderDecoder ? withoutLeadingSpace() : (piece: string) => piece
    const onToken = (_: number, token: number) => {
      outputTokens += 1
      if (silent.has(token)) return
      emit(filter.push(begin(stream.push(token))))
      if (filter.stopped) stopped.abort()
    }
    const beams = (merged.numBeams ?? 1) > 1
    try {
      const signals = [closed.signal, stopped.signal, ...(signal ? [signal] : [])]
      const [sequence] = await generate(engine, { inputIds: [inputIds] }, merged, {
        signal: AbortSignal.any(signals),
        ...(!beams && { onToken }),
      })
      if (beams) {
        outputTokens = sequence!.tokens.length
        // Beams know their words at the end; they are still given out piece by piece.
        for (const word of begin(readText(tokenizer, sequence!.tokens)).match(/\s*\S+|\s+$/g) ?? [])
          emit(filter.push(word))
      } else emit(filter.push(begin(stream.flush())))
      if (!filter.stopped) emit(filter.flush())
      const finishReason = filter.stopped ? 'stop-sequence' : sequence!.finishReason
      return { text, inputTokens: inputIds.length, outputTokens, finishReason }
    } catch (error) {
      if (!stopped.signal.aborted || signal?.aborted || closed.signal.aborted) throw error
      return { text, inputTokens: inputIds.length, outputTokens, finishReason: 'stop-sequence' }
    }
  }

  return {
    description: {
      kind: engine.isEncoderDecoder ? 'encoder-decoder' : 'decoder',
      samples: defaults.doSample ?? false,
    },
    write(request, hooks = {}) {
      const answer = last.then(() => write(request, hooks))
      last = answer.catch(() => {})
      return answer
    },
    async close() {
      closed.abort(modelClosed())
      await last
      await engine.release()
    },
  }
}

export function modelClosed(): YuksuError {
  return new YuksuError('model-closed', 'the model is closed; open it again to ask it')
}

/** The most tokens that may be written is a limit, not a wish: it gives way to the room that the model has. */
function roomFor(prompt: number, limit: number, options: GenerationOptions): GenerationOptions {
  // The last token is written but never read, so it needs no position.
  const room = limit + 1 - prompt
  // A prompt without room is refused by `generate`, with what is wrong.
  if (room < 1 || options.maxNewTokens === undefined || options.maxNewTokens <= room) return options
  const { minNewTokens, ...rest } = options
  return {
    ...rest,
    maxNewTokens: room,
    ...(minNewTokens !== undefined && { minNewTokens: Math.min(minNewTokens, room) }),
  }
}
