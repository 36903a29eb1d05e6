/**
 * An independent encoder to test ours against: the parts of `@huggingface/tokenizers` used here, typed: its own declarations import without file extensions, which
 * TypeScript cannot follow under `nodenext`.
 */
import * as library from '@huggingface/tokenizers'
import { splitExpression } from './split-expression.ts'
import { gpt2Pattern } from './split-patterns.ts'

export interface Encoder {
  encode(text: string, options: { add_special_tokens: boolean }): { ids: number[] }
  decode(
    ids: number[],
    options: { skip_special_tokens: boolean; clean_up_tokenization_spaces: boolean },
  ): string
  token_to_id(token: string): number | undefined
  id_to_token(id: number): string | undefined
  get_added_tokens_decoder(): Map<number, { content: string; special: boolean }>
  readonly model: { readonly vocab: readonly (string | undefined)[] }
  readonly pre_tokenizer: PreTokenizer | null
}

interface PreTokenizer {
  pre_tokenize_text(text: string): string[]
  readonly use_regex?: boolean
  pattern?: RegExp | null
  readonly tokenizers?: readonly (PreTokenizer | null)[]
}

const { Tokenizer } = library as unknown as {
  Tokenizer: new (tokenizer: object, config: object) => Encoder
}

/**
 * The library's encoder for the contents of `tokenizer.json` and `tokenizer_config.json`. Its ByteLevel step uses
 * JavaScript's `\s`, which differs from the reference in U+FEFF (a Korean CSV often begins with it) and U+0085; it is
 * given the right pattern.
 */
export function createEncoder(json: object, config: object): Encoder {
  const encoder = new Tokenizer(json, config)
  correctByteLevel(encoder.pre_tokenizer)
  return encoder
}

function correctByteLevel(step: PreTokenizer | null): void {
  if (step === null) return
  if (step.use_regex === true) step.pattern = splitExpression(gpt2Pattern)
  step.tokenizers?.forEach(correctByteLevel)
}
