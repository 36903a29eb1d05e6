import { normalizeText } from '../data/normalize-text.ts'
import type { EngineOptions } from './program-runner.ts'
import { resolveModelFolder } from '../formats/hub/resolve-model-folder.ts'
import { openModel, type Model } from '../models/model.ts'
import { loadTokenizer } from '../tokenizers/load-tokenizer.ts'
import {
  readText,
  renderPrompt,
  renderSource,
  silentTokens,
  withoutLeadingSpace,
} from '../tokenizers/render.ts'
import type { Tokenizer } from '../tokenizers/tokenizer.ts'
import { createEngineModel } from './engine-model.ts'
import { generate } from './generate.ts'
import { readModelDefaults } from './model-defaults.ts'
import { mergeGenerationOptions, type GenerationOptions } from './options.ts'
import { checkTokens } from './token-rows.ts'

export interface WrittenText {
  readonly text: string
  /** Tokens the model read, and those it wrote, its end token included. */
  readonly inputTokens: number
  readonly outputTokens: number
  readonly finishReason: 'stop' | 'length'
}

export interface WriteHooks {
  readonly signal?: AbortSignal
  /** Pieces of each text as they are written; whole characters only. Not with beams. */
  readonly onText?: (row: number, piece: string) => void
}

/** A model with its tokenizer and its own generation settings: text in, text out. */
export interface TextModel {
  readonly model: Model
  readonly tokenizer: Tokenizer
  /** The settings that hold where a call gives none. */
  readonly defaults: GenerationOptions
  /** Throws a YuksuError where the text is longer than the model reads. */
  check(text: string): void
  /** Writes one text for each given one, or for its tokens where they have been made already, together as a batch. */
  write(
    texts: readonly (string | readonly number[])[],
    options?: GenerationOptions,
    hooks?: WriteHooks,
  ): Promise<WrittenText[]>
  release(): Promise<void>
}

export function createTextModel(
  model: Model,
  tokenizer: Tokenizer,
  defaults: GenerationOptions,
  options: EngineOptions = {},
): TextModel {
  const engine = createEngineModel(model, options)
  const silent = silentTokens(tokenizer)
  const render = engine.isEncoderDecoder ? renderSource : renderPrompt
  const beginning = () => (engine.isEncoderDecoder ? withoutLeadingSpace() : (piece: string) => piece)
  const read = (text: string | readonly number[]) =>
    typeof text === 'string' ? render(tokenizer, normalizeText(text)) : [...text]
  return {
    model,
    tokenizer,
    defaults,
    check: (text) => checkTokens([read(text)], model),
    async write(texts, options = {}, { signal, onText } = {}) {
      const inputIds = texts.map(read)
      const streams = texts.map(() => tokenizer.decodeStream({ skipSpecialTokens: false }))
      const begin = texts.map(beginning)
      const sequences = await generate(engine, { inputIds }, mergeGenerationOptions(defaults, options), {
        ...(signal && { signal }),
        ...(onText && {
          onToken: (row: number, token: number) => {
            const piece = silent.has(token) ? '' : begin[row]!(streams[row]!.push(token))
            if (piece !== '') onText(row, piece)
          },
        }),
      })
      if (onText) {
        streams.forEach((stream, row) => {
          const rest = begin[row]!(stream.flush())
          if (rest !== '') onText(row, rest)
        })
      }
      return sequences.map(({ tokens, finishReason, example }) => ({
        text: beginning()(readText(tokenizer, tokens)),
        inputTokens: inputIds[example]!.length,
        outputTokens: tokens.length,
        finishReason,
      }))
    },
    release: () => engine.release(),
  }
}

/** Opens a model folder, or a model by its name on the hub, with its tokenizer and `generation_config.json`. */
export async function openTextModel(nameOrFolder: string, options: EngineOptions = {}): Promise<TextModel> {
  const folder = await resolveModelFolder(nameOrFolder)
  // First, so that a folder that holds no model is said to be one.
  const model = await openModel(folder)
  const tokenizer = await loadTokenizer(folder)
  return createTextModel(model, tokenizer, readModelDefaults(folder, model), options)
}
