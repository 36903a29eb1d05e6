import { existsSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { randomStream } from '../../random.ts'
import type { DataRow, RowOutcome, RowStep } from '../step.ts'
import { rules } from './heuristic-rules.ts'
import { heuristicsOptionsSchema, heuristicsStep } from './heuristics.ts'
import { duplicateLines } from './duplicate-lines.ts'
import { presetNames } from './presets.ts'
import { gramSteps, repeatedShares } from './repeated-grams.ts'
import { repetitionOptionsSchema, repetitionStep } from './repetition.ts'
import { scanText } from './scan-text.ts'

interface Case {
  readonly text: string
  readonly gopher: string | null
  readonly repetition: string | null
  readonly c4: string | null
  readonly c4Text: string | null
  readonly fineweb: string | null
  readonly lines: readonly [share: number, characters: number]
  readonly top: Readonly<Record<string, number>>
  readonly duplicate: Readonly<Record<string, number>>
}

const cases = JSON.parse(
  readFileSync(new URL('fixtures/datatrove.json', import.meta.url), 'utf8'),
) as readonly Case[]

/** Our reasons by datatrove's. */
const reasons: Readonly<Record<string, string>> = {
  gopher_short_doc: 'too-few-words',
  gopher_below_avg_threshold: 'short-words',
  gopher_above_avg_threshold: 'long-words',
  gopher_too_many_hashes: 'hash-marks',
  gopher_too_many_ellipsis: 'ellipses',
  gopher_too_many_bullets: 'bullet-lines',
  gopher_too_many_end_ellipsis: 'ellipsis-lines',
  gopher_below_alpha_threshold: 'non-alphabetic-words',
  gopher_enough_stop_words: 'few-stop-words',
  line_punct_ratio: 'unpunctuated-lines',
  short_line_ratio: 'short-lines',
  char_dup_ratio: 'duplicate-lines',
  list_ratio: 'line-ends',
  lorem_ipsum: 'lorem-ipsum',
  curly_bracket: 'curly-brackets',
  too_few_sentences: 'too-few-sentences',
}

const columns = { texts: ['text'], document: ['text'] }

function rowOf(text: unknown): DataRow {
  return { place: { file: 'a.jsonl', number: 1, line: 1 }, values: { text, id: 7 } }
}

async function heuristics(options: object): Promise<RowStep> {
  return heuristicsStep.create(heuristicsOptionsSchema.parse(options), { seed: 1 })
}

async function repetition(options: object): Promise<RowStep> {
  return repetitionStep.create(repetitionOptionsSchema.parse(options), { seed: 1 })
}

function reasonOf(outcome: RowOutcome): string | null {
  return outcome && 'drop' in outcome ? outcome.drop : null
}

function textOf(outcome: RowOutcome, before: string): string {
  return outcome && 'values' in outcome ? (outcome.values['text'] as string) : before
}

const fineweb = {
  preset: 'none',
  language: 'en',
  limits: {
    minimumPunctuatedLines: 0.12,
    maximumShortLines: 0.67,
    maximumDuplicateLineCharacters: 0.01,
    maximumLineEndRatio: 0.3,
  },
}

describe('parity with datatrove', () => {
  it('judges as its Gopher and FineWeb quality filters', async () => {
    const [gopher, web] = [await heuristics({ preset: 'gopher', language: 'en' }), await heuristics(fineweb)]
    for (const { text, gopher: expected, fineweb: webExpected } of cases) {
      expect(reasonOf(gopher.apply(rowOf(text), columns))).toBe(expected && reasons[expected])
      expect(reasonOf(web.apply(rowOf(text), columns))).toBe(webExpected && reasons[webExpected])
    }
  })

  it('leaves of a text what its C4 filter leaves', async () => {
    const c4 = await heuristics({ preset: 'c4', language: 'en' })
    for (const { text, c4: expected, c4Text } of cases) {
      const outcome = c4.apply(rowOf(text), columns)
      // A text without a line left has too few sentences for it.
      const reason = reasonOf(outcome)
      expect(reason === 'empty' ? 'too-few-sentences' : reason).toBe(expected && reasons[expected])
      expect(c4Text === null ? null : textOf(outcome, text).replace(/\n+/g, '\n')).toBe(c4Text)
    }
  })

  it('measures repetition as its Gopher repetition filter', async () => {
    const step = await repetition({ unit: 'word', minimumOccurrences: 2 })
    for (const { text, lines, top, duplicate, repetition: expected } of cases) {
      const scan = scanText(text)
      const repeated = duplicateLines(scan)
      expect(repeated.duplicates / repeated.count).toBeCloseTo(lines[0], 9)
      expect(repeated.characters / scan.characters).toBeCloseTo(lines[1], 9)
      const shares = repeatedShares(scan, 'word', gramSteps([2, 3, 4], [5, 6, 7, 8, 9, 10]))
      for (const [n, share] of Object.entries(top)) {
        expect(shares.top.get(Number(n)) ?? 0).toBeCloseTo(Math.min(1, share), 8)
      }
      for (const [n, share] of Object.entries(duplicate)) {
        expect(shares.duplicate.get(Number(n)) ?? 0).toBeCloseTo(share, 8)
      }
      // A single short line that is one n-gram is repetition for it.
      const short = text.split(/\s+/).length <= 10
      expect(step.apply(rowOf(text), columns) !== undefined).toBe(!short && expected !== null)
    }
  })

  it('meets every reason', () => {
    for (const name of ['gopher', 'repetition', 'c4', 'fineweb'] as const) {
      const met = new Set(cases.map((one) => one[name]))
      expect(met.has(null)).toBe(true)
      expect(met.size).toBeGreaterThan(3)
    }
  })
})

describe('the scan of a text', () => {
  it('counts words, characters, letters, lines and sentences as splitting does', () => {
    const pieces = [
      'word',
      'A.',
      '한국어를',
      'ㅋㅋㅋ',
      '…',
      '...',
      '12',
      '# ',
      '#Person1#:',
      '😀',
      '한글😀a',
      '\n',
      '\n\n',
      ' ',
      '\u3000',
      '!',
      'e.g.',
      '"끝."',
      '\ud800',
      '-',
    ]
    const random = randomStream(5, 1)
    for (let round = 0; round < 500; round++) {
      let text = ''
      for (let k = random.below(40); k >= 0; k--)
        text += random.pick(pieces) + (random.chance(0.5) ? ' ' : '')
      const scan = scanText(text)
      const words = text.split(/\s+/).filter(Boolean)
      expect(scan.words).toBe(words.length)
      const range = [...Array(scan.words).keys()]
      expect(range.map((i) => text.slice(scan.wordStart[i], scan.wordEnd[i]))).toEqual(words)
      expect(range.map((i) => scan.wordLength[i])).toEqual(words.map((word) => [...word].length))
      expect(scan.characters).toBe([...text].length)
      expect(scan.letters).toBe(words.join('').match(/\p{L}/gu)?.length ?? 0)
      expect(scan.hangulLetters).toBe(words.join('').match(/[가-힣ㄱ-ㅎㅏ-ㅣ]/gu)?.length ?? 0)
      expect(scan.alphabeticWords).toBe(words.filter((word) => /\p{L}/u.test(word)).length)
      expect(scan.plainWords).toBe(words.filter((word) => /[^\p{P}\p{S}\p{Cc}\p{Cf}]/u.test(word)).length)
      expect(scan.hashes).toBe(text.replaceAll('#Person1#', '').split('#').length - 1)
      expect(scan.ellipses).toBe((text.match(/\.\.\.|…/g) ?? []).length)
      const lines = text.split('\n')
      if (lines.at(-1) === '') lines.pop()
      expect(scan.lines).toBe(lines.length)
      for (const [i, line] of lines.entries()) {
        expect(scan.lineLength[i]).toBe([...line].length)
        expect(text.slice(scan.lineFirst[i], scan.lineLast[i])).toBe(line.trim())
      }
    }
  })

  it('finds the ends of sentences, and none in titles and initials', () => {
    expect(scanText('Mr. Smith met J. Doe. "Really?" he said... Yes!').sentences).toBe(4)
    expect(scanText('오늘은 비가 온다. 내일은요? 모르겠네').sentences).toBe(3)
  })

  it('gives a text the same measures whatever was scanned before', () => {
    const text = 'one two one two 하나 둘'
    const before = { ...scanText(text) }
    scanText('x '.repeat(5000))
    repeatedShares(scanText('y z '.repeat(9000)), 'word', gramSteps([2], [5]))
    expect(scanText(text)).toMatchObject({ words: before.words, letters: before.letters, text })
    expect(repeatedShares(scanText(text), 'word', gramSteps([2], [])).top.get(2)).toBeCloseTo(14 / 20)
  })
})

describe('repeated n-grams', () => {
  /** By sets of strings, as slow as it is plain. */
  function plainly(units: readonly string[], n: number): { top: number; duplicate: number } {
    const counts = new Map<string, number>()
    for (let i = 0; i + n <= units.length; i++) {
      const gram = units.slice(i, i + n).join(' ')
      counts.set(gram, (counts.get(gram) ?? 0) + 1)
    }
    let top = ['', 1] as [string, number]
    for (const entry of counts) if (entry[1] > top[1]) top = entry
    const seen = new Set<string>()
    let duplicate = 0
    for (let i = 0; i + n <= units.length;) {
      const gram = units.slice(i, i + n)
      if (seen.has(gram.join(' '))) {
        duplicate += gram.join('').length
        i += n
      } else {
        seen.add(gram.join(' '))
        i++
      }
    }
    return { top: top[1] > 1 ? top[0].length * top[1] : 0, duplicate }
  }

  it('are those that sets of strings find, by word and by character', () => {
    const random = randomStream(6, 1)
    const lengths = [2, 3, 4, 7, 10, 25]
    const steps = gramSteps(lengths, lengths)
    for (let round = 0; round < 300; round++) {
      const kinds = 2 + random.below(6)
      const words = Array.from({ length: random.below(60) }, () => `w${'x'.repeat(random.below(kinds))}`)
      const byWord = repeatedShares(scanText(words.join(' ')), 'word', steps)
      // No two alike beside each other: runs of one character are one unit.
      const letters = words.map((word, i) => (i % 2 ? '가나다라마바사' : '아자차카타파하')[word.length - 1]!)
      const byCharacter = repeatedShares(scanText(letters.join('')), 'character', steps)
      for (const n of lengths) {
        const [word, letter] = [plainly(words, n), plainly(letters, n)]
        const size = words.join(' ').length
        expect(byWord.top.get(n) ?? 0).toBeCloseTo(Math.min(1, word.top / size || 0), 9)
        expect(byWord.duplicate.get(n) ?? 0).toBeCloseTo(word.duplicate / size || 0, 9)
        expect(byCharacter.duplicate.get(n) ?? 0).toBeCloseTo(letter.duplicate / letters.length || 0, 9)
      }
    }
  })

  it('by character take a Latin name for one unit and a run for one character', () => {
    const shares = repeatedShares(
      scanText('#Person1#: 네. #Person2#: 네. ㅋㅋㅋㅋㅋㅋㅋㅋ !!!!!!!! 😂😂😂😂😂😂'),
      'character',
      gramSteps([3], [2]),
    )
    expect(shares.top.size + shares.duplicate.size).toBe(0)
  })
})

describe('the step heuristics', () => {
  it('measures shares of words, lines and characters', () => {
    const scan = scanText('ab cd # #\nefgh\n')
    const settings = { korean: false, shortLineLength: 4 }
    expect(rules.maximumHashRatio.measure(scan)).toBeCloseTo(2 / 5)
    expect(rules.maximumShortLines.measure(scan, settings)).toBe(1 / 2)
    expect(rules.minimumMeanWordLength.measure(scan)).toBeCloseTo(8 / 3)
    expect(rules.minimumAlphabeticWords.measure(scan)).toBeCloseTo(3 / 5)
    expect(rules.maximumLineEndRatio.measure(scan)).toBeCloseTo(2 / 5)
  })

  it('asks each rule by itself: just within its limit a text stays, just beyond it goes', async () => {
    const text = 'The cat and the dog... went to bed.\n- No, not yet #2\nThe end\nThe end\nof it have 3 4 … '
    const scan = scanText(text)
    for (const [name, rule] of Object.entries(rules)) {
      const value = rule.measure(scan, { korean: false, shortLineLength: 30 })
      const beyond = rule.bound === 'minimum' ? value + 0.01 : value - 0.01
      const step = async (limit: number) =>
        heuristics({ preset: 'none', limits: { [name]: Math.max(0, limit) } })
      expect((await step(value)).apply(rowOf(text), columns)).toBeUndefined()
      expect((await step(beyond)).apply(rowOf(text), columns)).toMatchObject({
        drop: rule.reason,
        evidence: { value: Math.round(value * 1e4) / 1e4, limit: beyond },
      })
    }
  })

  it('asks Korean texts Korean limits, over those for all', async () => {
    const korean = rowOf('오늘은 날씨가 참 좋네요 그래서 밖에 나갔어요')
    const english = rowOf('it was a fine day today')
    const step = await heuristics({
      preset: 'none',
      limits: { minimumWords: 5 },
      koreanLimits: { minimumWords: 8 },
    })
    expect(reasonOf(step.apply(korean, columns))).toBe('too-few-words')
    expect(step.apply(english, columns)).toBeUndefined()
    const off = await heuristics({
      preset: 'gopher',
      limits: { minimumWords: false, minimumStopWords: false },
    })
    expect(off.apply(korean, columns)).toBeUndefined()
  })

  it('leaves out lorem ipsum, brackets and bad words, these with Korean particles too', async () => {
    const step = await heuristics({
      preset: 'none',
      loremIpsum: true,
      curlyBrackets: true,
      badWords: ['darn', '바보'],
    })
    expect(reasonOf(step.apply(rowOf('so Lorem Ipsum it is'), columns))).toBe('lorem-ipsum')
    expect(reasonOf(step.apply(rowOf('if (x) { y }'), columns))).toBe('curly-brackets')
    expect(reasonOf(step.apply(rowOf('Darn!'), columns))).toBe('bad-words')
    expect(reasonOf(step.apply(rowOf('그 바보는 누구'), columns))).toBe('bad-words')
    expect(step.apply(rowOf('darning socks 왕바보 아님'), columns)).toBeUndefined()
  })

  it('takes lines out by C4’s rules, in every column of the document', async () => {
    const step = await heuristics({ preset: 'c4', limits: { minimumSentences: 1 } })
    const row: DataRow = {
      place: { file: 'a', number: 1, line: 1 },
      values: {
        a: '메뉴\n오늘 우리는 학교에 함께 갔습니다.[1]\n자바스크립트를 켜야 이 화면을 볼 수 있습니다.',
        b: 'We all went home together then.',
        c: 'Menu',
      },
    }
    const two = { texts: ['a', 'b', 'c'], document: ['a', 'b'] }
    const outcome = step.apply(row, two)
    expect(outcome).toEqual({
      values: { a: '오늘 우리는 학교에 함께 갔습니다.', b: 'We all went home together then.', c: 'Menu' },
      changes: { 'unfinished-line': 1, citation: 1, 'script-line': 1 },
    })
    expect(reasonOf(step.apply(rowOf('Menu\nHome'), columns))).toBe('empty')
  })

  it('never throws and changes nothing the second time', async () => {
    const pieces = [
      'Menu\n',
      'This line has quite enough words.\n',
      '이 줄에는 낱말이 넉넉하게 있습니다.\n',
      '[12]',
      '[[1]]',
      '[edit]',
      'we use cookies here every day.\n',
      ' ',
      '\n',
      '{',
      '끝...\n',
      '한글 세 낱말뿐.\n',
      'x'.repeat(1100),
      '...',
      '"',
      '\ud800',
    ]
    const random = randomStream(9, 1)
    const steps = await Promise.all(
      presetNames.map((preset) => heuristics({ preset, limits: { minimumSentences: 0, minimumWords: 0 } })),
    )
    for (let round = 0; round < 400; round++) {
      let text = ''
      for (let k = random.below(12); k >= 0; k--) text += random.pick(pieces)
      for (const step of steps) {
        const outcome = step.apply(rowOf(text), columns)
        const again = step.apply(rowOf(textOf(outcome, text)), columns)
        expect(again).toEqual(reasonOf(outcome) === null ? undefined : outcome)
      }
    }
    for (const step of steps) expect(reasonOf(step.apply(rowOf(null), columns))).toBe('empty')
  })
})

describe('the step repetition', () => {
  it('says what repeats, how long it is and how much of the text', async () => {
    const step = await repetition({})
    expect(step.apply(rowOf('조타조타조타조타조타조타조타조타'), columns)).toMatchObject({
      drop: 'frequent-phrase',
      evidence: { unit: 'character', length: 6 },
    })
    expect(reasonOf(step.apply(rowOf('a b\nc d\na b\na b\n'), columns))).toBe('repeated-lines')
    expect(reasonOf(step.apply(rowOf('a b\nc d\n\na b\nc d\n\ne f'), columns))).toBe('repeated-paragraphs')
    expect(step.apply(rowOf('정말 재밌어요 ㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋ!!!!!!!!!!!!!!'), columns)).toBeUndefined()
    expect(step.apply(rowOf(''), columns)).toBeUndefined()
  })

  it('asks nothing that is switched off', async () => {
    const step = await repetition({
      duplicateLines: false,
      duplicateLineCharacters: false,
      topWordGrams: [],
      duplicateWordGrams: [],
    })
    expect(step.apply(rowOf('a b\na b\na b\na b'), columns)).toBeUndefined()
  })
})

const data = new URL('../../../../shared/data/', import.meta.url)

describe.skipIf(!existsSync(data))('on real text', () => {
  function lines(path: string): string[] {
    return gunzipSync(readFileSync(new URL(path, data)))
      .toString('utf8')
      .split('\n')
      .filter(Boolean)
  }

  async function share(texts: readonly string[], step: RowStep): Promise<number> {
    return texts.filter((text) => reasonOf(step.apply(rowOf(text), columns)) !== null).length / texts.length
  }

  it('short texts pass their presets, and few repeat themselves', async () => {
    const reviews = lines('korean/nsmc-reviews-200k.tsv.gz')
      .slice(1, 20_000)
      .map((line) => line.split('\t')[4] ?? '')
    expect(await share(reviews, await heuristics({ preset: 'review' }))).toBeLessThan(0.01)
    expect(await share(reviews, await repetition({}))).toBeLessThan(0.005)
    const dialogues = lines('summarization/dialogsum-en/dialogsum.train.jsonl.gz')
      .slice(0, 3000)
      .map((line) => (JSON.parse(line) as { dialogue: string }).dialogue)
    expect(await share(dialogues, await heuristics({ preset: 'dialogue' }))).toBeLessThan(0.002)
    expect(await share(dialogues, await repetition({}))).toBeLessThan(0.005)
  })

  it('Korean documents pass Gopher, lists of names do not', async () => {
    const files = new Map<string, string>()
    for (const line of lines('korean/python-docs.en-ko.jsonl.gz')) {
      const { file, ko } = JSON.parse(line) as { file: string; ko: string }
      files.set(file, `${files.get(file) ?? ''}${ko}\n`)
    }
    const documents = [...files.values()].filter((text) => text.length > 500)
    const gopher = await heuristics({ preset: 'gopher' })
    expect(await share(documents, gopher)).toBeLessThan(0.03)
    const nouns = documents.map((text) =>
      text
        .split(/\s+/)
        .filter(
          (word) =>
            /^[가-힣]{2,3}[^가-힣은는이가을를에의도로와과만서게께다요고지면며네죠까니]?$/.test(word) &&
            !/[은는이가을를에의도로와과만서게께다요고지면며네죠까니]$/.test(word),
        )
        .slice(0, 60)
        .join(' '),
    )
    expect(
      await share(
        nouns.filter((text) => text.split(' ').length >= 40),
        gopher,
      ),
    ).toBeGreaterThan(0.9)
  })
})
