import { expect, it } from 'vitest'
import { recipeFields } from './fields.ts'
import { recipeReference } from './reference.ts'

it('docs/recipes.md is current (write it anew with `npx vitest run src/recipes/reference.test.ts -u`)', async () => {
  await expect(recipeReference()).toMatchFileSnapshot('../../docs/recipes.md')
})

it('describes every field', () => {
  expect(recipeFields().filter((field) => field.description === '')).toEqual([])
})
