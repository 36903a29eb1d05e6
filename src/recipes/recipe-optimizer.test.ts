import { describe, expect, it } from 'vitest'
import { parseRecipe } from './load-recipe.ts'
import { recipeOptimizer, recipeParameterGroups } from './recipe-optimizer.ts'

const settings = (train: Record<string, unknown>) =>
  parseRecipe(
    JSON.stringify({
      output: 'runs/a',
      data: { train: 'a.jsonl', validation: 'b.jsonl' },
      train: { epochs: 1, ...train },
    }),
    'a test',
  ).train

describe('the optimizer of a recipe', () => {
  it.each(['adamw', 'adamw-8bit', 'radam', 'lion', 'sgd', 'adafactor'])(
    'is %s where it says so',
    (optimizer) => {
      expect(recipeOptimizer(settings({ optimizer })).name).toBe(optimizer)
    },
  )

  it('is AdamW without a word, and has slow weights where asked', () => {
    expect(recipeOptimizer(settings({})).name).toBe('adamw')
    const ranger = recipeOptimizer(settings({ optimizer: 'radam', lookahead: {} }))
    expect(ranger.name).toBe('lookahead(radam)')
    expect(ranger.state([2, 3])).toEqual({ mean: 6, square: 6, slow: 6 })
  })

  it('treats groups of parameters apart', () => {
    const [group] = recipeParameterGroups(
      settings({ parameterGroups: [{ names: 'shared|embed', rateFactor: 0.1, decays: false }] }),
    )
    expect(group!.names.test('model.shared.weight')).toBe(true)
    expect(group).toMatchObject({ rateFactor: 0.1, decays: false })
  })

  it('refuses what is no regular expression, by its place', () => {
    expect(() => settings({ parameterGroups: [{ names: '(' }] })).toThrow(
      /train\.parameterGroups.*is not a regular expression/,
    )
  })
})
