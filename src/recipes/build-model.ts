import { familyOfType } from '../models/families.ts'
import { Model, openModel, readConfiguration } from '../models/model.ts'
import { endToken } from '../tokenizers/render.ts'
import type { Tokenizer } from '../tokenizers/tokenizer.ts'
import type { Recipe } from './schema.ts'

/** The model a recipe starts from: a folder's, or a new one of its sizes, drawn from its seed. */
export async function buildModel(recipe: Recipe, tokenizer: Tokenizer): Promise<Model> {
  const { from, dropout } = recipe.model
  if (from !== undefined) return (await openModel(from)).withDropout(dropout)
  return (await describeModel(recipe, tokenizer)).initialize(recipe.seed)
}

/** The same model without its values, which take memory only when they are asked for. */
export async function describeModel(recipe: Recipe, tokenizer: Tokenizer): Promise<Model> {
  const { from, family: modelType = 'mbart', ...sizes } = recipe.model
  if (from !== undefined) {
    const json = await readConfiguration(from)
    const family = familyOfType(json.model_type, from)
    return new Model(family, family.parseConfiguration(json)).withDropout(sizes.dropout)
  }
  const family = familyOfType(modelType, 'the recipe')
  const end = endToken(tokenizer)
  const { bos: begin = end, pad: padding = end } = tokenizer.specialTokens
  const vocabulary = { size: tokenizer.vocabularySize, begin, end, padding }
  return new Model(family, family.configure(modelType, sizes, vocabulary))
}
