import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { measureClassification } from '../classifier/classification-measures.ts'
import { writeTextClassifier } from '../classifier/classifier-file.ts'
import { likeliestLabel } from '../classifier/text-classifier.ts'
import { toxicityStep, trainToxicityClassifier, labelledRows } from './toxicity-step.ts'
import { englishToxicWords, koreanToxicWords } from './toxic-words.ts'
import { createWordMatcher, expandForms } from './word-matcher.ts'

const match = createWordMatcher([...koreanToxicWords, ...englishToxicWords])
const count = (text: string): number => match(text).length

describe('words', () => {
  it.each([
    '아 씨발 진짜',
    '시발놈아',
    'ㅅㅂ 뭐야',
    'ㅅㅂㅋㅋㅋㅋ',
    '시1발',
    '씨~~발',
    '씨 발',
    '아 씨 발 짜증나',
    '시.발',
    '병신아',
    '병/신 같은',
    '이런 병 신.',
    '개새끼들',
    '개1새1끼',
    'ㅂㅅ같다',
    '지랄하네',
    '존나 웃겨',
    '와존나',
    '미친놈들이',
    'What the fuck',
    'FUCKING idiots',
    'fuuuuck',
    'f*ck you',
    'sh1t happens',
    'b!tch',
    'f u c k',
    'f.u.c.k this',
    'you a$$hole',
    'ｆｕｃｋ',
    'fu\u200bck',
    '씨\u200b발',
  ])('are found in %j', (text) => {
    expect(count(text)).toBeGreaterThan(0)
    expect(count(text.normalize('NFD'))).toBe(count(text))
  })

  it.each([
    '다시발견한 곡',
    '동시발생 오류',
    '즉시발송 해드립니다',
    '시발점이 되었다',
    '오후 3시 발 비행기',
    '출발 시 발생하는 소음',
    '김철수 씨 발표 잘 들었습니다',
    '홍길동 씨 발을 다쳤다',
    '민수 씨 발 괜찮아요?',
    '민수씨발표회',
    '감염병신고 절차',
    '병신년에 태어났다',
    '이 병 신기하다',
    '무지개색 기타',
    '동창녀석들',
    '이새끼 고양이는 귀엽다',
    '새끼손가락',
    '보지 못했다. 자지 마라.',
    '한남동 맛집',
    '수고 ㅅㄱ',
    'ㄳ ㅎㅎ',
    'Scunthorpe, Penistone and Lightwater',
    'a classic assessment of assets',
    'the bass player hit it',
    'shiitake mushrooms and shirts',
    'Fukuoka, Nigeria, Niger',
    'snigger and sniggered',
    'it costs $417 or 5417',
    'flame retardant, a sprite kit',
    'U.S. C.K. Louis',
    'this is a test',
    '',
  ])('are not found in %j', (text) => {
    expect(count(text)).toBe(0)
    expect(count(text.normalize('NFD'))).toBe(0)
  })

  it('are counted one by one, where they stand', () => {
    const text = '씨발, 병신 같은 fuck'
    expect(match(text).map(({ start, end }) => text.slice(start, end))).toEqual(['씨발', '병신', 'fuck'])
    expect(match(text).map(({ kind }) => kind)).toEqual(['profanity', 'insult', 'profanity'])
  })

  it('expand their forms', () => {
    expect(expandForms('[ab](x|yz|)1')).toEqual(['ax1', 'ayz1', 'a1', 'bx1', 'byz1', 'b1'])
  })

  it('take no long time over what nearly matches', () => {
    const started = performance.now()
    for (const text of [
      'f*'.repeat(50_000),
      'sh'.repeat(50_000),
      '씨1'.repeat(50_000),
      'f '.repeat(50_000),
      'fuuu'.repeat(30_000),
    ]) {
      match(text)
    }
    expect(performance.now() - started).toBeLessThan(5000)
  })
})

describe('the step', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'yuksu-toxicity-'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  const columns = { texts: ['text'], document: ['text'] }
  const stepOf = (options: object) => toxicityStep.create(toxicityStep.options.parse(options), { seed: 1 })
  const apply = async (options: object, text: string) =>
    (await stepOf(options)).apply({ place: { file: 'a', number: 1, line: 1 }, values: { text } }, columns)

  it('drops a row without repeating its words', async () => {
    const outcome = await apply({}, '야 이 씨발 병신아')
    expect(outcome).toEqual({
      drop: 'toxic-words',
      evidence: { count: 2, allowed: 0, kinds: 'insult, profanity' },
    })
    expect(await apply({ allowed: 2 }, '야 이 씨발 병신아')).toBeUndefined()
    expect(await apply({ lists: ['en'] }, '야 이 씨발 병신아')).toBeUndefined()
    expect(await apply({ lists: [], words: ['바[보부]'] }, '이 바부야')).toMatchObject({
      evidence: { kinds: 'listed' },
    })
    expect(await apply({ ignore: ['씨발라이프'] }, '씨발라이프는 제목이다')).toBeUndefined()
    expect(await apply({}, '좋은 영화였어요')).toBeUndefined()
  })

  it('drops by a classifier, trained at the start or before', async () => {
    const rows = Array.from({ length: 40 }, (_, index) =>
      index % 2 === 0
        ? { comment: `정말 싫은 사람들 ${index} 혐오`, kind: 'bad' }
        : { comment: `오늘 날씨가 참 좋네요 ${index}`, kind: 'fine' },
    )
    const file = join(folder, 'rows.jsonl')
    await writeFile(file, rows.map((row) => JSON.stringify(row)).join('\n'))
    const training = {
      classifier: { files: file, text: 'comment', label: 'kind' },
      toxic: ['bad'],
      threshold: 0.6,
    }
    const dropped = await apply(training, '싫은 사람들 혐오')
    expect(dropped).toMatchObject({ drop: 'toxic-text', evidence: { threshold: 0.6 } })
    expect(await apply(training, '날씨가 좋네요')).toBeUndefined()
    const path = join(folder, 'toxicity.classifier')
    await writeTextClassifier(path, await trainToxicityClassifier(labelledRows([file], 'comment', 'kind')))
    expect(await apply({ ...training, classifier: path }, '싫은 사람들 혐오')).toEqual(dropped)
    await expect(stepOf({ ...training, toxic: ['worse'] })).rejects.toMatchObject({ code: 'unknown-label' })
    const wrong = { classifier: { files: file, text: 'text', label: 'kind' } }
    await expect(stepOf(wrong)).rejects.toMatchObject({ code: 'missing-column' })
  })
})

const data = resolve(import.meta.dirname, '../../../../../shared/data')
describe.skipIf(!existsSync(data))('on real texts (needs ../shared/data)', () => {
  const file = (name: string) => resolve(data, 'korean', name)
  const lines = (path: string) => {
    const bytes = readFileSync(resolve(data, path))
    return (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString().split('\n').filter(Boolean)
  }

  it('finds no words in the documentation of Python, news and web pages', () => {
    for (const path of [
      'korean/python-docs.en-ko.jsonl.gz',
      'korean/klue-nli.dev.json',
      'text/c4-300.jsonl',
      'korean/xnli.dev.ko.tsv',
    ]) {
      expect(
        lines(path)
          .slice(0, 8000)
          .filter((line) => count(line) > 0),
      ).toEqual([])
    }
  })

  it('finds words in comments that people found hateful, and hardly in others', async () => {
    const found = { hate: [0, 0], offensive: [0, 0], none: [0, 0] }
    for await (const { text, label } of labelledRows([file('hate-speech.train.tsv')], 'comments', 'hate')) {
      const counts = found[label as keyof typeof found]
      counts[0]! += count(text) > 0 ? 1 : 0
      counts[1]!++
    }
    const share = ([hits, whole]: readonly number[]) => hits! / whole!
    expect(share(found.hate)).toBeGreaterThan(0.06)
    expect(share(found.none)).toBeLessThan(0.005)
  })

  it('tells hateful, offensive and other comments apart as well as a linear model can', async () => {
    const classifier = await trainToxicityClassifier(
      labelledRows([file('hate-speech.train.tsv')], 'comments', 'hate'),
    )
    const [truth, foretold]: [string[], string[]] = [[], []]
    for await (const { text, label } of labelledRows([file('hate-speech.dev.tsv')], 'comments', 'hate')) {
      truth.push(label)
      foretold.push(likeliestLabel(classifier, text))
    }
    const { accuracy, macroF1 } = measureClassification(truth, foretold)
    expect(accuracy).toBeGreaterThan(0.61)
    expect(macroF1).toBeGreaterThan(0.6)
  })
})
