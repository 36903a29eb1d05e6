import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { DataRow, RowOutcome, RowValues, TextColumns } from '../step.ts'
import { renameSpeakers } from './rename-speakers.ts'
import { speakersOf } from './speakers.ts'
import { speakerSwap } from './speaker-swap.ts'

const columns: TextColumns = { texts: ['dialogue', 'summary'], document: ['dialogue'], summary: 'summary' }

function rowOf(dialogue: string, summary: string, number = 1): DataRow {
  return { place: { file: 'a.jsonl', number, line: number }, values: { id: 'x', dialogue, summary } }
}

async function swap(row: DataRow, options: object = {}): Promise<RowOutcome> {
  const step = await speakerSwap.create(speakerSwap.options.parse(options), { seed: 5 })
  return step.apply(row, columns)
}

function madeOf(outcome: RowOutcome): readonly RowValues[] {
  return outcome !== undefined && 'made' in outcome ? outcome.made : []
}

function rename(text: string, first: string, second: string): string | undefined {
  return renameSpeakers(
    [text],
    new Map([
      [first, second],
      [second, first],
    ]),
  )?.texts[0]
}

describe('renameSpeakers', () => {
  it.each([
    ['#Person1#은 #Person2#에게 전화한다.', '#Person2#는 #Person1#에게 전화한다.'],
    ['#Person1#과 #Person2#는 만난다.', '#Person2#와 #Person1#은 만난다.'],
    ['#Person1#이 #Person2#를 부른다.', '#Person2#가 #Person1#을 부른다.'],
    ['#Person2#라고 부르고 #Person1#으로부터 받는다.', '#Person1#이라고 부르고 #Person2#로부터 받는다.'],
    ['#Person1#로부터 #Person2#님이', '#Person2#로부터 #Person1#님이'],
    ['#Person1# 은행에서', '#Person2# 은행에서'],
    ['#Person1#은행', '#Person2#은행'],
  ])('%s becomes %s', (text, expected) => expect(rename(text, '#Person1#', '#Person2#')).toBe(expected))

  it.each([
    ['민준이가 서아를 만났다.', '서아가 민준을 만났다.'],
    ['민준이는 서아랑 갔다.', '서아는 민준이랑 갔다.'],
    ['서아: 민준아, 어디야?', '민준: 서아야, 어디야?'],
    ['민준: 서아야, 어디야?', '서아: 민준아, 어디야?'],
    ['내 이름은 서아야.', '내 이름은 민준이야.'],
    ['내 이름은 민준이야.', '내 이름은 서아야.'],
    ['민준이에요. 서아예요.', '서아예요. 민준이에요.'],
    ['민준 씨와 서아씨는', '서아 씨와 민준씨는'],
    ['민준이라고 했고 서아였다.', '서아라고 했고 민준이었다.'],
    ['민준이네 집, 서아의 집', '서아네 집, 민준의 집'],
    ['서아입니다. 민준인데요.', '민준입니다. 서아인데요.'],
    ['서아한테는 민준에게도', '민준한테는 서아에게도'],
  ])('%s becomes %s', (text, expected) => expect(rename(text, '민준', '서아')).toBe(expected))

  it.each([
    ['우리 서아야.', '민준', '서아'],
    ['김민준이 왔다.', '민준', '서아'],
    ['서아시아 지도', '민준', '서아'],
    ['김서아: 응\n서아가', '김서아', '박민준'],
    ['Marys left Tom.', 'Mary', 'Tom'],
    ['Mary Smith: Hi\nTell Mary.', 'Mary Smith', 'Tom'],
    ['#Person1#: 네\n#사람1#은 간다', '#Person1#', '#Person2#'],
    ['#Person1#: Yes\nPerson 1 goes', '#Person1#', '#Person2#'],
  ])('%s is left, as it is not sure what stands for whom', (text, first, second) =>
    expect(rename(text, first, second)).toBeUndefined(),
  )

  it('exchanges English names with what hangs on them', () => {
    expect(rename("Mary's dog likes Tom, and Tom’s likes Mary.", 'Mary', 'Tom')).toBe(
      "Tom's dog likes Mary, and Mary’s likes Tom.",
    )
    expect(rename('Tom은 Mary를 만났다.', 'Mary', 'Tom')).toBe('Mary는 Tom을 만났다.')
  })
})

describe('speakersOf', () => {
  it('finds names and marks before turns, and neither times nor pages', () => {
    expect(speakersOf('#Person1#: 안녕\n#Person2#: 응')?.names).toEqual(['#Person1#', '#Person2#'])
    expect(speakersOf('Mr. White: Hi\n상담원 2： 네\n 계속 말함')?.names).toEqual(['Mr. White', '상담원 2'])
    expect(speakersOf('8:30에 만나\n9:30에 만나')).toBeUndefined()
    expect(speakersOf('https://a.org\nhttp://b.org')).toBeUndefined()
    expect(speakersOf('하나\n둘\n셋\n주의: 넷\n참고: 다섯')).toBeUndefined()
  })
})

describe('speaker-swap', () => {
  it('makes a row with the speakers exchanged, and says how', async () => {
    const outcome = await swap(rowOf('#Person1#: Hi\n#Person2#: Hello', '#Person1# greets #Person2#.'))
    expect(outcome).toEqual({
      made: [
        { id: 'x', dialogue: '#Person2#: Hi\n#Person1#: Hello', summary: '#Person2# greets #Person1#.' },
      ],
      recipe: { step: 'speaker-swap', seed: 5 },
      recipes: [{ speakers: { '#Person1#': '#Person2#', '#Person2#': '#Person1#' } }],
    })
  })

  it('moves three speakers on, each copy in another way', async () => {
    const row = rowOf('#A1#: x\n#B2#: y\n#C3#: z', '#A1#, #B2#, #C3#')
    const made = madeOf(await swap(row, { copies: 9 }))
    expect(made.map((values) => values.summary).sort()).toEqual(['#B2#, #C3#, #A1#', '#C3#, #A1#, #B2#'])
  })

  it('exchanges names only where asked to, and neither roles nor men and women', async () => {
    const names = rowOf('민준: 서아야, 밥 먹자\n서아: 그래', '민준이 서아에게 밥을 먹자고 한다.')
    expect(await swap(names)).toBeUndefined()
    expect(madeOf(await swap(names, { speakers: 'both' }))[0]!.summary).toBe(
      '서아가 민준에게 밥을 먹자고 한다.',
    )
    const roles = rowOf('의사: 어디가 아프세요?\n환자: 배요', '환자는 배가 아프다.')
    expect(await swap(roles, { speakers: 'both' })).toBeUndefined()
    const gendered = rowOf('Tom: Hi\nMary: Hello', 'Tom says hello to his friend Mary.')
    expect(await swap(gendered, { speakers: 'names' })).toBeUndefined()
    expect(madeOf(await swap(gendered, { speakers: 'names', gendered: true }))).toHaveLength(1)
  })

  it('leaves what is no dialogue', async () => {
    expect(await swap(rowOf('그냥 글이다.', '글'))).toBeUndefined()
  })

  const data = (name: string) => `../shared/data/summarization/${name}`
  it.skipIf(!existsSync(data('dialogsum-ko/dev.csv')))(
    'gives real rows back when it is done twice (shared/data)',
    async () => {
      const { readRows } = await import('../../formats/rows.ts')
      for (const file of ['dialogsum-ko/dev.csv', 'dialogsum-en/dialogsum.dev.jsonl']) {
        let swapped = 0
        let rows = 0
        for await (const row of readRows(data(file))) {
          if ('error' in row) continue
          rows++
          const { dialogue, summary } = row.values as { dialogue: string; summary: string }
          const outcome = await swap({
            place: { file, number: row.number, line: row.line },
            values: { dialogue, summary },
          })
          for (const made of madeOf(outcome)) {
            const names = speakersOf(dialogue)!.names
            if (names.length > 2) continue
            swapped++
            const back = madeOf(
              await swap({ place: { file, number: row.number, line: row.line }, values: made }),
            )[0]!
            expect(back.dialogue).toBe(dialogue)
            // The particles of the data are not all right (#Person1#와), so the first exchange mends them and the next two give that back.
            const again = madeOf(
              await swap({ place: { file, number: row.number, line: row.line }, values: back }),
            )[0]!
            expect(again.summary).toBe(made.summary)
            expect(
              (again.summary as string).match(/#Person1#[는가를와]|#Person2#[은을과이](?![가-힣])/u),
            ).toBeNull()
          }
        }
        expect(swapped / rows).toBeGreaterThan(0.95)
      }
    },
  )
})
