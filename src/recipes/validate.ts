import type { z } from 'zod'
import { nearest } from '../data/nearest-name.ts'
import { YuksuError } from '../errors.ts'
import { recipeFields } from './fields.ts'
import { type Recipe, type RecipeInput, recipeSchema } from './schema.ts'

/**
 * Checks a recipe object and fills in every default.
 *
 * @param name stands for the file in messages.
 * @throws YuksuError one line; for each fault the full path, what was given and what is expected.
 */
export function validateRecipe(content: unknown, name = 'recipe'): Recipe {
  const result = recipeSchema.safeParse(content)
  if (result.success) return result.data
  const messages = result.error.issues.flatMap((issue) => describe(issue, content))
  throw new YuksuError('recipe-invalid', `${name}: ${messages.join('; ')}`)
}

/** Throws where an override names a key that no recipe has, which taking a key away would otherwise pass over. */
export function refuseUnknownOverrides(overrides: readonly string[], name: string): void {
  const known = new Set(recipeFields().map(({ path }) => path))
  for (const override of overrides) {
    const path = override.slice(0, override.indexOf('=')).trim()
    const keys = path.split('.')
    const depth = keys.findIndex((_, index) => !known.has(keys.slice(0, index + 1).join('.')))
    if (depth < 0) continue
    throw new YuksuError(
      'recipe-invalid',
      `${name}: ${unknownKey(keys.slice(0, depth).join('.'), keys[depth]!)}`,
    )
  }
}

/** A recipe written in TypeScript, checked and with every default filled in. */
export function defineRecipe(recipe: RecipeInput): Recipe {
  return validateRecipe(recipe)
}

function describe(issue: z.core.$ZodIssue, content: unknown): string[] {
  const path = issue.path.join('.')
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(path, key))
  if (issue.code === 'custom') return [`${path} ${issue.message}`]
  const given = valueAt(content, issue.path)
  const field = fieldAt(issue.path)
  const expected = issue.path.length === 0 ? 'keys and values' : (field?.expected ?? 'text')
  if (given === undefined) return [`${path} is missing; expected ${expected}`]
  return [`${path === '' ? 'the recipe' : path} is ${show(given)}; expected ${expected}`]
}

function unknownKey(section: string, key: string): string {
  const prefix = section === '' ? '' : `${section}.`
  const paths = recipeFields().map((field) => field.path)
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

function fieldAt(path: readonly PropertyKey[]): { expected: string } | undefined {
  const names = path.filter((key) => typeof key === 'string').join('.')
  const field = recipeFields().find((candidate) => candidate.path === names)
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
