import { setTimeout } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { inOrder } from './in-order.ts'

async function* numbers(count: number, taken: number[] = []) {
  for (let number = 0; number < count; number++) {
    taken.push(number)
    yield number
  }
}

it('gives results in the order of the items, whichever is done first, and holds no more than its limit', async () => {
  const taken: number[] = []
  let running = 0
  let most = 0
  const results: number[] = []
  for await (const { item, result } of inOrder(numbers(30, taken), 4, async (number) => {
    most = Math.max(most, ++running)
    await setTimeout((number * 7) % 5)
    running -= 1
    return number * number
  })) {
    expect(result).toBe(item * item)
    expect(taken.length - results.length).toBeLessThanOrEqual(4)
    results.push(item)
  }
  expect(results).toEqual(Array.from({ length: 30 }, (_, number) => number))
  expect(most).toBe(4)
})

it('throws what work throws, in its turn, and waits for what is still running', async () => {
  let ended = 0
  const seen: number[] = []
  const all = async () => {
    for await (const { item } of inOrder(numbers(20), 5, async (number) => {
      await setTimeout(number === 3 ? 0 : 5)
      ended += 1
      if (number === 3) throw new Error('three')
    }))
      seen.push(item)
  }
  await expect(all()).rejects.toThrow('three')
  expect(seen).toEqual([0, 1, 2])
  const then = ended
  await setTimeout(20)
  expect(ended).toBe(then)
})
