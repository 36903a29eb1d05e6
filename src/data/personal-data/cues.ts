// A bare number says little; the words before it say what it is. The nearest of them decides.

/** What a word before a number announces. `other`: a number of something that is not personal, such as an order. */
export type Cue =
  | 'phone'
  | 'resident-number'
  | 'social-security-number'
  | 'card'
  | 'bank-account'
  | 'passport'
  | 'driver-licence'
  | 'business-number'
  | 'car-number'
  | 'address'
  | 'other'

const words: Readonly<Record<Cue, string>> = {
  phone:
    '(?:tele)?phone\\b|\\bcell\\b|cellphone|\\bmobile\\b|\\btel\\b|\\bfax\\b|\\bdial\\w*|\\bcall(?: \\w+)? (?:at|on)\\b|\\breach (?:me|us|him|her|them)\\b|\\barea code\\b|\\bcontact number|\\b(?:my|your|his|her|our|their) number\\b|\\b(?:what|which) number\\b|\\bnumber you\\b|\\bcalling from\\b|person call\\b|collect call\\b|\\bhotline\\b|whatsapp|☎|📞|전화|연락|핸드폰|휴대폰|폰 ?번호|팩스|콜센터|고객센터|문의',
  'resident-number': '주민(?:등록)? ?번호|주민등록|외국인(?:등록)? ?번호|\\bRRN\\b|resident registration',
  'social-security-number': '\\bSSN\\b|social security',
  card: '카드 ?번호|신용카드|체크카드|card\\b[^\\n]{0,12}\\bnumber\\b|credit card|debit card|\\bvisa\\b|mastercard|american express|card no\\b',
  'bank-account':
    '계좌|입금|송금|account (?:number|no\\b)|bank account|\\bacct\\b|account is\\b|\\bA/C (?:no|number)\\b|\\bIBAN\\b',
  passport: '여권|passport',
  'driver-licence': "운전 ?면허|면허 ?번호|driver(?:'|’)?s?(?:'|’)? licen[cs]e|driving licen[cs]e",
  'business-number': '사업자',
  'car-number': '차량|번호판|차 ?번호|자동차|license plate|licence plate|number plate|plate number',
  address: '주소|배송지|거주지|사는 곳|본적|\\baddress\\b|\\blives? (?:at|on)\\b|\\bdeliver\\w* to\\b',
  other:
    '(?:confirmation|student|order|room|reference|tracking|policy|serial|ticket|member(?:ship)?|model|invoice|booking|reservation|flight|zip|postal|post|part|product|patent|case|article|version|page|lottery|winning|registration|registered|employee|staff|code|pin) (?:number|code|no\\b)|\\bISBN\\b|\\bISSN\\b|\\bDOI\\b|학번|(?:주문|송장|예약|인증|비밀|우편|상품|일련|운송장|모델|접수|고객|회원|사번|등기|관리|문서|특허|순) ?번호',
}

const expression = new RegExp(
  Object.values(words)
    .map((source) => `(${source})`)
    .join('|'),
  'gi',
)
const cues = Object.keys(words) as Cue[]

/** The cue nearest before a place, at most `distance` characters away. */
export function cueBefore(text: string, place: number, distance: number): Cue | undefined {
  let cue: Cue | undefined
  for (const match of text.slice(Math.max(0, place - distance), place).matchAll(expression)) {
    cue = cues[match.findIndex((group, index) => index > 0 && group !== undefined) - 1]
  }
  return cue
}
