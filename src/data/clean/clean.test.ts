import { describe, expect, it } from 'vitest'
import type { DataRow, RowOutcome, TextColumns } from '../step.ts'
import { cleanStep } from './clean.ts'

const columns: TextColumns = { texts: ['dialogue', 'summary'], document: ['dialogue'], summary: 'summary' }

async function apply(values: Record<string, unknown>, options: object = {}): Promise<RowOutcome> {
  const row: DataRow = { place: { file: 'a.jsonl', number: 1, line: 1 }, values }
  const step = await cleanStep.create(cleanStep.options.parse(options), { seed: 1 })
  return step.apply(row, columns)
}

describe('clean', () => {
  it('cleans the text columns alone, and counts places of all of them', async () => {
    const values = { fname: ' x ', dialogue: '#Person1#: 네!!!!!', summary: '좋다~~~~~', topic: 3 }
    expect(await apply(values)).toEqual({
      values: { ...values, dialogue: '#Person1#: 네!!!', summary: '좋다~~~' },
      changes: { 'repeated-punctuation': 2 },
    })
    expect(values.dialogue).toBe('#Person1#: 네!!!!!')
  })

  it('lets a sound row and what is no text go on as they are', async () => {
    expect(await apply({ dialogue: '#Person1#: 네', summary: '좋다' })).toBeUndefined()
    expect(await apply({ dialogue: null, summary: ['  '] })).toBeUndefined()
    expect(await apply({})).toBeUndefined()
  })

  it('turns each part off by its option', async () => {
    const faults: Record<string, [unknown, string]> = {
      mojibake: [false, 'cafÃ©'],
      html: [false, 'a<br>b'],
      lineEnds: [false, 'a\r\nb'],
      controlCharacters: [false, 'a\u0007b'],
      zeroWidth: [false, 'a\u200bb'],
      width: [false, 'ＡＢ'],
      normalForm: [false, '가'.normalize('NFD')],
      lookAlikes: [false, 'pаypal'],
      spaces: [false, 'a  b '],
      blankLines: [null, 'a\n\n\n\n\nb'],
      maskTokens: [[], '# Person1 #'],
      looseJamo: [false, 'ㅇㅏㄴㄴㅕㅇ'],
      halfTypedSyllables: [false, '네욬ㅋ'],
      jamoRun: [null, 'ㅋㅋㅋㅋ'],
      koreanSpacing: ['off', '영화 에서 봤다'],
      punctuationRun: [null, 'a!!!!'],
      emoticonRun: [null, '^^;^^;^^;^^;'],
    }
    for (const [option, [value, text]] of Object.entries(faults)) {
      expect([option, (await apply({ dialogue: text })) === undefined]).toEqual([option, false])
      const alone = option === 'lineEnds' ? { controlCharacters: false, spaces: false } : {}
      expect([option, await apply({ dialogue: text }, { [option]: value, ...alone })]).toEqual([
        option,
        undefined,
      ])
    }
    expect(Object.keys(faults).length + 1).toBe(Object.keys(cleanStep.options.parse({}) as object).length)
  })

  it('refuses options it does not know', () => {
    expect(cleanStep.options.safeParse({ jamoruns: 2 }).success).toBe(false)
    expect(cleanStep.options.safeParse({ jamoRun: 0 }).success).toBe(false)
    expect(cleanStep.options.safeParse({ maskTokens: [{ name: '#x#' }] }).success).toBe(false)
  })
})
