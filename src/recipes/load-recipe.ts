import { applyOverrides } from '../settings/overrides.ts'
import { readRecipe } from '../settings/read-recipe.ts'
import { parseYaml } from '../settings/read-yaml.ts'
import type { Recipe } from './schema.ts'
import { refuseUnknownOverrides, validateRecipe } from './validate.ts'

/**
 * Reads a YAML recipe, over the one that it extends, applies `key=value` overrides and checks the result. Paths inside stay relative to the
 * current folder.
 *
 * @param overrides such as `train.learningRate=2e-5`; the value is YAML, so `data.train=[a.jsonl, b.jsonl]` is a list
 *   and `train.minutes=null` takes the key away.
 * @throws YuksuError one line with line and column, or with the path of the key, what was given and what is expected.
 */
export function loadRecipe(path: string, overrides: readonly string[] = []): Recipe {
  return recipeOf(readRecipe(path), path, overrides)
}

/** Like `loadRecipe` for YAML that is already in memory; `name` stands for the file in messages. */
export function parseRecipe(text: string, name: string, overrides: readonly string[] = []): Recipe {
  return recipeOf(parseYaml(text, name) ?? {}, name, overrides)
}

function recipeOf(content: unknown, name: string, overrides: readonly string[]): Recipe {
  const overridden = applyOverrides(content, overrides)
  refuseUnknownOverrides(overrides, name)
  return validateRecipe(overridden, name)
}
