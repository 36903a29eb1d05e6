import { z } from 'zod'

/** One field or section of what a schema describes. */
export interface SchemaField {
  /** Full dotted path, such as `train.learningRate`. */
  path: string
  /** What a value looks like, such as `whole number ≥ 1`. */
  expected: string
  description: string
  /** The default as written in YAML, undefined where there is none. */
  default: unknown
  required: boolean
  /** A section holds fields and has no value of its own. */
  section: boolean
}

interface JsonSchema {
  type?: string
  description?: string
  default?: unknown
  enum?: unknown[]
  const?: unknown
  properties?: Record<string, JsonSchema>
  required?: string[]
  items?: JsonSchema
  additionalProperties?: JsonSchema
  anyOf?: JsonSchema[]
  minimum?: number
  exclusiveMinimum?: number
  maximum?: number
  exclusiveMaximum?: number
  minLength?: number
}

/** Every section and field of a schema of an object, in its order, as a person writes it. */
export function schemaFields(schema: z.ZodType): SchemaField[] {
  return collect(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema, '')
}

/** What a value of a schema looks like, such as `text or a list of texts`. */
export function expectedValue(schema: z.ZodType): string {
  return expectation(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema)
}

function collect(schema: JsonSchema, prefix: string): SchemaField[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const path = prefix === '' ? name : `${prefix}.${name}`
    const section = field.properties !== undefined
    const own: SchemaField = {
      path,
      expected: expectation(field),
      description: field.description ?? '',
      default: section ? undefined : field.default,
      required: schema.required?.includes(name) ?? false,
      section,
    }
    return [own, ...collect(field, path)]
  })
}

function expectation(schema: JsonSchema): string {
  if (schema.properties) return 'a section of keys'
  if (schema.enum) return `one of ${schema.enum.join(', ')}`
  if (schema.const !== undefined) return String(schema.const)
  if (schema.anyOf) return schema.anyOf.map(expectation).join(' or ')
  if (schema.type === 'array') return listOf(schema.items ?? {})
  if (schema.type === 'object') {
    const values = expectation(schema.additionalProperties ?? {})
    return `a section of names${values === 'a value' ? '' : ` with ${values} each`}`
  }
  if (schema.type === 'boolean') return 'true or false'
  if (schema.type === 'string') return 'text'
  if (schema.type === 'null') return 'null'
  if (schema.type === undefined) return 'a value'
  return `a ${schema.type === 'integer' ? 'whole number' : 'number'}${limits(schema)}`
}

function listOf(items: JsonSchema): string {
  const keys = Object.keys(items.properties ?? {})
  if (keys.length > 0) return `a list of sections of ${keys.join(', ')}`
  if (items.enum) return `a list of ${items.enum.join(', ')}`
  if (items.type === 'integer' || items.type === 'number')
    return `a list of ${items.type === 'integer' ? 'whole numbers' : 'numbers'}${limits(items)}`
  return 'a list of texts'
}

function limits(schema: JsonSchema): string {
  const parts: string[] = []
  if (schema.exclusiveMinimum !== undefined) parts.push(`> ${schema.exclusiveMinimum}`)
  else if (schema.minimum !== undefined && schema.minimum > Number.MIN_SAFE_INTEGER)
    parts.push(`≥ ${schema.minimum}`)
  if (schema.exclusiveMaximum !== undefined) parts.push(`< ${schema.exclusiveMaximum}`)
  else if (schema.maximum !== undefined && schema.maximum < Number.MAX_SAFE_INTEGER)
    parts.push(`≤ ${schema.maximum}`)
  return parts.length === 0 ? '' : ` ${parts.join(' and ')}`
}
