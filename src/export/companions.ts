import { copyFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { writeFileAtomic } from '../formats/atomic-file.ts'
import { configurationText } from '../models/configuration-text.ts'
import type { Checkpoint } from './checkpoint.ts'

/** The tokenizer in all its forms. */
const tokenizerFiles = new Set([
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
  'vocab.json',
  'vocab.txt',
  'merges.txt',
  'tokenizer.model',
  'spiece.model',
  'sentencepiece.bpe.model',
])

/** What else stands beside the weights of a model folder. */
const otherCompanions = new Set(['chat_template.jinja', 'generation_config.json'])

/** Copies what stands beside the weights into another folder: tokenizer, chat template, settings of decoding. */
export async function copyCompanions(
  from: string,
  to: string,
  { tokenizer = true }: { readonly tokenizer?: boolean } = {},
): Promise<void> {
  for (const name of await readdir(from))
    if (otherCompanions.has(name) || (tokenizer && tokenizerFiles.has(name)))
      await copyFile(join(from, name), join(to, name))
}

/** Writes `config.json`: what the model's own says, with every default filled in and the type of the weights as it now is. */
export async function writeConfiguration(
  { json, settings }: Checkpoint,
  folder: string,
  more: Readonly<Record<string, unknown>>,
): Promise<void> {
  // The weights are written as the numbers they stand for, whatever they were stored as.
  const { quantization_config: _, dtype: _dtype, ...rest } = json
  const configuration = { ...rest, ...settings, ...more }
  await writeFileAtomic(join(folder, 'config.json'), configurationText(configuration))
}
