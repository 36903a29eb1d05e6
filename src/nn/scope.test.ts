import { describe, expect, it } from 'vitest'
import { YuksuError } from '../errors.ts'
import { Scope, type ScopeParameter } from './scope.ts'

const parameters = new Map<string, ScopeParameter>([
  ['shared.weight', { shape: [5, 4], trainable: true }],
  ['layers.0.fc.weight', { shape: [3, 4], trainable: true }],
  ['layers.0.fc.bias', { shape: [3], trainable: false }],
  ['layers.1.fc.weight', { shape: [3, 4], trainable: true }],
])
const root = (training = false) =>
  Scope.root({ parameters, aliases: { 'lm_head.weight': 'shared.weight' }, training })

describe('Scope', () => {
  it('names parameters by their path, whichever way it was walked', () => {
    const scope = root()
    const walked = scope.at('layers').at(0).at('fc')
    expect(walked.path).toBe('layers.0.fc')
    expect(walked.parameter('weight')).toBe(scope.at('layers', 0, 'fc').parameter('weight'))
    expect(scope.each('layers', 2).map(({ path }) => path)).toEqual(['layers.0', 'layers.1'])
    expect(walked.parameter('weight')).toMatchObject({ shape: [3, 4], dtype: 'float32' })
    expect(walked.parameter('weight')).not.toBe(scope.at('layers', 1, 'fc').parameter('weight'))
  })

  it('gives a tied parameter as the one that it stands for', () => {
    const scope = root()
    expect(scope.at('lm_head').has('weight')).toBe(true)
    expect(scope.at('lm_head').parameter('weight')).toBe(scope.at('shared').parameter('weight'))
  })

  it('says what there is, and refuses what there is not by its full name', () => {
    const scope = root().at('layers', 1, 'fc')
    expect([scope.has('weight'), scope.has('bias')]).toEqual([true, false])
    expect(() => scope.parameter('bias')).toThrow(YuksuError)
    expect(() => scope.parameter('bias')).toThrow(/'layers\.1\.fc\.bias'/)
  })

  it('tells the trainable parameters that were read, each once', () => {
    const scope = root()
    for (const name of ['weight', 'bias']) scope.at('layers', 0, 'fc').parameter(name)
    scope.at('lm_head').parameter('weight')
    scope.at('shared').parameter('weight')
    expect([...scope.at('layers', 1).trainable().keys()]).toEqual(['layers.0.fc.weight', 'shared.weight'])
  })

  it('names every dropout mask of a program differently', () => {
    const scope = root(true)
    const names = [scope, scope.at('a'), scope.at('a'), scope.at('a', 'b')].map((place) => place.maskName())
    expect(new Set(names).size).toBe(4)
    // The same program has the same names again: a resumed run draws the same masks.
    const again = root(true)
    expect(
      [again, again.at('a'), again.at('a'), again.at('a', 'b')].map((place) => place.maskName()),
    ).toEqual(names)
  })
})
