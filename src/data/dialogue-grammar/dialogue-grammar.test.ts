import { describe, expect, it } from 'vitest'
import { composeDialogues, generateDialogues, type ComposedDialogue } from './dialogue-grammar.ts'
import { english } from './english/english.ts'
import type { Language, Line, Split, Step } from './grammar.ts'
import { korean } from './korean/korean.ts'
import { koreanEnding } from './with-particle.ts'

const splits: Split[] = ['train', 'validation', 'test']
const sample = Object.fromEntries(
  splits.map((split) => [
    split,
    [...composeDialogues({ seed: 17, count: split === 'train' ? 3000 : 1000, split })],
  ]),
) as Record<Split, ComposedDialogue[]>
const all = splits.flatMap((split) => sample[split])

describe('generateDialogues', () => {
  it('repeats itself from the same seed, row by row, and differs for another', () => {
    const texts = (seed: number, count: number) => [...generateDialogues({ seed, count, split: 'train' })]
    const first = texts(5, 60)
    expect(texts(5, 60)).toEqual(first)
    expect(texts(5, 20)).toEqual(first.slice(0, 20))
    const other = new Set(texts(6, 60).map((row) => row.dialogue))
    expect(first.filter((row) => other.has(row.dialogue))).toEqual([])
  })

  it('gives only the languages asked for, under unique ids', () => {
    const rows = [...generateDialogues({ seed: 1, count: 30, split: 'test', languages: ['ko'] })]
    expect(rows.every((row) => row.language === 'ko' && /[가-힣]/.test(row.dialogue))).toBe(true)
    expect(new Set(rows.map((row) => row.id)).size).toBe(30)
    expect(all.filter((row) => row.language === 'ko').length).toBe(all.length / 2)
  })

  it('tells in a summary only what was said', () => {
    for (const row of all) {
      for (const word of row.told) {
        expect(row.summary).toContain(word)
        expect(row.dialogue).toContain(word)
      }
      // Every number, price, date, code and Latin name, by another way than the slots.
      const spoken = row.dialogue.replace(/#Person\d#/g, '')
      for (const [word] of row.summary.replace(/#Person\d#/g, '').matchAll(/[A-Z]?\d(?:[\d,:]*\d)?/g)) {
        expect(spoken).toContain(word)
      }
    }
  })

  it('names only speakers who are there, by number or by an introduced name', () => {
    for (const row of all) {
      for (const [mark] of row.summary.matchAll(/#Person\d#/g)) expect(row.dialogue).toContain(`${mark}: `)
    }
    expect(all.some((row) => !row.summary.includes('#Person'))).toBe(true)
    expect(all.some((row) => row.summary.includes('#Person'))).toBe(true)
  })

  it('shares no dialogue and no name between splits', () => {
    for (const language of [english, korean]) {
      for (const [kind, list] of Object.entries(language.words).filter(([, words]) => words.open)) {
        const { train, validation, test } = list.words
        expect(new Set([...train, ...validation, ...test]).size).toBe(
          train.length + validation.length + test.length,
        )
        for (const split of splits) expect(list.words[split].length, `${kind} ${split}`).toBeGreaterThan(5)
      }
    }
    const seen = new Set(sample.train.map((row) => row.dialogue))
    expect([...sample.validation, ...sample.test].filter((row) => seen.has(row.dialogue))).toEqual([])
    expect(new Set(all.map((row) => row.dialogue)).size).toBe(all.length)
  })

  it('holds out people, brands and titles: none of those in test is ever said in train', () => {
    const train = sample.train.map((row) => row.dialogue).join('\n')
    const words = new Set(train.match(/[\p{L}\p{N}]+/gu))
    const heldOut = (list: readonly string[]) => list.filter((word) => words.has(word.split(' ').at(-1)!))
    expect(heldOut(english.words.person!.words.test)).toEqual([])
    expect(heldOut(english.words.formal!.words.test)).toEqual([])
    expect(heldOut(english.words.brand!.words.test)).toEqual([])
    expect(heldOut(korean.words.formal!.words.test)).toEqual([])
    expect(heldOut(korean.words.brand!.words.test)).toEqual([])
    expect(korean.words.title!.words.test.filter((title) => train.includes(title))).toEqual([])
  })

  it('reaches 2 to 60 turns and 2 to 7 speakers, most dialogues short', () => {
    const turns = all.map((row) => row.turns).sort((x, y) => x - y)
    expect(turns[0]).toBe(2)
    expect(turns.at(-1)).toBeLessThanOrEqual(60)
    expect(turns.at(-1)).toBeGreaterThanOrEqual(55)
    expect(turns[turns.length >> 1]).toBeGreaterThanOrEqual(7)
    expect(turns[turns.length >> 1]).toBeLessThanOrEqual(10)
    expect(new Set(all.map((row) => row.speakers))).toEqual(new Set([2, 3, 4, 5, 6, 7]))
    for (const row of all) {
      const lines = row.dialogue.split('\n')
      expect(lines.length).toBe(row.turns)
      const speakers = lines.map((line) => /^#Person([1-7])#: \S/.exec(line)![1]!)
      expect(new Set(speakers).size).toBe(row.speakers)
      expect(speakers[0]).toBe('1')
      expect(speakers.some((speaker, index) => speaker === speakers[index - 1])).toBe(false)
    }
  })

  it('uses every scenario of both languages', () => {
    for (const language of [english, korean]) {
      const kinds = new Set(
        sample.train.filter((row) => row.language === language.code).flatMap((row) => row.kinds),
      )
      const written = [...language.scenarios, ...language.groups].map((scenario) => scenario.kind)
      expect(new Set(written)).toEqual(kinds)
      expect(kinds.size).toBeGreaterThanOrEqual(12)
    }
  })

  it('writes clean text in normal form C', () => {
    for (const row of all) {
      for (const text of [row.dialogue, row.summary]) {
        expect(text).toBe(text.normalize('NFC'))
        expect(text).not.toMatch(/[{}|]|undefined| {2}|[.?!,]\.|^\s|\s$| [.,?!]/)
      }
      expect(row.summary).toMatch(/\.$/)
    }
  })

  it('tells what comes late: the first three turns hold less than half of it', () => {
    const late = all.filter((row) => row.told.length > 0)
    const inLead = late.map((row) => {
      const lead = row.dialogue.split('\n').slice(0, 3).join('\n')
      return row.told.filter((word) => lead.includes(word)).length / row.told.length
    })
    expect(inLead.reduce((sum, share) => sum + share, 0) / late.length).toBeLessThan(0.4)
  })
})

describe('the Korean grammar', () => {
  const rows = all.filter((row) => row.language === 'ko')

  it('writes summaries in plain style', () => {
    for (const row of rows) for (const sentence of row.summary.split('. ')) expect(sentence).toMatch(/다\.?$/)
  })

  it('keeps one speech level for everybody in a dialogue', () => {
    const polite = /(요|니다|니까|세요|시다|지요|네요)[.?!]$/
    const written = [...korean.scenarios, ...korean.groups]
    const friends = new Set(
      written.filter((scenario) => scenario.setting === 'friends').map(({ kind }) => kind),
    )
    const mixed = rows.filter((row) => {
      const turns = row.dialogue.split('\n').filter((turn) => turn.length > 24)
      const share = turns.filter((turn) => polite.test(turn)).length / Math.max(1, turns.length)
      return friends.has(row.kinds[0]!) ? share > 0 : share < 0.6
    })
    expect(mixed).toEqual([])
  })

  it('puts the particle that fits behind every speaker and number of a summary', () => {
    const forms: Record<string, [string, string]> = {
      은: ['은', '는'],
      는: ['은', '는'],
      과: ['과', '와'],
      와: ['과', '와'],
      을: ['을', '를'],
      를: ['을', '를'],
    }
    let checked = 0
    for (const row of rows) {
      for (const [, word, particle] of row.summary.matchAll(
        /(#Person\d#|[\d,]+원|\d호|[A-Z]\d{4})([은는과와을를])(?= )/g,
      )) {
        const [consonant, vowel] = forms[particle!]!
        expect(particle).toBe(koreanEnding(word!) === 'vowel' ? vowel : consonant)
        checked += 1
      }
    }
    expect(checked).toBeGreaterThan(500)
  })
})

describe.each([english, korean])('the $code grammar as written', (language: Language) => {
  const lines = (steps: readonly Step[]): Line[] =>
    steps.flatMap((step) => ('maybe' in step ? step.maybe : [step]))

  it('greets so that the other one may begin, and has a goodbye for both', () => {
    for (const setting of ['friends', 'service', 'work'] as const) {
      for (const greeting of language.greetings[setting]) expect(greeting.at(-1)!.role).toBe('b')
      for (const exchange of language.smallTalk[setting]) {
        expect(exchange[0]!.role).toBe('a')
        expect(exchange.at(-1)!.role).toBe('b')
      }
      expect(new Set(language.closings[setting].map((exchange) => exchange[0]!.role))).toEqual(
        new Set(['a', 'b']),
      )
      expect(language.smallTalk[setting].length).toBeGreaterThan(20)
    }
  })

  it('has several phrasings for most turns and several ways for most scenarios to end', () => {
    const written = language.scenarios.flatMap(({ opening, outcomes }) => [
      ...lines(opening),
      ...outcomes.flatMap(({ steps }) => lines(steps)),
    ])
    const varied = written.filter((line) => line.phrasings.length > 1)
    expect(varied.length / written.length).toBeGreaterThan(0.8)
    for (const scenario of language.scenarios) expect(scenario.outcomes.length).toBeGreaterThan(1)
  })
})
