import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { YuksuError } from '../errors.ts'
import { readError } from '../formats/read-error.ts'
import { sentencePieceConfig, sentencePieceJson } from './sentencepiece-json.ts'
import { readSentencePieceModel } from './sentencepiece-model.ts'
import type { AddedTokenJson } from './tokenizer-json.ts'

/** Names under which transformers saves a SentencePiece model. */
const modelFiles = ['tokenizer.model', 'spiece.model', 'sentencepiece.bpe.model'] as const

/** Tokenizers whose ids are the places of the pieces, as Llama's are. */
const plainClasses = new Set([
  'LlamaTokenizer',
  'LlamaTokenizerFast',
  'CodeLlamaTokenizer',
  'CodeLlamaTokenizerFast',
])
/** Models whose tokenizers are such where `tokenizer_config.json` names no class. */
const plainModels = new Set(['llama', 'mistral', 'mixtral'])

interface Folder {
  readonly folder: string
  /** `tokenizer_config.json`, completed by `special_tokens_map.json`. */
  readonly config: Readonly<Record<string, unknown>>
  /** `config.json` of the model, and `added_tokens.json`; empty where there is none. */
  readonly model: Readonly<Record<string, unknown>>
  readonly added: Readonly<Record<string, unknown>>
}

/**
 * `tokenizer.json` and its configuration for a folder that holds a SentencePiece model alone, as older Llama checkpoints do: the begin token before a
 * text and the end token after it as `add_bos_token` and `add_eos_token` say (true and false without them), and the tokens that were added.
 * Undefined where there is no such file.
 *
 * @throws YuksuError `unsupported-tokenizer` for tokenizers that number pieces in another way (T5, mBART, XLM-R, Pegasus and others), `invalid-tokenizer`.
 */
export async function readSentencePieceFolder({
  folder,
  config,
  model: modelConfig,
  added,
}: Folder): Promise<{ json: object; config: Record<string, unknown> } | undefined> {
  const found = await firstModel(folder)
  if (found === undefined) return undefined
  const { tokenizer_class: name } = config
  const isPlain =
    name === undefined ? plainModels.has(String(modelConfig.model_type)) : plainClasses.has(String(name))
  if (!isPlain) {
    const what =
      typeof name === 'string' ? name : `a model of type ${JSON.stringify(modelConfig.model_type ?? null)}`
    throw new YuksuError(
      'unsupported-tokenizer',
      `${found.path} belongs to ${what}, which may number its pieces otherwise than the file; save the tokenizer with transformers (AutoTokenizer, save_pretrained) to get a tokenizer.json`,
    )
  }
  const model = readSentencePieceModel(found.bytes)
  const json = sentencePieceJson(model, {
    addBos: config.add_bos_token !== false,
    addEos: config.add_eos_token === true,
  }) as { added_tokens: AddedTokenJson[] }
  const known = new Set(json.added_tokens.map(({ id }) => id))
  const more = addedTokens(config.added_tokens_decoder, added, model.pieces.length).filter(
    ({ id }) => !known.has(id),
  )
  const ids = new Set(more.map(({ id }) => id))
  const gap = more.find(({ id }) => id > model.pieces.length && !ids.has(id - 1))
  if (gap !== undefined) {
    throw new YuksuError(
      'invalid-tokenizer',
      `the token ${JSON.stringify(gap.content)} was added to ${found.path} as ${gap.id}, and there is none before it; save the tokenizer again`,
    )
  }
  return {
    json: {
      ...json,
      added_tokens: [...json.added_tokens, ...more].sort((first, second) => first.id - second.id),
    },
    config: { ...sentencePieceConfig(model), ...config, tokenizer_class: 'PreTrainedTokenizerFast' },
  }
}

async function firstModel(folder: string): Promise<{ path: string; bytes: Buffer } | undefined> {
  for (const name of modelFiles) {
    const path = join(folder, name)
    try {
      return { path, bytes: await readFile(path) }
    } catch (cause) {
      const error = readError(path, cause)
      if (!(error instanceof YuksuError && error.code === 'missing-file')) throw error
    }
  }
  return undefined
}

/** Tokens behind the pieces, of `added_tokens_decoder` (by id, with their settings) and of `added_tokens.json` (ids by token). */
function addedTokens(
  decoder: unknown,
  byToken: Readonly<Record<string, unknown>>,
  pieces: number,
): AddedTokenJson[] {
  const settings = (typeof decoder === 'object' && decoder !== null ? decoder : {}) as Record<
    string,
    Partial<AddedTokenJson> | undefined
  >
  const tokens = new Map<number, AddedTokenJson>()
  const add = (id: number, content: string, given: Partial<AddedTokenJson> = {}) => {
    const { single_word = false, lstrip = false, rstrip = false, normalized = false, special = true } = given
    if (id >= pieces) tokens.set(id, { id, content, single_word, lstrip, rstrip, normalized, special })
  }
  for (const [content, id] of Object.entries(byToken)) if (typeof id === 'number') add(id, content)
  for (const [id, given] of Object.entries(settings)) {
    if (typeof given?.content === 'string') add(Number(id), given.content, given)
  }
  return [...tokens.values()].sort((first, second) => first.id - second.id)
}
