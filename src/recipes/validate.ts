import { YuksuError } from '../errors.ts'
import { describeIssues, unknownPath } from '../settings/describe-issues.ts'
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
  const messages = describeIssues(result.error, content, recipeFields())
  throw new YuksuError('recipe-invalid', `${name}: ${messages.join('; ')}`)
}

/** Throws where an override names a key that no recipe has, which taking a key away would otherwise pass over. */
export function refuseUnknownOverrides(overrides: readonly string[], name: string): void {
  for (const override of overrides) {
    const path = override.slice(0, override.indexOf('=')).trim()
    const fault = unknownPath(path, recipeFields())
    if (fault !== undefined) throw new YuksuError('recipe-invalid', `${name}: ${fault}`)
  }
}

/** A recipe written in TypeScript, checked and with every default filled in. */
export function defineRecipe(recipe: RecipeInput): Recipe {
  return validateRecipe(recipe)
}
