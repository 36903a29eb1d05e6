import { type RecipeField, recipeFields } from './fields.ts'

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
    ...table(fieldsOf('', fields)),
    ...sections.flatMap((section) => [
      `## ${section.path}`,
      '',
      section.required ? section.description : `${section.description} May be left out.`,
      '',
      ...table(fieldsOf(`${section.path}.`, fields)),
    ]),
  ]
    .join('\n')
    .trimEnd()
    .concat('\n')
}

function fieldsOf(prefix: string, fields: readonly RecipeField[]): RecipeField[] {
  return fields.filter(
    (field) => field.path.startsWith(prefix) && !field.path.slice(prefix.length).includes('.'),
  )
}

function table(fields: readonly RecipeField[]): string[] {
  const rows = fields.map((field) => {
    const name = field.path.split('.').at(-1)!
    const link = field.section
      ? `[\`${name}\`](#${field.path.replaceAll('.', '').toLowerCase()})`
      : `\`${name}\``
    return `| ${link} | ${field.expected} | ${preset(field)} | ${sentence(field.description)} |`
  })
  return ['| key | value | default | meaning |', '| --- | --- | --- | --- |', ...rows, '']
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${text.endsWith('.') ? '' : '.'}`
}

function preset(field: RecipeField): string {
  if (field.required) return '**required**'
  return field.default === undefined ? '' : `\`${JSON.stringify(field.default)}\``
}
