import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { detectableLanguages, detectLanguage, languageConfidence } from './detect-language.ts'
import { languageStep } from './language-step.ts'

/** Sentences that are none of the words lists' own, one for each language that has relatives in its letters. */
const sentences: Readonly<Record<string, string>> = {
  ko: '어제 친구랑 극장에서 봤는데 배우들 연기가 정말 좋았어요.',
  en: 'The delivery arrived two days late and nobody answered my emails.',
  de: 'Der Bäcker verkauft morgens frische Brötchen, aber leider keinen Kuchen.',
  fr: 'Le facteur a laissé un colis devant la porte parce que nous étions absents.',
  es: 'El cartero dejó un paquete delante de la puerta porque no estábamos.',
  pt: 'O carteiro deixou uma encomenda à porta porque não estávamos em casa.',
  it: 'Il postino ha lasciato un pacco davanti alla porta perché non eravamo in casa.',
  ca: 'El carter va deixar un paquet davant de la porta perquè no hi érem.',
  nl: 'De postbode heeft een pakje voor de deur gelegd omdat wij niet thuis waren.',
  sv: 'Brevbäraren lämnade ett paket utanför dörren eftersom vi inte var hemma.',
  da: 'Postbuddet lagde en pakke foran døren, fordi vi ikke var hjemme.',
  fi: 'Postinkantaja jätti paketin oven eteen, koska emme olleet kotona.',
  pl: 'Listonosz zostawił paczkę przed drzwiami, ponieważ nie było nas w domu.',
  cs: 'Pošťák nechal balík přede dveřmi, protože jsme nebyli doma.',
  hu: 'A postás az ajtó előtt hagyta a csomagot, mert nem voltunk otthon.',
  ro: 'Poștașul a lăsat un colet în fața ușii pentru că nu eram acasă.',
  tr: 'Postacı evde olmadığımız için paketi kapının önüne bıraktı.',
  vi: 'Người đưa thư để gói hàng trước cửa vì chúng tôi không có ở nhà.',
  id: 'Tukang pos meninggalkan paket di depan pintu karena kami tidak ada di rumah.',
  ru: 'Почтальон оставил посылку у двери, потому что нас не было дома.',
  uk: 'Листоноша залишив посилку біля дверей, бо нас не було вдома.',
  bg: 'Пощальонът остави пратка пред вратата, защото не бяхме вкъщи.',
  ja: '留守だったので、配達員は荷物をドアの前に置いていった。',
  zh: '因为我们不在家，邮递员把包裹放在了门口。',
  ar: 'ترك ساعي البريد الطرد أمام الباب لأننا لم نكن في المنزل.',
  fa: 'پستچی بسته را جلوی در گذاشت چون ما در خانه نبودیم.',
  hi: 'हम घर पर नहीं थे इसलिए डाकिया पार्सल दरवाज़े पर छोड़ गया।',
  th: 'บุรุษไปรษณีย์วางพัสดุไว้หน้าประตูเพราะเราไม่อยู่บ้าน',
  el: 'Ο ταχυδρόμος άφησε ένα δέμα μπροστά στην πόρτα.',
  he: 'הדוור השאיר חבילה ליד הדלת כי לא היינו בבית.',
}

describe('detectLanguage', () => {
  it.each(Object.entries(sentences))('knows a sentence in %s', (language, text) => {
    const found = detectLanguage(text)
    expect(found.language).toBe(language)
    expect(found.confidence).toBeGreaterThan(0.5)
    expect(found.confidence).toBeLessThanOrEqual(1)
    expect(detectableLanguages).toContain(language)
  })

  it('takes mixed text for the language whose letters lead', () => {
    expect(detectLanguage('Python의 print 함수로 list를 출력하는 방법을 알려 주세요').language).toBe('ko')
    expect(detectLanguage('아이폰 iPhone 15 Pro Max 배터리 어때요?').language).toBe('ko')
    expect(detectLanguage('The word 김치 means fermented vegetables in Korean.').language).toBe('en')
    expect(detectLanguage('大韓民國의 憲法은 누구에게나 평등하다').language).toBe('ko')
    expect(detectLanguage('ㅋㅋㅋㅋ ㅠㅠ').language).toBe('ko')
    expect(detectLanguage('東京タワーへ行きました').language).toBe('ja')
  })

  it.each([
    '',
    '   \n',
    '12,345 + 67 = 12,412',
    '2024-03-01 10:22:51 :: 404',
    '!!! ??? ...',
    '👍👍👍',
    'for (let i = 0; i < rows.length; i++) { total += rows[i].price * 2; }',
    'result = [x ** 2 for x in range(10) if x % 2 == 0]\nprint(result[0])',
  ])('finds no language in %j', (text) => {
    expect(detectLanguage(text)).toMatchObject({ language: 'unknown', confidence: 0 })
  })

  it('is as sure of a text in normal form D', () => {
    for (const language of ['ko', 'fr', 'vi', 'cs']) {
      const text = sentences[language]!
      expect(detectLanguage(text.normalize('NFD')).language).toBe(language)
    }
  })

  it('is less sure of a word than of a sentence, and gives shares that add up to one at most', () => {
    expect(detectLanguage('ok').confidence).toBeLessThan(detectLanguage(sentences.en!).confidence)
    for (const text of [...Object.values(sentences), 'ok', 'no', 'Ich habe a question']) {
      const sum = languageConfidence(text, new Set(detectableLanguages))
      expect(sum).toBeLessThanOrEqual(1 + 1e-9)
      expect(sum).toBeGreaterThanOrEqual(detectLanguage(text).confidence - 1e-9)
    }
  })

  it('does not change its mind because a long text opens with a foreign quotation', () => {
    const text = `${sentences.fr!.repeat(2)} ${sentences.en!.repeat(40)}`
    expect(detectLanguage(text).language).toBe('en')
  })
})

describe('the step', () => {
  const columns = { texts: ['text'], document: ['text'] }
  const apply = async (options: object, text: string) => {
    const step = await languageStep.create(languageStep.options.parse(options), { seed: 1 })
    return step.apply(
      { place: { file: 'a', number: 1, line: 1 }, values: { text, other: '한국어' } },
      columns,
    )
  }

  it('keeps the languages named and says what else it found', async () => {
    expect(await apply({ languages: ['ko'] }, sentences.ko!)).toBeUndefined()
    expect(await apply({ languages: ['ko'] }, sentences.ja!)).toMatchObject({
      drop: 'other-language',
      evidence: { language: 'ja', threshold: 0.5 },
    })
    expect(await apply({ languages: ['en'] }, 'x = [1, 2][0]; y = {3}')).toMatchObject({
      drop: 'no-language',
    })
    expect(await apply({ languages: ['en', 'unknown'] }, 'x = [1, 2][0]; y = {3}')).toBeUndefined()
    expect(await apply({ languages: ['en'], threshold: 0.99 }, 'ok no radio')).toMatchObject({
      drop: expect.stringMatching(/^(uncertain|other)-language$/),
    })
    expect(await apply({ languages: ['ko'], column: 'other' }, sentences.en!)).toBeUndefined()
  })

  it('adds up the confidence of near relatives that are both kept', async () => {
    const text = 'Han kommer fra Norge og bor i København'
    const both = languageConfidence(text, new Set(['da', 'no']))
    const single = Math.max(...['da', 'no'].map((language) => languageConfidence(text, new Set([language]))))
    expect(both).toBeGreaterThan(single)
    expect(await apply({ languages: ['da', 'no'], threshold: (both + single) / 2 }, text)).toBeUndefined()
  })

  it('refuses a language that it does not know', () => {
    expect(languageStep.options.safeParse({ languages: ['english'] }).success).toBe(false)
    expect(languageStep.options.safeParse({}).success).toBe(false)
  })
})

const data = resolve(import.meta.dirname, '../../../../../shared/data')
describe.skipIf(!existsSync(data))('on real texts (needs ../shared/data)', () => {
  const read = (path: string): string => {
    const bytes = readFileSync(resolve(data, path))
    return (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString()
  }
  const lines = (path: string) => read(path).split('\n').filter(Boolean)
  const accuracy = (texts: readonly string[], language: string): number =>
    texts.filter((text) => detectLanguage(text).language === language).length / texts.length

  it.each(['de', 'en', 'es', 'fr', 'ja', 'zh'])('knows every question of MGSM in %s', (language) => {
    const questions = lines(`evaluation/mgsm/mgsm_${language}.tsv`).map((line) => line.split('\t')[0]!)
    expect(accuracy(questions, language)).toBe(1)
    const beginnings = questions.map((text) =>
      /[ぁ-ん一-龥]/.test(text) ? text.slice(0, 10) : text.split(' ').slice(0, 4).join(' '),
    )
    expect(accuracy(beginnings, language)).toBeGreaterThan(0.84)
  })

  it('knows short Korean reviews and questions', () => {
    const reviews = lines('korean/nsmc-reviews-200k.tsv.gz')
      .slice(1, 20_001)
      .map((line) => line.split('\t')[4]!)
    expect(accuracy(reviews, 'ko')).toBeGreaterThan(0.985)
    // Those without Hangul are not Korean.
    expect(
      accuracy(
        reviews.filter((text) => /[가-힣]{4}/.test(text)),
        'ko',
      ),
    ).toBeGreaterThan(0.998)
    const questions = lines('korean/chatbot.csv')
      .slice(1)
      .map((line) => line.split(',')[0]!)
    expect(accuracy(questions, 'ko')).toBeGreaterThan(0.999)
  })

  it('knows English dialogues, summaries, instructions and web pages', () => {
    const rows = lines('summarization/dialogsum-en/dialogsum.dev.jsonl').map((line) => JSON.parse(line))
    expect(
      accuracy(
        rows.map(({ dialogue }) => dialogue),
        'en',
      ),
    ).toBe(1)
    expect(
      accuracy(
        rows.map(({ summary }) => summary),
        'en',
      ),
    ).toBe(1)
    const instructions = JSON.parse(read('instruction/alpaca-5000.en.json')) as { instruction: string }[]
    expect(
      accuracy(
        instructions.map(({ instruction }) => instruction),
        'en',
      ),
    ).toBeGreaterThan(0.99)
    expect(
      accuracy(
        lines('text/c4-300.jsonl').map((line) => JSON.parse(line).text),
        'en',
      ),
    ).toBeGreaterThan(0.99)
  })

  it('takes code for no language', () => {
    const solutions = lines('evaluation/humaneval.jsonl.gz').map(
      (line) => JSON.parse(line).canonical_solution,
    )
    expect(accuracy(solutions, 'unknown')).toBeGreaterThan(0.88)
  })
})
