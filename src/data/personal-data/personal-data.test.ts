import { existsSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { randomStream } from '../../random.ts'
import type { DataRow, RowOutcome, RowStep } from '../step.ts'
import { findPersonalData } from './find.ts'
import { personalDataKinds } from './kinds.ts'
import type { PersonalDataKind } from './kinds.ts'
import { maskPersonalData } from './mask.ts'
import { personalDataOptionsSchema, personalDataStep } from './personal-data.ts'

const options = {
  kinds: new Set<PersonalDataKind>(personalDataKinds),
  spelledOut: false,
  template: '#{kind}#',
  names: {},
  numbered: false,
}

function mask(text: string, more: Partial<typeof options> = {}): string {
  return maskPersonalData([text], { ...options, ...more }).texts[0]!
}

/** In each text the part in brackets is to be masked, and nothing else. */
const found: Record<string, readonly string[]> = {
  PhoneNumber: [
    '제 번호는 [010-1234-5678]입니다.',
    '[01012345678]로 주세요',
    '[010.1234.5678] 또는 [(02)123-4567]',
    '[+82-10-1234-5678]',
    '[+82 10 1234 5678]',
    '문의 [031-8060-2560]로',
    '연락주세요[027071764]',
    '[070-1234-5678], [0502-123-4567]',
    '고객센터 [1588-1234]로 전화하세요',
    '대표번호는 [1577-3082]예요',
    '번호는 ［０１０－１２３４－５６７８］입니다'.replace(/[［］]/g, (c) => (c === '［' ? '[' : ']')),
    'call [(816) 234-7724] or [713-786-0234] or [1-800-500-5500]',
    '[+44 20 7946 0958] and [+1 (555) 555-5555]',
    '[910.538.0115] is the desk',
    "What's your phone number?\n#Person2#: It's [643-0547].",
    'My mobile is [139- 2477 - 4026]. Or [0782-624989]',
    'Hello, [6632278].',
    'My number is [2876543 2].',
  ],
  Email: [
    '[park_river@naver.com] 로',
    '드림..[homemc@hanmail.net]에',
    '<[first.last+tag@mail.example.co.uk]>',
    '[bluedog123@yahoo. com].',
  ],
  SSN: [
    '주민번호 [900101-1234568]',
    '[900101-1234568]',
    '([9001011234568])',
    '[201005-3999999] 아기',
    '외국인 [900101-5234569]',
    '[900101-1******]',
    '주민등록번호는 [900101-1234567]',
    'SSN: [349-95- 8821], then [536-22-1234]',
  ],
  CardNumber: [
    '[4111 1111 1111 1111]',
    '[4111111111111111]',
    '[5500-0000-0000-0004]',
    '[3782 822463 10005]',
    '[3530111333300000]',
    'Your card number please? [4434 1234 5678 9902].',
    '카드번호 [9410-1234-5678-9012]이에요',
  ],
  AccountNumber: [
    '국민은행 [123456-04-123456] 홍길동',
    '카카오뱅크 [3333-01-1234567]',
    '신한 [110-123-456789]로 보내줘',
    '[110-123-456789] 신한은행',
    '계좌번호: [1002123456789]',
    'The account number is [15273478841].',
    'IBAN [GB82 WEST 1234 5698 7654 32]',
  ],
  PassportNumber: [
    '여권번호 [M12345678]',
    '여권 번호는 [M123A4567]입니다',
    'Passport Number [87637489]. Right?',
  ],
  DriverLicenseNumber: ['면허는 [11-12-345678-90]', '[서울 12-345678-90]'.replace('서울 12', '서울-12')],
  BusinessNumber: ['[124-81-00998] 삼성전자', '사업자등록번호: [1234567890]', '사업자번호 [123-45-67890]'],
  Address: [
    '[서울특별시 강남구 테헤란로 123, 4층]에 살아요',
    '[서울 강남구 테헤란로12길 34-5 101동 202호] 우편',
    '[경기도 수원시 팔달구 인계동 1012-3번지]',
    '[광양시 황금동 산 187-7번지]',
    '집은 [래미안 101동 1203호]예요',
    '주소는 [한누리대로 2130]입니다',
    'I live at [345 Lincoln Avenue]. Oklahoma',
    '[456 Cherry Drive, Pasadena, CA 91170].',
    'at [221B Baker Street] and [12616 N 44th Ave, Phoenix, AZ 85018]. He',
    '[152 Teheran-ro, Gangnam-gu, Seoul]',
    'write to [P.O. Box 1234] soon',
  ],
  IpAddress: [
    'from [93.184.216.34] port 80',
    '서버는 [8.8.8.8]입니다',
    '[2606:2800:220:1:248:1893:25c8:1946]',
  ],
  Credential: ['https://[user:pa55]@db.example.com/x', 'https://a.io/x?token=[abcdef123456]&y=1'],
  ApiKey: [
    'key [sk-proj-abcdEFGH1234ijklMNOP5678]',
    '[ghp_0123456789abcdefghijABCDEFGHIJ012345]',
    '[AKIAIOSFODNN7EXAMPLE]',
    'API_KEY="[f81d4fae7dec11d0a76500a0c91e6bf6]"',
  ],
  CarNumber: [
    '[12가3456] 차가',
    '[서울 12 가 3456]',
    '차량번호 [123하 4567]',
    'plate number?\n#Person2#: [SAY 201].',
  ],
  DateOfBirth: [
    '생년월일: [1990년 5월 5일]',
    'date of birth: [05/05/1990]',
    '[1997년 5월10일]생입니다',
    'I was born on [January 1st, 1988].',
  ],
}

const left = [
  '900101-1234560',
  '바코드 8806122901841, 시각 1502033607598',
  '4111111111111112, 4111 1111 1111 1112',
  '장군의 생애(1544-1610), 명나라는 1588-1644 사이',
  'My phone is off. The order number is 7576385.',
  '내 친구 스스로 12 정도',
  'item 4.3.2.10 says so',
  '10점 만점에 1010101010점, 9876543210',
  '영화는 2014년 09월 19일 20:30에 시작, 20140919일에 방송',
  '가격은 1,234,567원이고 3800-4500원, $1000-$100 = $<<1000-100=900>>900',
  'ISBN 978-3-16-148410-0, ISBN 0-306-40615-2, 9783161484100',
  '바코드 8801062123452, 시각 1700000000000',
  'Python 3.12.1, version 1.2.3.4, Chrome/58.0.30.96, section 4.3.2.10',
  '127.0.0.1 192.168.0.1 10.0.0.1 255.255.255.0 203.0.113.7 ::1 a[1::2] std::vector',
  '1564-1616, 1588-1644, from 1997-2005, pages 1600-2000',
  'pi is 3.14159265358979, 0.4111111111111111, 1e10, 2^31 = 2147483648',
  'He scored 7-1-13-3 and won 30-15, 6-4, 6-4 on 2012-09-30.',
  'Manchester United 2 - 1, 12:30:45.678, 2024-01-02T03:04:05',
  '재밌어요^^&*ㅋ(@ 깜놀@@ @.@ ^@^ @-@',
  '앞으로 3년, 친구 최고로 10점, 스스로 2번, 종로 3가, 서울 시내로 3번, 강남구 역삼동 3번 출구',
  '20조 3000억, 30도 2015, 10호 1234',
  'In 1929 Wall Street crashed. 5 Star hotels, the 42nd floor, 3 Dr. No films',
  'http://blog.naver.com/soyoung8458/220338063588 doi 10.1111/1365-2664.12646',
  "confirmation number. It's 7576385. Phone later. Order number 2135367",
  '전화로 3번 물었고 100000000명이 연락했다',
  'sk-xxxxxxxxxxxxxxxxxxxxxxxx, git@github.com:22, 6011 0000 0000 0000',
  '#Person1#: #PhoneNumber# #Email# #CardNumber#',
]

describe('personal data', () => {
  for (const [name, texts] of Object.entries(found)) {
    it(`masks ${name}`, () => {
      for (const text of texts) {
        expect(mask(text.replace(/[[\]]/g, ''))).toBe(text.replace(/\[[^\]]*\]/g, `#${name}#`))
      }
    })
  }

  it('leaves dates, prices, scores, versions, book numbers and private addresses', () => {
    for (const text of left.filter((line) => !line.includes('git@'))) expect(mask(text)).toBe(text)
  })

  it('finds numbers in words when asked', () => {
    const spoken = [
      '공일공 일이삼사 오육칠팔이에요',
      '공1공-12삼4-5678로',
      'five five five, one two three four.',
    ]
    for (const text of spoken) {
      expect(mask(text)).toBe(text)
      expect(mask(text, { spelledOut: true })).toMatch(/^#PhoneNumber#/)
    }
    expect(mask('일이 삼사일 걸리고 공이 구른다. one two three go', { spelledOut: true })).not.toContain('#')
  })

  it('only looks for the kinds it is told', () => {
    const kinds = new Set<PersonalDataKind>(['email'])
    expect(mask('010-1234-5678 a1@b.com', { kinds })).toBe('010-1234-5678 #Email#')
  })

  it('lets the kind that proves itself win where findings overlap, and then the longer', () => {
    expect(mask('postgres://root:pass@db.example.com')).toBe('postgres://#Credential#@db.example.com')
    expect(mask('계좌 010-1234-5678')).toBe('계좌 #PhoneNumber#')
    expect(mask('계좌번호 900101-1234568')).toBe('계좌번호 #SSN#')
  })

  it('gives the same value the same number and another value another, whatever its spelling', () => {
    const texts = ['010-1234-5678, A@b.com, 010-9999-8888', '+82 10 1234 5678 a@b.com 010-9999-8888']
    expect(maskPersonalData(texts, { ...options, numbered: true }).texts).toEqual([
      '#PhoneNumber1#, #Email1#, #PhoneNumber2#',
      '#PhoneNumber1# #Email1# #PhoneNumber2#',
    ])
  })

  it('gives a new value a number that no mark in the text has', () => {
    expect(mask('#Email2# and x@y.com', { numbered: true })).toBe('#Email2# and #Email3#')
  })

  it('masks what is known from one column in another that does not say what it is', () => {
    const texts = ['계좌번호 알려줘\n1002123456789', '1002123456789로 보낸다', '91002123456789']
    expect(maskPersonalData(texts, options).texts).toEqual([
      '계좌번호 알려줘\n#AccountNumber#',
      '#AccountNumber#로 보낸다',
      '91002123456789',
    ])
  })

  it('changes nothing the second time, in any mixture of what it knows and what it leaves', () => {
    const pieces = [...Object.values(found).flat(), ...left].map((text) => text.replace(/[[\]]/g, ''))
    const joins = [' ', '', '-', '\n', ', ', '/', '.', '#', '입니다 ', '1', ':', '@']
    const random = randomStream(3, 1)
    for (let round = 0; round < 800; round++) {
      let text = ''
      for (let k = 0; k < 4; k++) {
        const piece = random.pick(pieces)
        const from = random.chance(0.5) ? 0 : random.below(piece.length)
        text += piece.slice(from, random.chance(0.5) ? undefined : from + 12) + random.pick(joins)
      }
      for (const numbered of [false, true]) {
        const once = mask(text, { numbered, spelledOut: true })
        expect(mask(once, { numbered, spelledOut: true })).toBe(once)
      }
    }
  })
})

const columns = { texts: ['dialogue', 'summary'], document: ['dialogue'], summary: 'summary' }

function rowOf(values: Record<string, unknown>): DataRow {
  return { place: { file: 'a.jsonl', number: 1, line: 1 }, values }
}

async function step(given: object): Promise<RowStep> {
  return personalDataStep.create(personalDataOptionsSchema.parse(given), { seed: 1 })
}

describe('the step personal-data', () => {
  const row = rowOf({ id: 'x@y.com', dialogue: '전화 010-1234-5678, a@b.com', summary: 'a@b.com', score: 3 })

  it('masks text columns, keeps the others and counts places by kind', async () => {
    const outcome = (await step({})).apply(row, columns)
    expect(outcome).toEqual({
      values: { id: 'x@y.com', dialogue: '전화 #PhoneNumber#, #Email#', summary: '#Email#', score: 3 },
      changes: { phone: 1, email: 2 },
    })
  })

  it('drops with counts and never a value', async () => {
    const outcome = (await step({ action: 'drop' })).apply(row, columns)
    expect(outcome).toEqual({ drop: 'personal-data', evidence: { phone: 1, email: 2 } })
  })

  it('says nothing about a row without any, or without text', async () => {
    const made = await step({})
    expect(made.apply(rowOf({ dialogue: '안녕 10점', summary: null }), columns)).toBeUndefined()
    expect(made.apply(rowOf({ dialogue: ['010-1234-5678'] }), columns)).toBeUndefined()
  })

  it('takes other marks and refuses those that look like personal data', async () => {
    const outcome: RowOutcome = (await step({ template: '<{kind}>', names: { email: 'MAIL' } })).apply(
      row,
      columns,
    )
    expect(outcome).toMatchObject({ values: { summary: '<MAIL>' } })
    await expect(step({ template: '{kind}@example.com' })).rejects.toMatchObject({ code: 'invalid-option' })
    expect(personalDataOptionsSchema.safeParse({ template: 'X' }).success).toBe(false)
  })
})

const data = new URL('../../../../shared/data/', import.meta.url)

describe.skipIf(!existsSync(data))('on real text', () => {
  function lines(path: string): string[] {
    const bytes = readFileSync(new URL(path, data))
    return (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8').split('\n')
  }

  function kindsIn(texts: readonly string[]): Partial<Record<PersonalDataKind, number>> {
    const counts: Partial<Record<PersonalDataKind, number>> = {}
    for (const text of texts) {
      for (const { kind } of findPersonalData(text, options)) counts[kind] = (counts[kind] ?? 0) + 1
    }
    return counts
  }

  it('takes no sum, date or score of word problems, reviews and articles for a number of a person', () => {
    expect(kindsIn(lines('evaluation/gsm8k.train.jsonl.gz'))).toEqual({})
    const articles = kindsIn(lines('text/wikitext2-5k.txt'))
    expect(Object.keys(articles)).toEqual(['address'])
    expect(articles.address).toBeLessThan(10)
    const reviews = kindsIn(
      lines('korean/nsmc-reviews-200k.tsv.gz').filter((line) => /@|\d{5}[^\t]*$/.test(line)),
    )
    expect(reviews.email).toBeGreaterThan(10)
    expect(reviews.card).toBeUndefined()
    expect(reviews['resident-number']).toBeUndefined()
  })

  it('finds what speakers tell each other, and nothing twice', () => {
    const dialogues = lines('summarization/dialogsum-en/dialogsum.train.jsonl.gz')
      .filter(Boolean)
      .slice(0, 2000)
    const texts = dialogues.map((line) => (JSON.parse(line) as { dialogue: string }).dialogue)
    expect(kindsIn(texts).phone).toBeGreaterThan(10)
    for (const text of texts) expect(mask(mask(text))).toBe(mask(text))
  })
})
