import { describe, expect, it } from 'vitest'
import { planPhases } from './phases.ts'
import { parsePreparation, resolvePreparation } from './recipe.ts'
import { testSteps } from './testing-steps.ts'

const resolve = (content: unknown, ...overrides: string[]) =>
  resolvePreparation(content, { known: testSteps, overrides })
const message = (content: unknown, ...overrides: string[]) => {
  try {
    resolve(content, ...overrides)
  } catch (error) {
    return (error as Error).message
  }
  return 'accepted'
}

describe('a recipe of a preparation', () => {
  it('names steps alone or with options, and has every default', () => {
    const text = 'columns: { text: body }\nsteps:\n  - shout\n  - short: { atLeast: 9 }\n  - twins:\n'
    expect(parsePreparation(text, 'r.yaml', testSteps)).toEqual({
      columns: { text: ['body'] },
      read: {},
      seed: 0,
      steps: [
        { name: 'shout', options: { mark: '!' } },
        { name: 'short', options: { atLeast: 9 } },
        { name: 'twins', options: {} },
      ],
    })
  })

  it('is changed by key=value: its own keys, options of its steps, the steps themselves', () => {
    const recipe = { steps: ['shout', 'short'] }
    const changed = resolve(
      recipe,
      'seed=3',
      'columns.document=[a, b]',
      'short.atLeast=7',
      'shout={mark: "?"}',
    )
    expect(changed).toMatchObject({
      seed: 3,
      columns: { document: ['a', 'b'] },
      steps: [{ options: { mark: '?' } }, { options: { atLeast: 7 } }],
    })
    expect(resolve(recipe, 'short=null').steps).toEqual([{ name: 'shout', options: { mark: '!' } }])
    expect(resolve(recipe, 'steps=[twins]', 'seed=null').steps).toEqual([{ name: 'twins', options: {} }])
  })

  it.each([
    [['shuot'], [], 'did you mean shout?'],
    [[{ short: { atLest: 3 } }], [], 'did you mean atLeast?'],
    [[{ short: { atLeast: 0 } }], [], 'atLeast is 0; expected a whole number ≥ 1'],
    [[{ short: {}, twins: {} }], [], 'expected one step'],
    [['short'], ['sohrt.atLeast=3'], 'did you mean short?'],
    [['short'], ['twins.atLeast=3'], 'the step twins is not among its steps'],
    [['short'], ['short.atLeast.more=3'], 'step short'],
    [['short'], ['sed=3'], 'did you mean seed?'],
    [[7], [], 'steps.0 is 7'],
  ])('refuses %j with %j in one line', (steps, overrides, expected) => {
    expect(message({ steps }, ...overrides)).toContain(expected)
    expect(message({ steps }, ...overrides)).not.toContain('\n')
  })
})

it('consecutive row steps are one phase; the first reads, and the last writes', () => {
  expect(planPhases([])).toEqual([{ kind: 'rows', steps: [], isLast: true }])
  expect(planPhases(['row', 'row'])).toEqual([{ kind: 'rows', steps: [0, 1], isLast: true }])
  expect(planPhases(['corpus', 'corpus', 'row', 'row', 'corpus'])).toEqual([
    { kind: 'rows', steps: [], isLast: false },
    { kind: 'corpus', step: 0 },
    { kind: 'corpus', step: 1 },
    { kind: 'rows', steps: [2, 3], isLast: false },
    { kind: 'corpus', step: 4 },
    { kind: 'rows', steps: [], isLast: true },
  ])
})
