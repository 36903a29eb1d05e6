import type { SchemaField } from './schema-fields.ts'

/** The fields right below a prefix such as `train.`. */
export function fieldsOf(prefix: string, fields: readonly SchemaField[]): SchemaField[] {
  return fields.filter(
    (field) => field.path.startsWith(prefix) && !field.path.slice(prefix.length).includes('.'),
  )
}

/** A table in Markdown of fields with their values, defaults and meanings; sections are links. */
export function fieldTable(
  fields: readonly SchemaField[],
  nameOf = (field: SchemaField) => field.path.split('.').at(-1)!,
): string[] {
  const rows = fields.map((field) => {
    const name = nameOf(field)
    const link = field.section
      ? `[\`${name}\`](#${field.path.replaceAll('.', '').toLowerCase()})`
      : `\`${name}\``
    return `| ${link} | ${cell(field.expected)} | ${preset(field)} | ${cell(sentence(field.description))} |`
  })
  return ['| key | value | default | meaning |', '| --- | --- | --- | --- |', ...rows, '']
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${text.endsWith('.') ? '' : '.'}`
}

function preset(field: SchemaField): string {
  if (field.required) return '**required**'
  return field.default === undefined ? '' : `\`${JSON.stringify(field.default)}\``
}

/** A bar would end the cell. */
function cell(text: string): string {
  return text.replaceAll('|', String.raw`\|`).replaceAll('\n', ' ')
}
