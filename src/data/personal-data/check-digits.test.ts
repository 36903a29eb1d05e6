import { describe, expect, it } from 'vitest'
import {
  isDay,
  passesAccountCheck,
  passesBusinessCheck,
  passesForeignerCheck,
  passesLuhn,
  passesProductCheck,
  passesResidentCheck,
} from './check-digits.ts'

/** The last digits with which a number passes. */
function lastDigits(start: string, passes: (digits: string) => boolean): string {
  return [...'0123456789'].filter((digit) => passes(start + digit)).join('')
}

describe('check digits', () => {
  it('are those of published numbers', () => {
    for (const card of ['4111111111111111', '5500000000000004', '378282246310005', '30569309025904']) {
      expect(passesLuhn(card)).toBe(true)
    }
    // Samsung Electronics, Naver; an ISBN-13; the example of ISO 13616.
    expect(passesBusinessCheck('1248100998')).toBe(true)
    expect(passesBusinessCheck('2208162517')).toBe(true)
    expect(passesProductCheck('9783161484100')).toBe(true)
    expect(passesAccountCheck('GB82WEST12345698765432')).toBe(true)
    expect(passesAccountCheck('GB82WEST12345698765423')).toBe(false)
  })

  it('are one for every number, by sums done another way', () => {
    for (const start of ['900101123456', '851231823456', '020315412345']) {
      let sum = 0
      for (let i = 0; i < 12; i++) sum += Number(start[i]) * ((i % 8) + 2)
      expect(lastDigits(start, passesResidentCheck)).toBe(String((11 - (sum % 11)) % 10))
      expect(lastDigits(start, passesForeignerCheck)).toBe(String((13 - (sum % 11)) % 10))
      expect(lastDigits(start, passesProductCheck)).toHaveLength(1)
      expect(lastDigits(start, passesLuhn)).toHaveLength(1)
    }
    expect(lastDigits('123456789', passesBusinessCheck)).toHaveLength(1)
  })

  it('know the days of the calendar', () => {
    expect(isDay(2000, 2, 29)).toBe(true)
    expect(isDay(1900, 2, 29)).toBe(false)
    expect(isDay(1999, 4, 31)).toBe(false)
    expect(isDay(1999, 13, 1)).toBe(false)
    expect(isDay(1999, 1, 0)).toBe(false)
  })
})
