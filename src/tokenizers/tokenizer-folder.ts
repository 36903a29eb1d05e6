import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { YuksuError } from '../errors.ts'
import { writeFileAtomic } from '../formats/atomic-file.ts'
import { readError } from '../formats/read-error.ts'
import { writeError } from '../formats/write-error.ts'
import { readSentencePieceFolder } from './sentencepiece-folder.ts'

export interface TokenizerFiles {
  readonly json: object
  /** `tokenizer_config.json`, completed by `special_tokens_map.json`. */
  readonly config: Readonly<Record<string, unknown>>
}

/**
 * Reads the tokenizer files of a model folder. Only `tokenizer.json` has to exist, or in its place the SentencePiece model of a Llama
 * (`readSentencePieceFolder`).
 *
 * @throws YuksuError `missing-tokenizer`, `invalid-tokenizer`, `unsupported-tokenizer`, `cannot-read`.
 */
export async function readTokenizerFiles(folder: string): Promise<TokenizerFiles> {
  const special = (await readJson(join(folder, 'special_tokens_map.json'))) ?? {}
  const config = { ...special, ...(await readJson(join(folder, 'tokenizer_config.json'))) }
  const json = await readJson(join(folder, 'tokenizer.json'))
  if (json === undefined) {
    const pieces = await readSentencePieceFolder({
      folder,
      config,
      model: { ...(await readJson(join(folder, 'config.json'))) },
      added: { ...(await readJson(join(folder, 'added_tokens.json'))) },
    })
    if (pieces !== undefined) return pieces
    throw new YuksuError(
      'missing-tokenizer',
      `${folder} holds no tokenizer.json; give a folder made by \`yuksu tokenizer train\` or by transformers' save_pretrained.`,
    )
  }
  for (const part of ['model', 'added_tokens']) {
    if (!(part in json)) throw invalid(join(folder, 'tokenizer.json'), `it has no "${part}"`)
  }
  return { json, config }
}

/** Writes the three files, each whole or not at all. */
export async function saveTokenizerFiles(
  folder: string,
  json: object,
  config: Readonly<Record<string, unknown>>,
): Promise<void> {
  const special = Object.fromEntries(
    Object.entries(config).filter(
      ([key]) => /^(\w+_token|additional_special_tokens)$/.test(key) && !key.startsWith('add_'),
    ),
  )
  try {
    await mkdir(folder, { recursive: true })
  } catch (error) {
    throw writeError(folder, error)
  }
  await writeJson(join(folder, 'tokenizer.json'), json)
  await writeJson(join(folder, 'tokenizer_config.json'), config)
  await writeJson(join(folder, 'special_tokens_map.json'), special)
}

/** One line of the person's language for a tokenizer file that cannot be used. */
export function invalid(path: string, reason: string, cause?: unknown): YuksuError {
  const text = reason.replace(/\s+/g, ' ').slice(0, 200)
  return new YuksuError(
    'invalid-tokenizer',
    `${path} is not a usable tokenizer file: ${text}; save it again.`,
    { cause },
  )
}

async function readJson(path: string): Promise<object | undefined> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    const error = readError(path, cause)
    if (error instanceof YuksuError && error.code === 'missing-file') return undefined
    throw error
  }
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  } catch (cause) {
    throw invalid(path, cause instanceof Error ? cause.message : String(cause), cause)
  }
  throw invalid(path, 'it is not a JSON object')
}

async function writeJson(path: string, value: object): Promise<void> {
  await writeFileAtomic(path, `${JSON.stringify(value, undefined, 2)}\n`)
}
