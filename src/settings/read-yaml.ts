import { readFileSync } from 'node:fs'
import { parseDocument } from 'yaml'
import { YuksuError } from '../errors.ts'

const unreadable: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist; check the path',
  EISDIR: 'is a folder; name the YAML file inside',
  EACCES: 'may not be read by this user; check its permissions',
  ERR_ENCODING_INVALID_ENCODED_DATA: 'is not UTF-8 text; save it as UTF-8',
}

/** The text of a YAML recipe. Throws `recipe-unreadable`. */
export function readRecipeText(path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path))
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new YuksuError(
      'recipe-unreadable',
      `recipe ${path} ${unreadable[code ?? ''] ?? `cannot be read (${code})`}`,
      { cause },
    )
  }
}

/**
 * What a YAML recipe holds, every key once and aliases few; undefined where it is empty.
 *
 * @param name stands for the file in messages.
 * @throws YuksuError `recipe-syntax`, one line with line and column.
 */
export function parseYaml(text: string, name: string): unknown {
  const document = parseDocument(text, { uniqueKeys: true, prettyErrors: true })
  const problem = document.errors[0] ?? document.warnings[0]
  if (problem) {
    const position = problem.linePos?.[0]
    const place = position ? `:${position.line}:${position.col}` : ''
    const reason = problem.message.split(/ at line \d+|\n/)[0]!.replace(/[.:]$/, '')
    throw new YuksuError(
      'recipe-syntax',
      `${name}${place}: ${reason}; a recipe is YAML with every key once`,
      { cause: problem },
    )
  }
  try {
    return (document.toJS({ maxAliasCount: 100 }) ?? undefined) as unknown
  } catch (cause) {
    throw new YuksuError('recipe-syntax', `${name}: ${(cause as Error).message}; write the values out`, {
      cause,
    })
  }
}
