import { expect, it } from 'vitest'
import { countIds, sharedIds, sharedPairs } from './multiset.ts'
import { randomSource } from './testing.ts'

function naive(left: string[], right: string[]): number {
  const rest = [...left]
  return right.filter((item) => {
    const place = rest.indexOf(item)
    if (place >= 0) rest.splice(place, 1)
    return place >= 0
  }).length
}

const pairsOf = (ids: Int32Array) => [...ids].slice(1).map((id, index) => `${ids[index]} ${id}`)

it('shares as many ids and pairs as taking them out one by one does', () => {
  const random = randomSource(5)
  for (let round = 0; round < 300; round++) {
    const alphabet = round % 3 === 0 ? 1_000_000 : 1 + Math.floor(random() * 20)
    const list = () =>
      Int32Array.from({ length: Math.floor(random() * 150) }, () => Math.floor(random() * alphabet))
    const [left, right] = [list(), list()]
    expect(sharedIds(left, right)).toBe(naive([...left].map(String), [...right].map(String)))
    expect(sharedPairs(left, right)).toBe(naive(pairsOf(left), pairsOf(right)))
    expect(sharedPairs(left, left)).toBe(Math.max(left.length - 1, 0))
  }
})

it('counts down and forgets', () => {
  const ids = countIds(Int32Array.of(3, 3, 4000))
  expect([3, 3, 3, 4000, 9000].map((id) => ids.take(id))).toEqual([true, true, false, true, false])
  ids.clear()
  expect(sharedIds(Int32Array.of(), Int32Array.of(3, 4000))).toBe(0)
})
