import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, it } from 'vitest'
import { schemaFields } from '../../settings/schema-fields.ts'
import { preparationSchema } from './recipe.ts'
import { withGeneratedTables } from './reference.ts'
import { stepDefinitions } from './steps.ts'

const page = resolve(import.meta.dirname, '../../../docs/preparing-data.md')

it('docs/preparing-data.md is current (write it anew with `npx vitest run src/data/prepare/reference.test.ts -u`)', async () => {
  await expect(withGeneratedTables(readFileSync(page, 'utf8'))).toMatchFileSnapshot(page)
})

it('every key, step and option is described, by a name of its own in the form of the others', () => {
  const fields = [
    ...schemaFields(preparationSchema).map((field) => ({ step: '', ...field })),
    ...stepDefinitions.flatMap(({ name, options }) =>
      schemaFields(options).map((field) => ({ step: name, ...field })),
    ),
  ]
  expect(
    fields.filter(({ description }) => description === '').map(({ step, path }) => `${step} ${path}`),
  ).toEqual([])
  const names = stepDefinitions.map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
  expect(names.filter((name) => !/^[a-z]+(-[a-z]+)*$/.test(name))).toEqual([])
  expect(stepDefinitions.filter(({ description }) => description === '')).toEqual([])
})

it('every step can be used without options, or says which it needs', () => {
  for (const { options } of stepDefinitions) {
    const result = options.safeParse({})
    const required = schemaFields(options).some(({ required }) => required)
    expect(result.success || required || result.error.issues.every(({ code }) => code === 'custom')).toBe(
      true,
    )
  }
})

it('every step that there is can be named', () => {
  const folder = resolve(import.meta.dirname, '..')
  const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.ts') && !/(\.test\.ts$|(^|\/)testing[-/])/.test(name),
  )
  const defined = sources.flatMap((name) =>
    [...readFileSync(join(folder, name), 'utf8').matchAll(/kind: '(?:row|corpus)',\s*name: '([^']+)'/g)].map(
      (match) => match[1]!,
    ),
  )
  expect(defined.sort()).toEqual(stepDefinitions.map(({ name }) => name).sort())
})
