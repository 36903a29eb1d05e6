import { cueBefore } from './cues.ts'
import type { Report } from './kinds.ts'
import { plateLetterClass } from './signs.ts'

const month =
  '(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:t(?:ember)?)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\\.?'
const date = [
  '\\d{4} ?[-./] ?\\d{1,2} ?[-./] ?\\d{1,2}',
  '\\d{1,2} ?[-./] ?\\d{1,2} ?[-./] ?\\d{4}',
  '(?:\\d{2,4}년 ?)?\\d{1,2}월 ?\\d{1,2}일',
  '(?:19|20)\\d{6}',
  '\\d{6}(?=생)',
  `${month} \\d{1,2}(?:st|nd|rd|th)?(?:,? \\d{4})?`,
  `(?:the )?\\d{1,2}(?:st|nd|rd|th)?(?: of)? ${month}(?:,? \\d{4})?`,
].join('|')
const born = new RegExp(
  `(?<=(?:생년월일|생일|date of birth|birth ?date|\\bDOB|birthday|\\bI was born)(?:[은는이가]|was|is|'s|on|in|[\\s:：=(]){0,6})(?:${date})(?!\\d)|(?<!\\d)(?:(?:19|20)?\\d{2}년 ?\\d{1,2}월 ?\\d{1,2}일|(?:19|20)\\d{2}[-.]\\d{1,2}[-.]\\d{1,2}\\.?|\\d{6}) ?(?=생(?![가-힣])|생입|생이|생으|에 태어)`,
  'gi',
)

const bornWord = /생|birth|\bDOB\b|I was born|에 태어/i

/** Dates of birth, by what is said right before (`생년월일`, `date of birth`, `I was born on`) or after them (`…생`, `…에 태어`). */
export function findBirthDates(text: string, report: Report): void {
  if (!bornWord.test(text)) return
  for (const match of text.matchAll(born)) {
    report('date-of-birth', match.index, match.index + match[0].trimEnd().length)
  }
}

const region = '(?:서울|부산|대구|인천|광주|대전|울산|경기|강원|충북|충남|전북|전남|경북|경남|제주)'
const plate = new RegExp(
  `(?<![\\w-]|\\d[.,])(${region} ?)?\\d{2,3} ?(${plateLetterClass})( ?)\\d{4}(?![\\w]|[-.,:]\\d| ?(?:년|원|명|개|만|억|천|달러|점|월|일|시|분|회|위))`,
  'g',
)
// What also ends a number in ordinary text: 30도 2015, 10호 1234, 20조 3000.
const ordinary = new Set('도로조호주수부고사서오우구하나거보이')
const englishPlate = /(?<![\w-])(?=[A-Z0-9 -]{0,6}\d)[A-Z0-9]{2,4}[- ]?[A-Z0-9]{2,4}(?![\w-])/g

/** Number plates: Korean (`12가 3456`, `123가4567`, `서울 12 가 3456`), others after a cue such as `license plate`. */
export function findPlates(text: string, report: Report): void {
  for (const match of text.matchAll(plate)) {
    const certain =
      match[1] !== undefined || (!ordinary.has(match[2]!) && match[3] === '' && !match[0].includes(' '))
    if (certain || cueBefore(text, match.index, 30) === 'car-number') {
      report('car-number', match.index, match.index + match[0].length)
    }
  }
}

export function findCuedPlates(text: string, report: Report): void {
  if (!/[Pp]late/.test(text)) return
  for (const match of text.matchAll(englishPlate)) {
    if (!/\d/.test(match[0]) || cueBefore(text, match.index, 30) !== 'car-number') continue
    report('car-number', match.index, match.index + match[0].length)
  }
}
