import { join } from 'node:path'
import { resolveModelFolder } from '../formats/hub/resolve-model-folder.ts'
import { createTokenizer, type Tokenizer } from './tokenizer.ts'
import { invalid, readTokenizerFiles } from './tokenizer-folder.ts'

/**
 * Opens the tokenizer of a model folder in the Hugging Face layout, or of a model by its name on the hub: `tokenizer.json`, and for the roles of special
 * tokens `tokenizer_config.json` and `special_tokens_map.json`.
 *
 * @throws YuksuError `missing-tokenizer` without a `tokenizer.json`, `invalid-tokenizer` where a file is not JSON or
 * asks for a part the encoder does not know.
 */
export async function loadTokenizer(nameOrFolder: string): Promise<Tokenizer> {
  const folder = await resolveModelFolder(nameOrFolder, { weights: false })
  const { json, config } = await readTokenizerFiles(folder)
  try {
    return createTokenizer(json, config)
  } catch (cause) {
    throw invalid(
      join(folder, 'tokenizer.json'),
      cause instanceof Error ? cause.message : String(cause),
      cause,
    )
  }
}
