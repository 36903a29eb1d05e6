import { describe, expect, it } from 'vitest'
import { commonSubsequenceLength, commonSubsequencePositions } from './longest-common-subsequence.ts'
import { randomSource } from '../../evaluate/metrics/testing.ts'

function table(first: Int32Array, second: Int32Array): number[][] {
  const lengths = Array.from({ length: first.length + 1 }, () => Array<number>(second.length + 1).fill(0))
  for (let row = 1; row <= first.length; row++) {
    for (let column = 1; column <= second.length; column++) {
      lengths[row]![column] =
        first[row - 1] === second[column - 1]
          ? lengths[row - 1]![column - 1]! + 1
          : Math.max(lengths[row - 1]![column]!, lengths[row]![column - 1]!)
    }
  }
  return lengths
}

/** The backtracking of rouge_score's `_backtrack_norec`. */
function backtrack(lengths: number[][], first: Int32Array, second: Int32Array): number[] {
  const positions: number[] = []
  let row = first.length
  let column = second.length
  while (row > 0 && column > 0) {
    if (first[row - 1] === second[column - 1]) {
      positions.unshift(row - 1)
      row--
      column--
    } else if (lengths[row]![column - 1]! > lengths[row - 1]![column]!) column--
    else row--
  }
  return positions
}

describe('longest common subsequence', () => {
  const random = randomSource(7)
  const sequence = (length: number, alphabet: number) =>
    Int32Array.from({ length }, () => Math.floor(random() * alphabet))
  const cases = Array.from({ length: 400 }, () => {
    const alphabet = 1 + Math.floor(random() * 40)
    return [
      sequence(Math.floor(random() * 130), alphabet),
      sequence(Math.floor(random() * 130), alphabet),
    ] as const
  })

  it('has the length that the quadratic table finds', () => {
    for (const [first, second] of cases) {
      expect(commonSubsequenceLength(first, second)).toBe(table(first, second).at(-1)!.at(-1))
    }
  })

  it('is the subsequence that backtracking through the table finds', () => {
    for (const [first, second] of cases) {
      expect(commonSubsequencePositions(first, second)).toEqual(
        backtrack(table(first, second), first, second),
      )
    }
  })

  it.each([29, 30, 31, 59, 60, 61, 90])('carries between words: %i equal items', (length) => {
    const same = new Int32Array(length).fill(3)
    expect(commonSubsequenceLength(same, same)).toBe(length)
    expect(commonSubsequenceLength(same, same.subarray(1))).toBe(length - 1)
  })

  it('serves ids far above the first table', () => {
    const large = Int32Array.from([5_000_000, 1, 4_999_999])
    expect(commonSubsequenceLength(large, large)).toBe(3)
  })

  it('handles two texts of 50,000 tokens without a quadratic table', () => {
    const first = sequence(50_000, 5000)
    expect(commonSubsequenceLength(first, first.slice().reverse())).toBeGreaterThan(100)
  })
})
