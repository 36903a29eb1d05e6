import { describe, expect, it } from 'vitest'
import { formatCount, formatDuration } from './format-units.ts'

describe('formatDuration', () => {
  it.each([
    [0, '0.0 s'],
    [0.44, '0.4 s'],
    [9.94, '9.9 s'],
    [9.96, '10 s'],
    [59.4, '59 s'],
    [59.6, '1 min 00 s'],
    [3599.4, '59 min 59 s'],
    [3599.6, '1 h 00 min'],
    [86_369, '23 h 59 min'],
    [86_371, '1 d 00 h'],
    [2.5 * 86_400, '2 d 12 h'],
    [-5, '-5.0 s'],
    [Infinity, '?'],
    [Number.NaN, '?'],
  ])('%d seconds: %s', (seconds, text) => expect(formatDuration(seconds)).toBe(text))
})

describe('formatCount', () => {
  it.each([
    [0, '0'],
    [0.4249, '0.42'],
    [3.14, '3.1'],
    [999, '999'],
    [1000, '1k'],
    [12_460, '12.5k'],
    [999_499, '999k'],
    [999_960, '1M'],
    [16_800_000, '16.8M'],
    [4e15, '4000T'],
    [-1500, '-1.5k'],
    [Infinity, '?'],
  ])('%d: %s', (count, text) => expect(formatCount(count)).toBe(text))
})
