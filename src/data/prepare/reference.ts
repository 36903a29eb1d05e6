import { fieldsOf, fieldTable } from '../../settings/field-table.ts'
import { schemaFields } from '../../settings/schema-fields.ts'
import type { StepDefinition } from '../step.ts'
import { defaultSteps } from './default-steps.ts'
import { preparationSchema } from './recipe.ts'
import { stepDefinitions } from './steps.ts'

const begin = '<!-- generated from src/data/prepare: the tables below -->'
const end = '<!-- end of the generated tables -->'

/** The page `docs/preparing-data.md` with the tables of keys, steps and options as the code has them. */
export function withGeneratedTables(page: string): string {
  const [before, after] = [page.indexOf(begin), page.indexOf(end)]
  if (before < 0 || after < before) throw new Error(`the page has no lines ${begin} and ${end}`)
  return `${page.slice(0, before)}${begin}\n\n${tables(stepDefinitions).join('\n').trimEnd()}\n\n${page.slice(after)}`
}

function tables(steps: readonly StepDefinition[]): string[] {
  const fields = schemaFields(preparationSchema)
  const isDefault = new Set(defaultSteps(steps))
  return [
    '### Keys of a recipe',
    '',
    ...fieldTable(fieldsOf('', fields)),
    ...fields
      .filter(({ section }) => section)
      .flatMap(({ path, description }) => [
        `#### ${path}`,
        '',
        description,
        '',
        ...fieldTable(fieldsOf(`${path}.`, fields)),
      ]),
    '### Steps',
    '',
    '| step | looks at | without a recipe | what it does |',
    '| --- | --- | --- | --- |',
    ...steps.map(
      ({ name, kind, description }) =>
        `| [\`${name}\`](#${name}) | ${kind === 'row' ? 'each row' : 'all rows'} | ${isDefault.has(name) ? 'yes' : ''} | ${description} |`,
    ),
    '',
    ...steps.flatMap((step) => [`#### ${step.name}`, '', step.description, '', ...optionTable(step)]),
  ]
}

function optionTable({ options }: StepDefinition): string[] {
  const fields = schemaFields(options)
  if (fields.length === 0) return ['It has no options.', '']
  // Options of a section are told behind its name.
  const flat = fields.filter(({ section }) => !section).map((field) => ({ ...field, section: false }))
  return fieldTable(flat, (field) => field.path)
}
