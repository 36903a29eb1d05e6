import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { YuksuError } from '../errors.ts'
import {
  checkGenerationOptions,
  type GenerationOptions,
  generationOptionsSchema,
  mergeGenerationOptions,
} from './options.ts'

const FILE = 'generation_config.json'

/** Keys of transformers that say nothing about which tokens come out. */
const withoutEffect = new Set([
  '_from_model_config',
  '_commit_hash',
  'transformers_version',
  'use_cache',
  'cache_implementation',
  'cache_config',
  'return_dict_in_generate',
  'output_attentions',
  'output_hidden_states',
  'output_scores',
  'output_logits',
  'disable_compile',
  'low_memory',
])

/** The value at which a feature we do not have is off. */
const off: Readonly<Record<string, unknown>> = {
  num_beam_groups: 1,
  diversity_penalty: 0,
  typical_p: 1,
  epsilon_cutoff: 0,
  eta_cutoff: 0,
  encoder_repetition_penalty: 1,
  encoder_no_repeat_ngram_size: 0,
  guidance_scale: 1,
  renormalize_logits: false,
  remove_invalid_values: false,
  is_assistant: false,
}

const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
const names = new Map(Object.keys(generationOptionsSchema.shape).map((name) => [snake(name), name]))

export interface GenerationConfigFile {
  readonly options: GenerationOptions
  /** What the file says that has no effect here, a sentence each; for the caller to show. */
  readonly notes: readonly string[]
}

/**
 * Reads the options of a model folder's `generation_config.json` (`{}` when there is none). Throws `YuksuError` when the file
 * is not JSON or holds a value out of range. Settings that do nothing without sampling or beams are left out and noted, as
 * are those we do not have.
 */
export function readGenerationConfig(folder: string): GenerationConfigFile {
  const path = join(folder, FILE)
  if (!existsSync(path)) return { options: {}, notes: [] }
  let content: unknown
  try {
    content = JSON.parse(readFileSync(path, 'utf8'))
  } catch (cause) {
    throw new YuksuError('invalid-generation-config', `${path} is not JSON: correct or delete it`, { cause })
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    throw new YuksuError('invalid-generation-config', `${path} is not a JSON object: correct or delete it`)
  }
  return parseGenerationConfig(content as Record<string, unknown>, path)
}

/** The same for the file's content; `path` is for messages. */
export function parseGenerationConfig(
  content: Record<string, unknown>,
  path: string = FILE,
): GenerationConfigFile {
  const notes: string[] = []
  const found: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(content)) {
    if (value === null || withoutEffect.has(key) || off[key] === value) continue
    const name = names.get(key)
    if (name) found[name] = value
    else notes.push(`${path}: ${key} ${JSON.stringify(value)} is not supported and has no effect`)
  }
  if (found['maxNewTokens'] !== undefined && found['maxLength'] !== undefined) {
    delete found['maxLength']
    notes.push(`${path}: max_length gives way to max_new_tokens`)
  }
  const options = generationOptionsSchema.safeParse(found)
  if (!options.success) {
    const issue = options.error.issues[0]!
    throw new YuksuError(
      'invalid-generation-config',
      `${path}: ${snake(issue.path.join('.'))}: ${issue.message}`,
    )
  }
  const settled = mergeGenerationOptions(options.data, {})
  for (const name of Object.keys(options.data)) {
    if (!(name in settled)) notes.push(`${path}: ${snake(name)} has no effect without do_sample or num_beams`)
  }
  return { options: settled, notes }
}

/** Writes `generation_config.json` in transformers' names into a model folder; the seed belongs to a run, not to a model. */
export function writeGenerationConfig(folder: string, options: GenerationOptions): void {
  const entries = Object.entries(checkGenerationOptions(options))
    .filter(([name, value]) => value !== undefined && name !== 'seed')
    .map(([name, value]) => [snake(name), value] as const)
  const sorted = entries.sort(([a], [b]) => (a < b ? -1 : 1))
  writeFileSync(join(folder, FILE), `${JSON.stringify(Object.fromEntries(sorted), null, 2)}\n`)
}
