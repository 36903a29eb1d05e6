import { cueBefore } from './cues.ts'
import type { Report } from './kinds.ts'

// No letter, digit, sum of money or longer number touches it on either side.
const start = '(?<![\\w$₩€£¥+]|\\d[-.,/ ]|\\.)'
const end = '(?![\\w%]|[-.,/]\\d)'
const gap = '(?: ?[-.·/] ?| )?'
const country = `(?:\\+ ?82|0082|(?<!\\d)82)${gap}(?:\\(0\\))?0?`

const koreanMobile = new RegExp(
  `${start}\\(?(?:${country}|0)1[016-9]\\)?${gap}\\d{3,4}${gap}\\d{4}${end}`,
  'g',
)
const koreanFixed = new RegExp(
  `${start}\\(?(?:${country}|0)(?:2|3[1-3]|4[1-4]|5[1-5]|6[1-4]|70|50\\d|80|60|30)(\\)?${gap})[1-9]\\d{2,3}(${gap})\\d{4}${end}`,
  'g',
)
const koreanService = new RegExp(`${start}(1[5689]\\d{2})-(\\d{4})${end}`, 'g')
const worldwide = new RegExp(
  `(?<![\\w)\\]+=.]|\\d )\\+ ?[1-9]\\d{0,3}(?:[-. ]?\\(?\\d{1,5}\\)?){1,6}${end}`,
  'g',
)
const northAmerican = new RegExp(
  `${start}(?:1[-. ])?(\\([2-9]\\d{2}\\)|[2-9]\\d{2})([-. ]{0,2})(\\d{3})([-. ])\\d{4}${end}`,
  'g',
)
const join = '(?: ?- ?| )'
const cued = new RegExp(
  `${start}(?:\\(?0\\d{1,4}\\)?${join}\\d{3,4}${join}\\d{3,4}|\\d{2,4}(?:${join}\\d{2,4}){2,4}|\\d{3,5}${join}\\d{3,6}(?: \\d{1,2})?|\\d{7,8}(?: \\d{1,2})?|\\d{9,11}|\\d(?: ?- ?\\d){6,10})${end}(?! ?(?:[=+*×\\d]|원|달러|명|개|년|won\\b|dollars|years|people))`,
  'g',
)

const yearLike = /^(?:1[0-9]|20)\d\d$/

/**
 * Telephone numbers. By shape alone: Korean mobile, area, `070`, `050x`, `080` and service numbers (`1588-1234`, in Korean text),
 * E.164 with its plus sign, and North American ones with their area code. After words such as `전화`, `phone` or `my number`
 * within the last 120 characters: also 7 to 11 digits in other groupings. A range of years is no service number.
 */
export function findPhones(text: string, report: Report): void {
  const found = (match: RegExpExecArray): void => {
    // A bracket that opens before the number and closes after it is not part of it.
    const open = match[0].startsWith('(') && !match[0].includes(')') ? 1 : 0
    report('phone', match.index + open, match.index + match[0].length)
  }
  for (const match of text.matchAll(koreanMobile)) if (isMobile(match[0])) found(match)
  for (const match of text.matchAll(koreanFixed)) {
    const separated = /[-.)·/]/.test(match[1]!) && match[2] !== ''
    if (separated || isCued(text, match.index)) found(match)
  }
  for (const match of text.matchAll(koreanService)) {
    if (isService(text, match as unknown as ServiceMatch)) found(match)
  }
  for (const match of text.matchAll(worldwide)) {
    const digits = match[0].replace(/\D/g, '').length
    if (digits >= 9 && digits <= 15) found(match)
  }
  for (const match of text.matchAll(northAmerican)) if (isNorthAmerican(text, match)) found(match)
  for (const match of text.matchAll(cued)) {
    const groups = match[0].split(/\D+/).filter(Boolean)
    const digits = groups.join('').length
    if (digits < 7 || digits > 11) continue
    if (groups.length === 2 && groups.every((group) => yearLike.test(group))) continue
    if (/0{4}$/.test(match[0]) && groups.length === 1) continue
    if (isCued(text, match.index)) found(match)
  }
}

// What announces a number only right before it.
const announced =
  /(?:\bhello|\bis this|\bthis is|\bthe number(?: is)?|\bcontact [^.!?\n]{1,30} at|\bcall [^.!?\n]{1,25} (?:at|on)|\bring [^.!?\n]{1,25} on)[\s,.:!]{1,3}$/i

function isCued(text: string, place: number): boolean {
  const cue = cueBefore(text, place, 120)
  return cue === 'phone' || (cue === undefined && announced.test(text.slice(Math.max(0, place - 44), place)))
}

/** Ones and zeros alone are somebody playing with the keys, not `010-1010-1010` without its hyphens. */
function isMobile(match: string): boolean {
  if (/\D/.test(match)) return true
  return !/^[01]+$/.test(match) && !(match.startsWith('010') && match.length === 10)
}

type ServiceMatch = RegExpExecArray & { 1: string; 2: string }

const serviceCodes =
  /^(?:1522|1533|1544|1551|1555|1566|1577|1588|1599|1600|1644|1660|1661|1666|1668|1670|1688|1800|1811|1833|1855|1877|1899|1900)$/

function isService(text: string, match: ServiceMatch): boolean {
  const [first, second] = [Number(match[1]), Number(match[2])]
  if (!serviceCodes.test(match[1])) return false
  if (isCued(text, match.index)) return true
  if (second > first && second <= first + 200) return false
  if (second % 100 === 0 || /^\s?(?:년|원|명|개|점|만)/.test(text.slice(match.index + match[0].length)))
    return false
  return /[가-힣]/.test(text.slice(Math.max(0, match.index - 40), match.index + 50))
}

function isNorthAmerican(text: string, match: RegExpExecArray): boolean {
  const [, area, first, exchange, second] = match as unknown as [string, string, string, string, string]
  const bracketed = area.startsWith('(')
  if (bracketed && first !== '' && first !== ' ' && first !== '-') return false
  if (!bracketed && first.length !== 1) return false
  if ((bracketed || first === '-') && second === '-') return true
  // Figures in columns and decimals look the same: the exchange must be one that exists.
  if (second === '.' && first === '.') return /^[2-9](?!11)/.test(exchange)
  return isCued(text, match.index)
}

const koreanDigit = '[0-9공영일이삼사오육륙칠팔구]'
const koreanSpoken = new RegExp(
  `(?<![가-힣\\d])(?:[0공영][ -]?[1일][ -]?[0공영1일6육륙7칠8팔9구])(?:[ ,-]{0,2}(?:에|다시)?[ ,-]{0,2}${koreanDigit}){7,8}(?!(?!이(?:에요|예요|야|고|라|며|지|랑|나|다|었|요))${koreanDigit})`,
  'g',
)
const englishDigit = '(?:zero|oh|one|two|three|four|five|six|seven|eight|nine|(?:double|triple) \\w+)'
const englishSpoken = new RegExp(`(?<!\\w)${englishDigit}(?:[ ,-]{1,3}${englishDigit}){6,14}(?!\\w)`, 'gi')

/** Telephone numbers in words: `공일공 일이삼사 오육칠팔`, digits mixed in (`공1공-12삼4-5678`), or seven English digits and more. */
export function findSpokenPhones(text: string, report: Report): void {
  for (const expression of [koreanSpoken, englishSpoken]) {
    for (const match of text.matchAll(expression)) report('phone', match.index, match.index + match[0].length)
  }
}
