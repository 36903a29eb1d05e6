import { expect, it } from 'vitest'
import { strftime } from './strftime.ts'

const date = new Date(2026, 2, 5, 14, 7, 9)

it.each([
  ['%d %b %Y', '05 Mar 2026'],
  ['%B %-d, %Y', 'March 5, 2026'],
  ['%A %a %e', 'Thursday Thu  5'],
  ['%y-%m-%d %H:%M:%S', '26-03-05 14:07:09'],
  ['%I %p %-I', '02 PM 2'],
  ['100%% 오늘', '100% 오늘'],
])('%s is %s, as C has it in English', (format, expected) => {
  expect(strftime(date, format)).toBe(expected)
})

it('says noon and midnight as twelve', () => {
  expect([0, 12].map((hour) => strftime(new Date(2026, 0, 1, hour), '%I %p'))).toEqual(['12 AM', '12 PM'])
})

it('refuses what it does not know', () => {
  expect(() => strftime(date, '%Q')).toThrow(RangeError)
})
