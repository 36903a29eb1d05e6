import { passesAccountCheck, passesLuhn } from './check-digits.ts'
import { cueBefore } from './cues.ts'
import type { Report } from './kinds.ts'

/** Issuers by their first digits and the lengths of their numbers (ISO/IEC 7812 and the networks' own pages). */
const issuers: readonly (readonly [prefix: RegExp, lengths: readonly number[]])[] = [
  [/^4/, [13, 16, 19]], // Visa
  [/^(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/, [16]], // Mastercard
  [/^3[47]/, [15]], // American Express
  [/^(?:6011|64[4-9]|65)/, [16, 19]], // Discover
  [/^35(?:2[89]|[3-8])/, [16, 19]], // JCB
  [/^3(?:0[0-5]|[689])/, [14]], // Diners Club
  [/^(?:62|81)/, [16, 17, 18, 19]], // UnionPay
  [/^(?:50|5[6-8]|6[37])/, [16, 19]], // Maestro
  [/^9[0-9]/, [16]], // Korean cards for use at home
]

const card =
  /(?<![\w-]|\d[., ])(?:\d{4}([- .])\d{4}\1\d{4}\1\d{1,4}(?:\1\d{1,3})?|\d{4}([- ])\d{6}\2\d{4,5}|\d{13,19})(?![\w]|[-.,]\d)/g
const saidCard = /(?<![\w-]|\d[., ])\d{3,6}(?:(?: ?- ?| )\d{2,6}){2,4}(?![\w]|[-.,]\d)/g

/**
 * Cards: an issuer's first digits and length, and Luhn's check digit. A Korean card for use at home (it starts with 9) needs
 * its groups of four. After a cue (`카드번호`, `card number`) groups of four are enough: people mistype and invent them.
 */
export function findCards(text: string, report: Report): void {
  for (const match of text.matchAll(card)) {
    const digits = match[0].replace(/\D/g, '')
    const grouped = digits.length !== match[0].length
    const issued = issuers.some(([prefix, lengths]) => lengths.includes(digits.length) && prefix.test(digits))
    const home = digits.startsWith('9') && !grouped
    const known = issued && !home && passesLuhn(digits) && !/^(\d)\1+$/.test(digits)
    if (known) report('card', match.index, match.index + match[0].length)
  }
  for (const match of text.matchAll(saidCard)) {
    const digits = match[0].replace(/\D/g, '').length
    if (digits < 13 || digits > 19 || cueBefore(text, match.index, 120) !== 'card') continue
    report('card', match.index, match.index + match[0].length)
  }
}

/** Banks by a word that is theirs alone, and by one that is a common word unless `은행` or `뱅크` follows. */
const bankWords =
  '국민은행|KB국민|신한은행|신한|우리은행|하나은행|KEB하나|농협|NH|기업은행|IBK|카카오뱅크|카뱅|토스뱅크|케이뱅크|K뱅크|새마을금고|우체국|수협|신협|SC제일|제일은행|씨티은행|한국씨티|부산은행|대구은행|iM뱅크|광주은행|전북은행|경남은행|제주은행|산업은행|산림조합|저축은행|상호금고'
const bankBefore = new RegExp(
  `(?:${bankWords})(?:은행|뱅크|중앙회)?(?: ?계좌)?(?: ?번호)?[\\s:：은는,)(/]{0,4}(?:[가-힣]{2,4}[\\s:)]{1,2})?$`,
)
const bankAfter = new RegExp(`^[\\s,/(]{0,3}(?:${bankWords})`)
// Groups as the banks print them: two or three hyphens, ten to fourteen digits.
const hyphened = /(?<![\w-]|\d[.,])\d{2,6}-\d{2,6}-\d{2,7}(?:-\d{1,4})?(?![\w]|[-.,]\d)/g
const plain = /(?<![\w-]|\d[.,])\d{8,16}(?![\w]|[-.,]\d|\s?(?:원|달러|명|개))/g
const international = /(?<![\w-])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![\w])/g

/** Bank accounts: digits as banks group them beside the name of a Korean bank or after a cue; an IBAN by its check digits. */
export function findBankAccounts(text: string, report: Report): void {
  for (const expression of [hyphened, plain]) {
    for (const match of text.matchAll(expression)) {
      const digits = match[0].replaceAll('-', '').length
      if (digits < 8 || digits > 16) continue
      const end = match.index + match[0].length
      const beside =
        digits >= 10 &&
        (bankBefore.test(text.slice(Math.max(0, match.index - 24), match.index)) ||
          bankAfter.test(text.slice(end, end + 12)))
      if (beside || cueBefore(text, match.index, 50) === 'bank-account') {
        report('bank-account', match.index, end)
      }
    }
  }
  for (const match of text.matchAll(international)) {
    const number = match[0].replaceAll(' ', '')
    if (number.length < 15 || number.length > 34 || !passesAccountCheck(number)) continue
    report('bank-account', match.index, match.index + match[0].length)
  }
}
