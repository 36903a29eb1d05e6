import type { z } from 'zod'
import { nearest } from './nearest-name.ts'
import type { SchemaField } from './schema-fields.ts'

/**
 * What is wrong with `content`, a sentence a fault: the full path, what was given and what is expected.
 *
 * @param fields those of the schema that refused it.
 * @param whole what the content is called, such as `the recipe`.
 */
export function describeIssues(
  error: z.ZodError,
  content: unknown,
  fields: readonly SchemaField[],
  whole = 'the recipe',
): string[] {
  return error.issues.flatMap((issue) => describe(issue, content, fields, whole))
}

function describe(
  issue: z.core.$ZodIssue,
  content: unknown,
  fields: readonly SchemaField[],
  whole: string,
): string[] {
  const path = issue.path.join('.')
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(path, key, fields))
  if (issue.code === 'custom') return [`${path} ${issue.message}`]
  const given = valueAt(content, issue.path)
  const field = fieldAt(issue.path, fields)
  const expected = issue.path.length === 0 ? 'keys and values' : (field?.expected ?? 'text')
  if (given === undefined) return [`${path} is missing; expected ${expected}`]
  return [`${path === '' ? whole : path} is ${show(given)}; expected ${expected}`]
}

/** Where `keys` leaves the fields that are known: what to say about it; undefined where all are known. */
export function unknownPath(path: string, fields: readonly SchemaField[]): string | undefined {
  const known = new Set(fields.map(({ path }) => path))
  const keys = path.split('.')
  const depth = keys.findIndex((_, index) => !known.has(keys.slice(0, index + 1).join('.')))
  return depth < 0 ? undefined : unknownKey(keys.slice(0, depth).join('.'), keys[depth]!, fields)
}

function unknownKey(section: string, key: string, fields: readonly SchemaField[]): string {
  const prefix = section === '' ? '' : `${section}.`
  const paths = fields.map((field) => field.path)
  const siblings = paths.filter((path) => path.startsWith(prefix) && !path.slice(prefix.length).includes('.'))
  const near = nearest(
    key,
    siblings.map((path) => path.slice(prefix.length)),
  )
  const elsewhere = paths.filter((path) => path.endsWith(`.${key}`))
  const meant = near === undefined ? elsewhere.join(' or ') : prefix + near
  const names = siblings.map((path) => path.slice(prefix.length)).join(', ')
  const mend = meant === '' ? `known here: ${names}` : `did you mean ${meant}?`
  return `unknown key ${prefix}${key}; ${mend}`
}

function fieldAt(
  path: readonly PropertyKey[],
  fields: readonly SchemaField[],
): { expected: string } | undefined {
  const names = path.filter((key) => typeof key === 'string').join('.')
  const field = fields.find((candidate) => candidate.path === names)
  return path.some((key) => typeof key === 'number') ? undefined : field
}

function valueAt(content: unknown, path: readonly PropertyKey[]): unknown {
  let value = content
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    value = (value as Record<PropertyKey, unknown>)[key]
  }
  return value
}

/** The value and its kind, short enough for one line. */
function show(value: unknown): string {
  if (value === null) return 'empty'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list'
  if (typeof value === 'object') return 'a section'
  const text = JSON.stringify(value) ?? String(value)
  const kind = typeof value === 'string' ? 'text ' : ''
  return kind + (text.length > 60 ? `${text.slice(0, 57)}…` : text)
}
