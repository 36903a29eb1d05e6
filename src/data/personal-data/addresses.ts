import { cueBefore } from './cues.ts'
import type { Report } from './kinds.ts'
import { koreanDistricts, koreanProvinces } from './korean-districts.ts'

const number = '\\d{1,5}(?:-\\d{1,4})?'
// What makes the number a count, an amount or a time.
const noUnit =
  '(?![\\d.,:]*\\d|-\\d| ?(?:번(?!지|길)|년|월|일|시(?!장)|분|명|개|원|점|회|차|살|세|위|편|억|만|천|백|%|퍼센트|km|m\\b|미터|킬로|호선|가지|주년|박|평|대(?!로)|번째|가(?![가-힣])))'
const road = `[가-힣][가-힣0-9·]{0,14}?(?:대로|로|길) ?(?:\\d{1,4}(?:번|[가-하])?길 ?)?(?:지하 ?)?${number}`
const lot = `[가-힣][가-힣0-9]{0,8}[동가리](?: [가-힣]{1,6}리)? ?(?:산 ?)?${number}(?:번지)?`
const unit = '(?:지하 ?\\d층|[0-9A-Za-z가-하]{1,4}동 ?\\d{2,5}호|\\d{1,5}호|\\d{1,4}동|\\d{1,3}층)'
const building =
  '(?:[가-힣A-Za-z0-9]{1,15}(?:아파트|빌라|빌딩|오피스텔|타워|맨션|하우스|타운|주공|상가|센터|APT)|\\([가-힣0-9, ]{2,30}\\))'
const rest = `(?:,? ?${building})?(?:,? ?${unit}){0,3}(?:,? ?\\([가-힣0-9, ]{2,30}\\))?`

const district = /[가-힣]{1,7}[시군구](?= )/g
const afterDistrict = new RegExp(
  `(?: [가-힣]{1,5}[군구])?(?: [가-힣]{1,6}[읍면])? (?:${road}|${lot})${noUnit}${rest}`,
  'y',
)
const beforeDistrict = new RegExp(`(?:${koreanProvinces} )?(?:[가-힣]{1,5}시 )?$`)
const household = /(?<![가-힣A-Za-z0-9-])(?:[가-힣A-Za-z0-9]{1,15} ?)?\d{3,4}동 ?\d{3,4}호(?!선|차|기|점)/g
const cuedRoad = new RegExp(`(?<![가-힣0-9])${road}${noUnit}${rest}`, 'g')

/**
 * Korean addresses down to a building: a city, county or district that exists, then a road with a number
 * (`서울시 강남구 테헤란로 123, 4층`) or a lot (`수원시 팔달구 인계동 1012-3`), with what belongs to it before and after; a flat
 * (`래미안 101동 1203호`); after a cue (`주소`) also a road and number alone. A district without a number tells nobody's door.
 */
export function findKoreanAddresses(text: string, report: Report): void {
  for (const match of text.matchAll(district)) {
    if (!koreanDistricts.has(match[0])) continue
    afterDistrict.lastIndex = match.index + match[0].length
    const after = afterDistrict.exec(text)
    if (!after) continue
    const before = beforeDistrict.exec(text.slice(Math.max(0, match.index - 20), match.index))!
    report('address', match.index - before[0].length, afterDistrict.lastIndex)
  }
  for (const match of text.matchAll(household)) report('address', match.index, match.index + match[0].length)
  for (const match of text.matchAll(cuedRoad)) {
    if (cueBefore(text, match.index, 30) !== 'address') continue
    report('address', match.index, match.index + match[0].length)
  }
}

const suffix =
  '(?:Street|Avenue|Road|Boulevard|Lane|Drive|Court|Place|Square|Terrace|Highway|Parkway|Circle|Crescent|Alley|Way|(?:St|Ave|Rd|Blvd|Ln|Dr|Ct|Pl|Sq|Hwy|Pkwy)\\b\\.?)'
const direction = '(?:(?:North|South|East|West|N|S|E|W|NE|NW|SE|SW)\\b\\.? )?'
const quarter = '(?: (?:North|South|East|West|NE|NW|SE|SW|N|S|E|W)\\b)?'
const name = "(?:[A-Z][A-Za-z'’]*|\\d{1,3}(?:st|nd|rd|th))"
const apartment = '(?:,? (?:Apt|Apartment|Suite|Ste|Unit|Room|Floor|No)\\.? ?#?\\w{1,5}|,? #\\d{1,5})?'
const place = '(?:,? [A-Z][a-z]+(?: [A-Z][a-z]+){0,2},? (?:[A-Z]{2}|[A-Z][a-z]+)\\.? \\d{5}(?:-\\d{4})?)?'
const street = new RegExp(
  `(?<![\\w$€£#.,:/-]|\\d )\\d{1,5}[A-Za-z]?,? ${direction}${name}(?: ${name}){0,3} ${suffix}(?![A-Za-z])${quarter}${apartment}${place}`,
  'g',
)
const numberedStreet = new RegExp(
  `(?<![\\w$€£#.,:/-]|\\d )\\d{1,5} ${direction}\\d{1,3}(?:st|nd|rd|th) ${suffix}(?![A-Za-z])${quarter}${apartment}${place}`,
  'g',
)
const romanised =
  /(?<![\w-])\d{1,4}(?:-\d{1,4})?,? [A-Z][a-z]+(?:-?\d{1,3}(?:beon)?)?-(?:daero|ro|gil)\b(?: \d{1,3}(?:beon)?-gil)?(?:, [A-Z][a-z]+-(?:gu|si|gun|dong|do))*(?:, [A-Z][a-z]+)?/g
const box = /(?<!\w)P\. ?O\. ?Box \d{1,6}|(?<!\w)PO Box \d{1,6}/gi
const timeBefore =
  /(?:\b(?:in|since|of|by|during|until|till|from|the|after|before|around|about|late|early|mid|and|to|at least|over)|[a-z],|\()\s$/i

/**
 * Street addresses as in the US and Britain: a number, one to four capitalised words and a word such as `Street` or `Ave`, with flat,
 * town and postal code after it; PO boxes; Korean ones in Latin letters. A year before a street (`in 1929 Wall Street`) is none.
 */
export function findEnglishAddresses(text: string, report: Report): void {
  for (const expression of [street, numberedStreet]) {
    for (const match of text.matchAll(expression)) {
      const isYear = /^(?:1[5-9]|20)\d\d\b/.test(match[0])
      if (isYear && timeBefore.test(text.slice(Math.max(0, match.index - 12), match.index))) continue
      report('address', match.index, match.index + match[0].length)
    }
  }
  for (const expression of [romanised, box]) {
    for (const match of text.matchAll(expression))
      report('address', match.index, match.index + match[0].length)
  }
}
