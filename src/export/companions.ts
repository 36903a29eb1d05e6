import { copyFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { writeFileAtomic } from '../formats/atomic-file.ts'
import { configurationText } from '../models/configuration-text.ts'
import type { Checkpoint } from './checkpoint.ts'

/** Files of a model folder that stand beside its weights: the tokenizer in all its forms, the chat template, the settings of decoding. */
const companions = new Set([
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
  'chat_template.jinja',
  'generation_config.json',
])

/** Copies what stands beside the weights into another folder. */
export async function copyCompanions(from: string, to: string): Promise<void> {
  for (const name of await readdir(from))
    if (companions.has(name)) await copyFile(join(from, name), join(to, name))
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
