import { fieldsOf, fieldTable } from '../settings/field-table.ts'
import { recipeFields } from './fields.ts'

/** The page `docs/recipes.md`: every section and field of a recipe with its meaning, its values and its default. */
export function recipeReference(): string {
  const fields = recipeFields()
  const sections = fields.filter((field) => field.section)
  return [
    '# Recipes',
    '',
    'This page is generated from `src/recipes/schema.ts`; edit the descriptions there.',
    '',
    'A recipe is a YAML file, or an object given to `defineRecipe()`. `yuksu run RECIPE` runs or resumes it, and any',
    "value can be set on the command line: `yuksu run RECIPE train.learningRate=2e-5 'data.train=[a.jsonl, b.csv]'`.",
    '`key=null` takes a key away. Paths are relative to the current folder. An unknown key is an error.',
    '',
    'A file may begin from another: `extends: other.yaml`, a path from its own folder. Its sections are joined with those of the',
    'other key by key; a list or another value stands in place of the one there, and `null` takes a key away.',
    '',
    ...fieldTable(fieldsOf('', fields)),
    ...sections.flatMap((section) => [
      `## ${section.path}`,
      '',
      section.required ? section.description : `${section.description} May be left out.`,
      '',
      ...fieldTable(fieldsOf(`${section.path}.`, fields)),
    ]),
  ]
    .join('\n')
    .trimEnd()
    .concat('\n')
}
