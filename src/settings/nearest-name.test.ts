import { describe, expect, it } from 'vitest'
import { editDistance, nearest } from './nearest-name.ts'

describe('editDistance', () => {
  it.each([
    ['kitten', 'sitting', 3],
    ['', 'abc', 3],
    ['same', 'same', 0],
    ['😀a', '😁a', 1],
  ])('from %s to %s is %i', (from, to, distance) => {
    expect(editDistance(from, to)).toBe(distance)
    expect(editDistance(to, from)).toBe(distance)
  })
})

describe('nearest', () => {
  it('finds a misspelt name', () => {
    expect(nearest('learningrate', ['learningRate', 'weightDecay'])).toBe('learningRate')
    expect(nearest('warmup_ration', ['warmupRatio', 'weightDecay'])).toBe('warmupRatio')
    expect(nearest('dialouge', ['fname', 'dialogue', 'summary'])).toBe('dialogue')
  })

  it('compares Korean by jamo and in any normal form', () => {
    expect(nearest('데화', ['요약', '대화', '번호'])).toBe('대화')
    expect(nearest('대화'.normalize('NFD'), ['요약', '대화'])).toBe('대화')
  })

  it('suggests nothing where nothing is near', () => {
    expect(nearest('topic', ['요약', 'dialogue'])).toBeUndefined()
    expect(nearest('x', [])).toBeUndefined()
  })
})
