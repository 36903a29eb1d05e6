import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import type { Changes } from './changes.ts'
import { unifyWidth } from './character-width.ts'
import { createTextCleaner } from './clean-text.ts'
import { removeControlCharacters } from './control-characters.ts'
import { composeLooseJamo, repairHalfTyped } from './half-typed.ts'
import { decodeEntities } from './html-entities.ts'
import { isAboutMarkup, removeTags } from './html-tags.ts'
import { removeInvisible } from './invisible-characters.ts'
import { repairSpacingFaults } from './korean-spacing.ts'
import { unifyLineEnds } from './line-ends.ts'
import { latinizeLookAlikes } from './look-alikes.ts'
import { dialogSumMasks, maskTokenRepair } from './mask-tokens.ts'
import { repairMojibake } from './mojibake.ts'
import { composeCharacters, separateLoneJamo } from './normal-form.ts'
import { cleanOptionsSchema } from './options.ts'
import { limitEmoji, limitEmoticons, limitJamo, limitMarks, limitMouths } from './repeated-marks.ts'
import { collapseSpaces, limitBlankLines, trimLines, unifySpaces } from './spaces.ts'
import { troublesomeText } from './testing-texts.ts'

const defaults = cleanOptionsSchema.parse({})
const clean = createTextCleaner(defaults)

const off = cleanOptionsSchema.parse({
  mojibake: false,
  html: false,
  lineEnds: false,
  controlCharacters: false,
  zeroWidth: false,
  width: false,
  normalForm: false,
  lookAlikes: false,
  spaces: false,
  blankLines: null,
  maskTokens: [],
  looseJamo: false,
  halfTypedSyllables: false,
  jamoRun: null,
  koreanSpacing: 'off',
  punctuationRun: null,
  emoticonRun: null,
})

/** Every part by itself, without the look that decides whether it starts. */
const parts: Record<string, (text: string) => string> = {
  mojibake: repairMojibake,
  entities: (text) => (isAboutMarkup(text) ? text : decodeEntities(text)),
  tags: removeTags,
  lineEnds: unifyLineEnds,
  width: unifyWidth,
  invisible: removeInvisible,
  control: removeControlCharacters,
  normalForm: composeCharacters,
  loneJamo: separateLoneJamo,
  lookAlikes: latinizeLookAlikes,
  spaces: unifySpaces,
  runsOfSpaces: collapseSpaces,
  masks: maskTokenRepair(dialogSumMasks),
  looseJamo: composeLooseJamo,
  halfTyped: repairHalfTyped,
  koreanSpacing: repairSpacingFaults,
  jamo: (text) => limitJamo(text, 3),
  marks: (text) => limitMarks(text, 3),
  mouths: (text) => limitMouths(text, 3),
  emoticons: (text) => limitEmoticons(text, 3),
  emoji: (text) => limitEmoji(text, 3),
  blankLines: (text) => limitBlankLines(text, 2),
  ends: trimLines,
}

describe('createTextCleaner', () => {
  it('repairs several faults of one text and counts the places', () => {
    const changes: Changes = {}
    expect(clean('\ufeff# person 1 # :정말\u00a0재밌엌ㅋㅋㅋㅋㅋㅋ !!!!!\r\n&lt;3 cafÃ©  ', changes)).toBe(
      '#Person1#: 정말 재밌어ㅋㅋㅋ !!!\n<3 café',
    )
    expect(changes).toMatchObject({
      'mask-token': 2,
      'half-typed-syllable': 1,
      'jamo-run': 1,
      'repeated-punctuation': 1,
      'line-end': 1,
      'html-entity': 1,
      mojibake: 1,
    })
  })

  it('leaves sound texts as they are', () => {
    for (const text of [
      '',
      '안녕하세요. 오늘은 "회의"가 있어요 ㅋㅋㅋ',
      '#Person1#: Hello!\n#Person2#: Hi... how are you?\n#Person1#: Fine, thanks :)',
      'for (let i = 0; i < n; i++) {\n  if (a < b && c > d) f<string>(x)\n}',
      '좋다 ㅇㅇ ㄹㅇ ㅠㅠ ^^ ★★★★★ 10,000원',
      '| a   | b |\n|-----|---|\n| 1   | 2 |',
      '👨‍👩‍👧 ❤️ 🇰🇷 👍🏽 नमस्ते می‌خواهم',
      '5 < 6, AT&T, R&D; x² + y²',
    ]) {
      const changes: Changes = {}
      expect(clean(text, changes)).toBe(text)
      expect(changes).toEqual({})
    }
  })

  it('changes nothing where every part is turned off', () => {
    const idle = createTextCleaner(off)
    for (let number = 0; number < 300; number++) {
      const text = troublesomeText(number)
      expect(idle(text)).toBe(text)
    }
  })

  it('changes nothing the second time, counts exactly when it changes, and leaves work for no part', () => {
    for (let number = 0; number < 2500; number++) {
      const text = troublesomeText(number)
      const changes: Changes = {}
      const once = clean(text, changes)
      expect([text, Object.keys(changes).length > 0]).toEqual([text, once !== text])
      const again: Changes = {}
      expect([text, clean(once, again)]).toEqual([text, once])
      expect(again).toEqual({})
      for (const [name, part] of Object.entries(parts)) {
        expect([name, text, part(once)]).toEqual([name, text, once])
      }
    }
  })

  it('takes time in proportion to the length of texts made against it', () => {
    for (const piece of [
      '<!--',
      '<a x="',
      '&amp;',
      '# ',
      '((((',
      'ㅋ ',
      '^^;',
      'Ã',
      'а',
      'Aа',
      ' \n',
      '\n\n',
      '> ',
      '. ',
      ' .',
      '\u200d',
      'ㅏㄱ',
      '<b>',
    ]) {
      const start = process.cpuUsage()
      clean(piece.repeat(200_000 / piece.length))
      const { user } = process.cpuUsage(start)
      expect([piece, user / 1e6 < 5]).toEqual([piece, true])
    }
  })
})

const data = resolve(import.meta.dirname, '../../../../shared/data')

describe.skipIf(!existsSync(data))('on real rows (needs ../shared/data)', () => {
  const lines = (path: string) => {
    const bytes = readFileSync(resolve(data, path))
    return (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8').trim().split('\n')
  }
  const strings = (path: string) =>
    lines(path).flatMap((line) =>
      Object.values(JSON.parse(line) as object).filter((value): value is string => typeof value === 'string'),
    )
  const sets: [string, () => string[], number][] = [
    [
      'reviews',
      () => lines('korean/nsmc-reviews-200k.tsv.gz').map((line) => line.split('\t')[4] ?? ''),
      0.12,
    ],
    ['English dialogues', () => strings('summarization/dialogsum-en/dialogsum.train.jsonl.gz'), 0.06],
    ['questions and answers', () => lines('korean/chatbot.csv').map((line) => line.trim()), 0.01],
    ['sentences of documentation', () => strings('korean/python-docs.en-ko.jsonl.gz'), 0.1],
    ['comments', () => lines('korean/hate-speech.train.tsv').map((line) => line.split('\t')[0]!), 0.2],
  ]
  it.each(sets)('%s: once is enough, and few rows change', { timeout: 120_000 }, (_, read, most) => {
    const rows = read()
    let changed = 0
    const changedAgain: string[] = []
    for (const row of rows) {
      const once = clean(row)
      if (once !== row) changed += 1
      if (clean(once) !== once) changedAgain.push(row)
    }
    expect(changedAgain).toEqual([])
    expect(changed / rows.length).toBeLessThan(most)
    expect(changed).toBeGreaterThan(0)
  })
})
