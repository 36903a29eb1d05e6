import { type SchemaField, schemaFields } from '../settings/schema-fields.ts'
import { recipeSchema } from './schema.ts'

/** One field or section of a recipe, read from the schema. */
export type RecipeField = SchemaField

let cached: RecipeField[] | undefined

/** Every section and field of a recipe, in the order of the schema. */
export function recipeFields(): readonly RecipeField[] {
  return (cached ??= schemaFields(recipeSchema))
}
