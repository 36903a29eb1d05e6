import { dirname, relative, resolve } from 'node:path'
import { YuksuError } from '../errors.ts'
import { isSection } from './overrides.ts'
import { parseYaml, readRecipeText } from './read-yaml.ts'

/**
 * What a YAML recipe says, over what the recipe says that its `extends` names, by a path from its own folder: sections are joined key by key,
 * a list or another value stands in place of the one below it, and `null` takes a key away.
 *
 * @throws YuksuError `recipe-unreadable`, `recipe-syntax`, or `recipe-extends` where recipes extend each other or what is none.
 */
export function readRecipe(path: string): unknown {
  return readOver(path, [])
}

/** `above` are the recipes that extend this one, the given one first. */
function readOver(path: string, above: readonly string[]): unknown {
  const place = resolve(path)
  if (above.includes(place)) {
    const chain = [...above, place].map((one) => relative('.', one)).join(' → ')
    throw new YuksuError(
      'recipe-extends',
      `recipe ${path} extends itself (${chain}); take \`extends\` out of one`,
    )
  }
  const content = parseYaml(readRecipeText(path), path) ?? {}
  if (!isSection(content) || !Object.hasOwn(content, 'extends')) return content
  const { extends: base, ...own } = content
  if (typeof base !== 'string' || base === '') {
    throw new YuksuError(
      'recipe-extends',
      `recipe ${path}: extends is ${JSON.stringify(base)}; expected the path of another recipe, from the folder of this one`,
    )
  }
  const below = readOver(relative('.', resolve(dirname(path), base)), [...above, place])
  if (isSection(below)) return joined(below, own)
  throw new YuksuError(
    'recipe-extends',
    `recipe ${path} extends ${base}, which is no section of keys and values; name a recipe`,
  )
}

function joined(
  below: Readonly<Record<string, unknown>>,
  own: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const result = new Map(Object.entries(below))
  for (const [key, value] of Object.entries(own)) {
    const under = result.get(key)
    if (value === null) result.delete(key)
    else result.set(key, isSection(value) ? joined(isSection(under) ? under : {}, value) : value)
  }
  return Object.fromEntries(result)
}
