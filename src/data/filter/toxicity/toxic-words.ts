// Words that mark a text as abusive wherever they stand: a modest list of what has no harmless reading, or whose harmless
// readings are named here. In a form, [ab] is one of the letters and (x|y) one of the strings.
export interface ToxicWord {
  readonly forms: string
  readonly kind: 'profanity' | 'insult' | 'slur' | 'listed'
  /** True where it counts only at the beginning of a word, but for the interjections that are written onto it. */
  readonly start?: boolean
  /** True where it counts only at the end of a word. */
  readonly end?: boolean
  /** Expression for what follows where it is part of another word, from its first character on. */
  readonly notBefore?: string
  /** Expression for what precedes in the same case, up to its last character. */
  readonly notAfter?: string
}

export const koreanToxicWords: readonly ToxicWord[] = [
  // A name with `씨` may be followed by a word that begins with `발`.
  {
    forms: '[씨쒸씌]발',
    kind: 'profanity',
    notBefore: '표|견|생|송|목|가락|바닥|행|음|전|언|달|급|걸음|령|굽|톱|신|의|레|코|라드',
  },
  // `다시발견`, `동시발생`, `시발점` are other words, so it must begin one.
  {
    forms: '[시쉬]발',
    kind: 'profanity',
    start: true,
    notBefore: '점|역|택시|자동차|지|항|표|견|생|송|전|행|음|령|코|레|라드|스',
  },
  { forms: '(씨이|시이|쓰이|쉬이)발', kind: 'profanity', start: true },
  {
    forms: '[씨시](바알|바ㄹ|브알|부럴|뷰럴|벌)',
    kind: 'profanity',
    start: true,
    notBefore: '어|리|레|써|판|금',
  },
  { forms: '씨바', kind: 'profanity', start: true, end: true },
  { forms: '[ㅅㅆ][ㅂㅃ]', kind: 'profanity' },
  { forms: '[ㅅㅆ]발', kind: 'profanity', notBefore: '표|견|생' },
  { forms: '[씨시]ㅂ', kind: 'profanity', start: true },
  {
    forms: '[병븅빙]신',
    kind: 'insult',
    start: true,
    notBefore: '년에|년의|년생|고|환|체|설|속|규|호|청|약|경',
  },
  { forms: '븅딱', kind: 'insult' },
  { forms: '(ㅂㅅ|ㅄ|병ㅅ|ㅂ신|병1신)', kind: 'insult' },
  { forms: '개[새세쉐섀색섹][끼키]', kind: 'insult', notAfter: '무지|번|날|조|고' },
  { forms: '개(쉑|쉨|쉐이|색히|새ㄲ|ㅅㄲ)', kind: 'insult', notAfter: '무지' },
  { forms: '(ㄱㅅㄲ|ㄱㅆㄲ|ㅅㄲ)', kind: 'insult' },
  {
    forms: '[이그저]새끼',
    kind: 'insult',
    start: true,
    notBefore: ' ?(고양이|강아지|손|발|돼지|곰|새|원숭이|사자|호랑이|늑대|양|소|말|오리)',
  },
  { forms: '(미친|씹|좆|호로|썅|쌍)새끼', kind: 'insult' },
  { forms: '미친[년놈]', kind: 'insult', start: true },
  { forms: '미친 [년놈]', kind: 'insult', start: true },
  { forms: '좆', kind: 'profanity' },
  { forms: '[좃졷](같|까|밥|도|나|됐|됬|망)', kind: 'profanity' },
  { forms: 'ㅈ(같|까)', kind: 'profanity' },
  { forms: '존나', kind: 'profanity', start: true },
  { forms: 'ㅈㄴ', kind: 'profanity' },
  { forms: '지랄', kind: 'profanity' },
  { forms: 'ㅈㄹ', kind: 'profanity' },
  { forms: '썅', kind: 'profanity' },
  { forms: '쌍[년놈]', kind: 'insult', start: true },
  { forms: '씹(새|할|년|창|빨)', kind: 'profanity', start: true },
  { forms: '(잡|개잡|화냥|걸레|씨발|시발)년', kind: 'insult', start: true, notBefore: '도|간|에' },
  { forms: '창녀', kind: 'insult', start: true },
  { forms: '[느니](금마|애미|애비)', kind: 'insult', start: true },
  { forms: '[엠엄]창', kind: 'insult', start: true, notBefore: '나|하' },
  { forms: '호로자식', kind: 'insult' },
  { forms: '후레자식', kind: 'insult' },
  { forms: '(한남|한녀|맘|급식|똥꼬|일베)충', kind: 'slur', notBefore: '청|동|북|남' },
  { forms: '(김치|된장)[녀년]', kind: 'slur', start: true },
  { forms: '틀딱', kind: 'slur', start: true },
  { forms: '[꼴]페미', kind: 'slur', start: true },
  { forms: '쪽[바빠]리', kind: 'slur', start: true },
  { forms: '짱(깨|꼴라|꼴|개)', kind: 'slur', start: true },
  { forms: '깜둥이', kind: 'slur', start: true },
  { forms: '전라디언', kind: 'slur', start: true },
  { forms: '메퇘지', kind: 'slur' },
]

/** Whole words with their endings; `Scunthorpe` holds none. */
export const englishToxicWords: readonly ToxicWord[] = [
  { forms: '(mother|)fuck(|s|ed|er|ers|in|ing|face|head|wit|tard|boy)', kind: 'profanity' },
  { forms: '(fck|fuk|fukin|fcking|fking|stfu|gtfo)', kind: 'profanity' },
  { forms: '(bull|horse|dip|)shit(|s|ty|ter|ting|head|heads|hole|holes|show)', kind: 'profanity' },
  { forms: '(a|dumb)ss(hole|holes|hat|hats|wipe)', kind: 'insult' },
  { forms: 'dumbass(|es)', kind: 'insult' },
  { forms: '(son of a |)bitch(|es|y|ing|ass)', kind: 'insult' },
  { forms: 'cunt(|s)', kind: 'insult' },
  { forms: 'dickhead(|s)', kind: 'insult' },
  { forms: 'cocksuck(er|ers|ing)', kind: 'insult' },
  { forms: 'wank(er|ers)', kind: 'insult' },
  { forms: 'twat(|s)', kind: 'insult' },
  { forms: 'whore(|s)', kind: 'insult' },
  { forms: 'slut(|s|ty)', kind: 'insult' },
  { forms: 'fagg(ot|ots|y)', kind: 'slur' },
  { forms: 'nigg(er|ers|a|as|ah|az)', kind: 'slur' },
  { forms: 'kike(|s)', kind: 'slur' },
  { forms: 'wetback(|s)', kind: 'slur' },
  { forms: 'trann(y|ies)', kind: 'slur' },
  { forms: 'kys', kind: 'insult' },
]
