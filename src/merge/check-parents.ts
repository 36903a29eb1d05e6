import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Checkpoint } from '../export/checkpoint.ts'
import { mergeError } from './merge-tensors.ts'

/** Settings that may differ: they say which token is which, how training goes or how weights are stored, not what a weight means. */
const ownMatters =
  /(_token_id|dropout|pdrop|initializer_(range|factor)|init_std|dtype|_init_scheme|use_cache|architectures|time_step_(min|max|floor|scale))$/

/**
 * Throws YuksuError where models cannot be merged number by number: of other families, sizes or settings, or with other words under the same
 * ids. The first is what the others are compared with.
 */
export async function checkParents([first, ...others]: readonly Checkpoint[]): Promise<void> {
  const words = await readWords(first!.folder)
  for (const other of others) {
    checkSettings(first!, other)
    const own = await readWords(other.folder)
    if (words !== undefined && own !== undefined && words !== own) {
      throw mergeError(
        `${first!.folder} and ${other.folder} have other words under the same ids in their tokenizer.json; merge models of one vocabulary`,
      )
    }
  }
}

function checkSettings(first: Checkpoint, other: Checkpoint): void {
  const keys = new Set([...Object.keys(first.settings), ...Object.keys(other.settings)])
  for (const key of keys) {
    if (ownMatters.test(key)) continue
    const [left, right] = [first, other].map(({ settings }) => JSON.stringify(settings[key]))
    if (left === right) continue
    throw mergeError(
      `${first.folder} and ${other.folder} are not alike: '${key}' of config.json is ${left} and ${right}; merge models that one was trained from, or both from a third`,
    )
  }
}

/** The vocabulary of a folder's tokenizer as text to compare; undefined where it has none. */
async function readWords(folder: string): Promise<string | undefined> {
  let text: string
  try {
    text = await readFile(join(folder, 'tokenizer.json'), 'utf8')
  } catch {
    return undefined
  }
  try {
    return JSON.stringify((JSON.parse(text) as { model?: { vocab?: unknown } }).model?.vocab)
  } catch {
    throw mergeError(`${folder}: tokenizer.json is not valid JSON; fetch or save it again`)
  }
}
