import { readFileSync } from 'node:fs'
import { parseDocument } from 'yaml'
import { YuksuError } from '../errors.ts'
import { applyOverrides } from './overrides.ts'
import type { Recipe } from './schema.ts'
import { refuseUnknownOverrides, validateRecipe } from './validate.ts'

const unreadable: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist; check the path',
  EISDIR: 'is a folder; name the YAML file inside',
  EACCES: 'may not be read by this user; check its permissions',
  ERR_ENCODING_INVALID_ENCODED_DATA: 'is not UTF-8 text; save it as UTF-8',
}

/**
 * Reads a YAML recipe, applies `key=value` overrides and checks the result. Paths inside stay relative to the
 * current folder.
 *
 * @param overrides such as `train.learningRate=2e-5`; the value is YAML, so `data.train=[a.jsonl, b.jsonl]` is a list
 *   and `train.minutes=null` takes the key away.
 * @throws YuksuError one line with line and column, or with the path of the key, what was given and what is expected.
 */
export function loadRecipe(path: string, overrides: readonly string[] = []): Recipe {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path))
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new YuksuError(
      'recipe-unreadable',
      `recipe ${path} ${unreadable[code ?? ''] ?? `cannot be read (${code})`}`,
      {
        cause,
      },
    )
  }
  return parseRecipe(text, path, overrides)
}

/** Like `loadRecipe` for YAML that is already in memory; `name` stands for the file in messages. */
export function parseRecipe(text: string, name: string, overrides: readonly string[] = []): Recipe {
  const document = parseDocument(text, { uniqueKeys: true, prettyErrors: true })
  const problem = document.errors[0] ?? document.warnings[0]
  if (problem) {
    const position = problem.linePos?.[0]
    const place = position ? `:${position.line}:${position.col}` : ''
    const reason = problem.message.split(/ at line \d+|\n/)[0]!.replace(/[.:]$/, '')
    throw new YuksuError(
      'recipe-syntax',
      `${name}${place}: ${reason}; a recipe is YAML with every key once`,
      {
        cause: problem,
      },
    )
  }
  let content: unknown
  try {
    content = document.toJS({ maxAliasCount: 100 })
  } catch (cause) {
    throw new YuksuError('recipe-syntax', `${name}: ${(cause as Error).message}; write the values out`, {
      cause,
    })
  }
  const overridden = applyOverrides(content ?? {}, overrides)
  refuseUnknownOverrides(overrides, name)
  return validateRecipe(overridden, name)
}
