import { readFile } from 'node:fs/promises'
import { readError } from '../formats/read-error.ts'
import { sentencePieceConfig, sentencePieceJson, type SentencePieceOptions } from './sentencepiece-json.ts'
import { readSentencePieceModel } from './sentencepiece-model.ts'
import { tiktokenEncodings, type TiktokenEncoding, tiktokenJson } from './tiktoken.ts'
import { createTokenizer, type Tokenizer } from './tokenizer.ts'
import { tokenizerConfig } from './tokenizer-json.ts'

/**
 * Opens a SentencePiece `.model` file (unigram or bpe); `save` then writes it as `tokenizer.json`.
 *
 * @throws YuksuError `missing-file`, `cannot-read`, `invalid-tokenizer` where it is no such file, `unsupported-tokenizer`.
 */
export async function importSentencePiece(
  path: string,
  options: SentencePieceOptions = {},
): Promise<Tokenizer> {
  const model = readSentencePieceModel(await read(path))
  return createTokenizer(sentencePieceJson(model, options), sentencePieceConfig(model))
}

/**
 * Opens a file of tiktoken, such as `cl100k_base.tiktoken`: by the name of a published encoding, or by its pattern and special tokens. `<|endoftext|>`
 * ends texts where there is one.
 *
 * @throws YuksuError `missing-file`, `cannot-read`, `invalid-tokenizer` where it is no such file.
 */
export async function importTiktoken(
  path: string,
  encoding: keyof typeof tiktokenEncodings | TiktokenEncoding,
): Promise<Tokenizer> {
  const settled: TiktokenEncoding = typeof encoding === 'string' ? tiktokenEncodings[encoding] : encoding
  const specialTokens = Object.keys(settled.specialTokens)
  const roles = specialTokens.includes('<|endoftext|>') ? { eos: '<|endoftext|>' } : {}
  const json = tiktokenJson((await read(path)).toString('utf8'), settled)
  return createTokenizer(json, tokenizerConfig({ roles, specialTokens }))
}

async function read(path: string): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (cause) {
    throw readError(path, cause)
  }
}
