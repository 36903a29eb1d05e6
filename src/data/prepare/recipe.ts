import { z } from 'zod'
import { YuksuError } from '../../errors.ts'
import { describeIssues } from '../../settings/describe-issues.ts'
import { nearest } from '../../settings/nearest-name.ts'
import { applyOverrides } from '../../settings/overrides.ts'
import { readRecipe } from '../../settings/read-recipe.ts'
import { parseYaml } from '../../settings/read-yaml.ts'
import { schemaFields } from '../../settings/schema-fields.ts'
import type { SourceOptions } from '../sources/source-options.ts'
import type { StepDefinition } from '../step.ts'
import { defaultSteps } from './default-steps.ts'
import type { ChosenStep } from './process-rows.ts'
import { findStep, stepDefinitions } from './steps.ts'

/*
 * The one description of a preparation's recipe: it is validated against this, and docs/preparing-data.md is generated from
 * its descriptions and those of the steps' options.
 */

const names = () => z.union([z.string().min(1), z.array(z.string().min(1)).min(1)])

export const preparationSchema = z.strictObject({
  columns: z
    .strictObject({
      text: names()
        .optional()
        .describe(
          'Columns of running text, which steps that change text work on; one name or a list. Without it, those that the first rows show to hold text.',
        ),
      document: names()
        .optional()
        .describe(
          'Those that together are the document, which filters and deduplication judge. Without it, the text columns but for the summary and for short ones such as a title.',
        ),
      summary: z
        .string()
        .min(1)
        .optional()
        .describe(
          'The column written from the document. Without it, one of a name such as `summary` or `요약`.',
        ),
      id: z
        .string()
        .min(1)
        .optional()
        .describe(
          'The column that names a row in reports, beside its file and line. Without it, one such as `id` whose values differ.',
        ),
    })
    .prefault({})
    .describe(
      'Names of the columns, the same for all files. What is left out is found in the first rows of each file, and stands in the report.',
    ),
  read: z
    .strictObject({
      passages: z
        .enum(['lines', 'paragraphs'])
        .optional()
        .describe('What is a row of plain text: a line (without it), or the paragraphs between empty lines.'),
      encoding: z
        .enum(['utf-8', 'utf-16le', 'utf-16be', 'euc-kr'])
        .optional()
        .describe('Encoding of all files; without it, it is found out for each.'),
      quotes: z
        .boolean()
        .optional()
        .describe('Whether a field may be quoted; without it, in CSV but not in TSV.'),
    })
    .prefault({})
    .describe('How files are read.'),
  seed: z.int().min(0).default(0).describe('Decides everything random.'),
  steps: z
    .array(z.union([z.string().min(1), z.record(z.string(), z.unknown())]))
    .optional()
    .describe(
      'What is done, in order: names of steps, or `- name: { option: value }`. Without it, the steps that need no training.',
    ),
})

/** A preparation as a person writes it. */
export type PreparationInput = z.input<typeof preparationSchema>

/** A preparation with every default filled in; plain JSON. */
export interface Preparation {
  readonly columns: {
    readonly text?: readonly string[] | undefined
    readonly document?: readonly string[] | undefined
    readonly summary?: string | undefined
    readonly id?: string | undefined
  }
  readonly read: Pick<SourceOptions, 'passages' | 'encoding' | 'quotes'>
  readonly seed: number
  readonly steps: readonly ChosenStep[]
}

/**
 * Reads the YAML recipe of a preparation, over the one that it extends, or takes the default steps, and applies `key=value` overrides: `seed=1`,
 * `columns.text=[a, b]`, `steps=[clean, split]`, and `clean.width=false` for an option of a step of the recipe.
 *
 * @throws YuksuError one line: what was given, what is expected, the nearest known name.
 */
export function loadPreparation(
  path: string | undefined,
  overrides: readonly string[] = [],
  known: readonly StepDefinition[] = stepDefinitions,
): Preparation {
  const name = path ?? 'the default recipe'
  const content = path === undefined ? {} : readRecipe(path)
  return resolvePreparation(content, { name, overrides, known })
}

/** Like `loadPreparation` for YAML that is already in memory; `name` stands for the file in messages. */
export function parsePreparation(
  text: string,
  name: string,
  known: readonly StepDefinition[] = stepDefinitions,
): Preparation {
  return resolvePreparation(parseYaml(text, name) ?? {}, { name, known })
}

/** A preparation written in TypeScript, checked and with every default filled in. */
export function definePreparation(recipe: PreparationInput): Preparation {
  return resolvePreparation(recipe, {})
}

export function resolvePreparation(
  content: unknown,
  {
    name = 'recipe',
    overrides = [],
    known = stepDefinitions,
  }: {
    readonly name?: string
    readonly overrides?: readonly string[]
    readonly known?: readonly StepDefinition[]
  },
): Preparation {
  const fields = schemaFields(preparationSchema)
  const own: string[] = []
  const ofSteps: string[] = []
  const keys = new Set(fields.map(({ path }) => path.split('.')[0]!))
  for (const override of overrides) (keys.has(keyOf(override)) ? own : ofSteps).push(override)
  const given = applyOverrides(content, own)
  const result = preparationSchema.safeParse(given)
  if (!result.success)
    throw new YuksuError(
      'recipe-invalid',
      `${name}: ${describeIssues(result.error, given, fields).join('; ')}`,
    )
  const { columns, read, seed, steps } = result.data
  const named = (steps ?? defaultSteps(known)).map((step, index) => namedStep(step, index, name))
  return {
    columns: plainColumns(columns),
    read,
    seed,
    steps: withOverrides(named, ofSteps, [...keys], name, known).map((step) => chooseStep(step, name, known)),
  }
}

interface NamedStep {
  readonly name: string
  readonly options: unknown
}

function namedStep(step: string | Readonly<Record<string, unknown>>, index: number, name: string): NamedStep {
  if (typeof step === 'string') return { name: step, options: {} }
  const entries = Object.entries(step)
  if (entries.length !== 1)
    throw new YuksuError(
      'recipe-invalid',
      `${name}: steps.${index} has the keys ${entries.map(([key]) => key).join(', ')}; expected one step: its name, and its options indented below it`,
    )
  const [key, options] = entries[0]!
  return { name: key, options: options ?? {} }
}

function plainColumns({ text, document, summary, id }: z.output<typeof preparationSchema>['columns']) {
  const list = (value: string | string[] | undefined) => (typeof value === 'string' ? [value] : value)
  return {
    ...(text !== undefined && { text: list(text)! }),
    ...(document !== undefined && { document: list(document)! }),
    ...(summary !== undefined && { summary }),
    ...(id !== undefined && { id }),
  }
}

/** The steps with the overrides of their options, such as `clean.width=false`; `clean=null` takes the step away. */
function withOverrides(
  steps: readonly NamedStep[],
  overrides: readonly string[],
  keys: readonly string[],
  name: string,
  known: readonly StepDefinition[],
): NamedStep[] {
  let result = [...steps]
  for (const override of overrides) {
    const key = keyOf(override)
    if (!result.some((step) => step.name === key)) {
      const isKnown = known.some((step) => step.name === key)
      const near = nearest(key, [...keys, ...result.map((step) => step.name)])
      const mend = isKnown
        ? 'add it with steps=[…] or in a recipe'
        : near === undefined
          ? `known here: ${[...keys, ...result.map((step) => step.name)].join(', ')}`
          : `did you mean ${near}?`
      throw new YuksuError(
        'recipe-invalid',
        `${name}: ${isKnown ? `the step ${key} is not among its steps` : `unknown key ${key}`}; ${mend}`,
      )
    }
    result = result.flatMap((step) => {
      if (step.name !== key) return [step]
      const changed = applyOverrides({ [key]: step.options }, [override]) as Record<string, unknown>
      return key in changed ? [{ name: key, options: changed[key] }] : []
    })
  }
  return result
}

/** The key of an override that comes first. */
export function keyOf(override: string): string {
  return override.slice(0, override.indexOf('=')).split('.')[0]!.trim()
}

function chooseStep(
  { name, options }: NamedStep,
  recipe: string,
  known: readonly StepDefinition[],
): ChosenStep {
  const definition = findStep(name, known)
  const result = definition.options.safeParse(options)
  if (result.success) return { name, options: result.data }
  const messages = describeIssues(result.error, options, schemaFields(definition.options), 'it')
  throw new YuksuError('recipe-invalid', `${recipe}: step ${name}: ${messages.join('; ')}`)
}
