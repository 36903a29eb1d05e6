import {
  isDay,
  passesBusinessCheck,
  passesForeignerCheck,
  passesProductCheck,
  passesResidentCheck,
} from './check-digits.ts'
import { cueBefore } from './cues.ts'
import type { Report } from './kinds.ts'

const resident = /(?<![\w-]|\d[.,])(\d{6})( ?- ?| |)([1-8])(\d{6}|\d?[*●○•xX]{5,6})(?![\w*]|-\d)/g

/**
 * Korean resident and foreigner registration numbers: a birth date, a digit for century and sex (1–4 residents, 5–8
 * foreigners) and six more. Numbers given out before October 2020 end in a check digit, those since then do not
 * (for residents: whoever was born since then; a foreigner of any age may have registered since then). So:
 *
 * - after a cue (`주민등록번호`) the shape and the date are enough;
 * - with a hyphen, the check digit is asked of residents born before 1 October 2020, and of no foreigner;
 * - without a hyphen and without a cue it is asked of all, and a bar code or a time in milliseconds is none.
 *
 * What is already hidden in part (`900101-1******`) still tells birth and sex, and is found too.
 */
export function findResidentNumbers(text: string, report: Report): void {
  for (const match of text.matchAll(resident)) {
    const [whole, birth, join, sex, rest] = match as unknown as [string, string, string, string, string]
    const code = Number(sex)
    const year = (code % 4 === 1 || code % 4 === 2 ? 1900 : 2000) + Number(birth.slice(0, 2))
    if (!isDay(year, Number(birth.slice(2, 4)), Number(birth.slice(4, 6)))) continue
    const hidden = !/^\d+$/.test(rest)
    const hyphen = join.includes('-')
    const foreign = code > 4
    const digits = birth + sex + rest
    const sure = (): boolean => {
      if (hidden) return hyphen
      if (cueBefore(text, match.index, 60) === 'resident-number') return true
      if (hyphen && (foreign || year * 10000 + Number(birth.slice(2)) >= 20201001)) return true
      if (!(foreign ? passesForeignerCheck(digits) : passesResidentCheck(digits))) return false
      return hyphen || join !== '' || !(passesProductCheck(digits) || /^1[4-9]/.test(digits))
    }
    if (sure()) {
      report(foreign ? 'foreigner-number' : 'resident-number', match.index, match.index + whole.length)
    }
  }
}

const socialSecurity = /(?<![\w-]|\d[., ])(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\w]|-\d)/g
const saidSocialSecurity = /(?<![\w-]|\d[., ])\d{3} ?-? ?\d{2} ?-? ?\d{4}(?![\w]|[-.,]\d)/g

/** US social security numbers: 3-2-4 digits with hyphens as its rules allow them, or after a cue in another form. */
export function findSocialSecurityNumbers(text: string, report: Report): void {
  for (const expression of [socialSecurity, saidSocialSecurity]) {
    for (const match of text.matchAll(expression)) {
      if (expression === saidSocialSecurity && cueBefore(text, match.index, 60) !== 'social-security-number')
        continue
      report('social-security-number', match.index, match.index + match[0].length)
    }
  }
}

const business = /(?<![\w-]|\d[., ])(\d{3})(-?)(\d{2})\2(\d{5})(?![\w]|[-.,]\d)/g

/** Korean business registration numbers: 3-2-5 digits; with the check digit, or after a cue. Without hyphens, only after a cue. */
export function findBusinessNumbers(text: string, report: Report): void {
  for (const match of text.matchAll(business)) {
    const cued = cueBefore(text, match.index, 40) === 'business-number'
    const checked = match[2] === '-' && passesBusinessCheck(`${match[1]}${match[3]}${match[4]}`)
    if (cued || checked) report('business-number', match.index, match.index + match[0].length)
  }
}

const koreanLicence =
  /(?<![\w-]|\d[., ])(?:(?:1[1-9]|2[0-8])|(?:서울|부산|경기|강원|충북|충남|전북|전남|경북|경남|제주|대구|인천|광주|대전|울산) ?(?:\d{2})?)-\d{2}-?\d{6}-\d{2}(?![\w]|-\d)/g
const otherLicence = /(?<![\w-])[A-Z]{0,3}[- ]?\d[\d -]{4,16}\d(?![\w]|[-.,]\d)/g

/** Driver's licences: Korean (`11-12-345678-90`) by their shape, others after a cue. */
export function findDriverLicences(text: string, report: Report): void {
  for (const match of text.matchAll(koreanLicence)) {
    report('driver-licence', match.index, match.index + match[0].length)
  }
  for (const match of text.matchAll(otherLicence)) {
    if (cueBefore(text, match.index, 40) !== 'driver-licence') continue
    report('driver-licence', match.index, match.index + match[0].length)
  }
}

const passport =
  /(?<![\w-])(?:[A-Z]{1,2} ?\d{7,8}|[A-Z]\d{3}[A-Z]\d{4}|\d{8,10}(?: \d{2,4})?|\d{3,4}(?: ?- ?\d{2,4}){1,4})(?![\w]|[-.,]\d)/g

/** Passports: Korean (`M12345678`, since December 2021 `M123A4567`) and other shapes, only after a cue. */
export function findPassports(text: string, report: Report): void {
  for (const match of text.matchAll(passport)) {
    if (cueBefore(text, match.index, 80) !== 'passport') continue
    report('passport', match.index, match.index + match[0].length)
  }
}
