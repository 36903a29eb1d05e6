import { parseDocument } from 'yaml'
import { YuksuError } from '../errors.ts'

type Section = Record<string, unknown>

/** Whether a value of a recipe has keys of its own. */
export const isSection = (value: unknown): value is Section =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * A copy of `content` with each `path.to.key=value` set, in order. Values are YAML; `null` takes the key away.
 *
 * @throws YuksuError for a part without `=`, a value that is not YAML, or a path through something that is no section.
 */
export function applyOverrides(content: unknown, overrides: readonly string[]): unknown {
  if (!isSection(content)) return content
  const result = structuredClone(content)
  for (const override of overrides) {
    const split = override.indexOf('=')
    const path = override.slice(0, split).trim()
    if (split < 1 || path.split('.').includes(''))
      throw new YuksuError(
        'recipe-override',
        `override ${quote(override)} is not key=value; write for example train.learningRate=2e-5`,
      )
    assign(result, path, parseValue(override, override.slice(split + 1)))
  }
  return result
}

function parseValue(override: string, text: string): unknown {
  const document = parseDocument(text, { uniqueKeys: true })
  const problem = document.errors[0] ?? document.warnings[0]
  if (problem || (text.trim() !== '' && document.contents === null)) {
    const reason = problem
      ? problem.message.split(/ at line \d+|\n/)[0]!.replace(/[.:]$/, '')
      : 'it reads as a comment'
    throw new YuksuError(
      'recipe-override',
      `override ${quote(override)} has no valid value (${reason}); put text with signs in quotes, lists in [ ]`,
    )
  }
  return document.toJS() as unknown
}

function assign(target: Section, path: string, value: unknown): void {
  const keys = path.split('.')
  const last = keys.pop()!
  let section = target
  for (const [depth, key] of keys.entries()) {
    if (!Object.hasOwn(section, key) || section[key] === null) define(section, key, {})
    const next = section[key]
    if (!isSection(next))
      throw new YuksuError(
        'recipe-override',
        `override of ${path}: ${keys.slice(0, depth + 1).join('.')} is a value, not a section; set it as a whole`,
      )
    section = next
  }
  if (value === null) delete section[last]
  else define(section, last, value)
}

function define(section: Section, key: string, value: unknown): void {
  Object.defineProperty(section, key, { value, enumerable: true, configurable: true, writable: true })
}

function quote(text: string): string {
  return JSON.stringify(text)
}
