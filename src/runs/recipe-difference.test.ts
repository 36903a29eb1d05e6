import { describe, expect, it } from 'vitest'
import { differences } from './recipe-difference.ts'

describe('differences', () => {
  it('is empty for equal values, whatever the order of their keys', () => {
    expect(differences({ a: 1, b: { c: [1, { d: null }] } }, { b: { c: [1, { d: null }] }, a: 1 })).toEqual(
      [],
    )
  })

  it('names each key by its path, and a list as a whole', () => {
    expect(differences({ a: { b: 1, c: [1] }, d: 0 }, { a: { b: '1', c: [1, 2] }, e: null })).toEqual([
      { key: 'a.b', before: 1, after: '1' },
      { key: 'a.c', before: [1], after: [1, 2] },
      { key: 'd', before: 0, after: undefined },
      { key: 'e', before: undefined, after: null },
    ])
  })

  it('tells a list from an object and an object from its absence', () => {
    expect(differences({ a: [] }, { a: {} })).toHaveLength(1)
    expect(differences({ a: {} }, {})).toHaveLength(1)
  })
})
