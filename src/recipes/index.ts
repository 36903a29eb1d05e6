/** Recipes: one checked description of a whole training. */
export {
  generateFile,
  type GenerateFileRequest,
  type GenerateFileResult,
  type Summarizer,
} from './generate-file.ts'
export { loadRecipe, parseRecipe } from './load-recipe.ts'
export { type Recipe, type RecipeInput, recipeSchema } from './schema.ts'
export { defineRecipe, validateRecipe } from './validate.ts'
