import { describe, expect, it } from 'vitest'
import { randomStream } from '../../random.ts'
import type { DataRow, RowOutcome, TextColumns } from '../step.ts'
import { noise } from './noise.ts'
import { addTypingNoise, type NoiseCounts, type NoiseKind, type NoiseRates } from './typing-noise.ts'

const none: NoiseRates = {
  neighbour: 0,
  drop: 0,
  double: 0,
  swap: 0,
  shift: 0,
  spaceDropped: 0,
  spaceAdded: 0,
  punctuation: 0,
  layout: 0,
}

function noisy(text: string, rates: Partial<NoiseRates>, seed = 1): { text: string; counts: NoiseCounts } {
  const counts: NoiseCounts = {}
  const made = addTypingNoise(text, [], { ...none, ...rates }, randomStream(seed, 0), counts)
  return { text: made, counts }
}

const sentence = '내일 아침 아홉 시에 학교 앞에서 만나자. Bring the two books, please!'

describe('addTypingNoise', () => {
  it('changes nothing at rates of zero', () => {
    expect(noisy(sentence, {})).toEqual({ text: sentence, counts: {} })
  })

  it('types with the other keyboard on', () => {
    expect(noisy('안녕 hello 3', { layout: 1 })).toEqual({ text: 'dkssud ㅗ디ㅣㅐ 3', counts: { layout: 2 } })
  })

  it('leaves out and puts in spaces alone', () => {
    const without = noisy(sentence, { spaceDropped: 1 })
    expect(without.text).toBe(sentence.replace(/ /g, ''))
    expect(without.counts).toEqual({ spaceDropped: sentence.split(' ').length - 1 })
    const within = noisy('가나다 abc', { spaceAdded: 1 })
    expect(within.text).toBe('가 나 다 a b c')
  })

  it('presses shift the other way', () => {
    expect(noisy('aBc', { shift: 1 }).text).toBe('AbC')
    expect(noisy('바빠', { shift: 1 }).text).toBe('빠바')
    expect(noisy('아마', { shift: 1 })).toEqual({ text: '아마', counts: {} })
  })

  it('drops and doubles keys as the input method shows them', () => {
    expect(noisy('abc가', { drop: 1 }).text).toBe('')
    expect(noisy('abc', { double: 1 }).text).toBe('aabbcc')
    expect(noisy('나', { double: 1 }).text).toBe('ㄴ나ㅏ')
    expect(noisy('ab가', { swap: 1 }).text).toBe('baㅏㄱ')
  })

  it('leaves digits, line ends, emoji and other scripts', () => {
    const text = '12:30\n２０２６年 👩‍⚕️ é'
    const rates = { neighbour: 0.2, drop: 0.2, double: 0.2, swap: 0.2, shift: 0.2, spaceDropped: 0 }
    expect(noisy(text, rates).text).toBe(text)
  })

  it('makes mistakes about as often as asked for', () => {
    const long = '나무 아래에서 책을 읽는 사람 the quick brown fox '.repeat(200)
    const keys = 200 * ('skanfodptjcordmfdlfrsmstkfka'.length + 'thequickbrownfox'.length)
    for (const kind of ['neighbour', 'drop', 'double', 'swap'] as const satisfies NoiseKind[]) {
      const made = noisy(long, { [kind]: 0.05 }).counts[kind]!
      expect(made / keys).toBeGreaterThan(0.03)
      expect(made / keys).toBeLessThan(0.07)
    }
  })
})

const columns: TextColumns = { texts: ['dialogue', 'summary'], document: ['dialogue'], summary: 'summary' }
const dialogue =
  '#Person1#: 안녕, 어제 <url> 봤어?\n#Person2#: 응, https://example.org/a 도 #PhoneNumber# 로 왔어.'

function row(number: number): DataRow {
  return {
    place: { file: 'a.jsonl', number, line: number },
    values: { dialogue, summary: '둘이 안부를 묻는다.' },
  }
}

async function apply(options: object, one = row(1), seed = 3): Promise<RowOutcome> {
  const step = await noise.create(noise.options.parse(options), { seed })
  return step.apply(one, columns)
}

const strong = {
  neighbour: 0.2,
  drop: 0.2,
  double: 0.2,
  swap: 0.2,
  shift: 0.2,
  spaceDropped: 0.5,
  spaceAdded: 0.3,
  punctuation: 0.9,
}

describe('noise', () => {
  it('makes rows that keep marks, addresses, names before turns and the summary', async () => {
    const outcome = await apply({ copies: 5, ...strong })
    if (outcome === undefined || !('made' in outcome)) throw new Error('no rows were made')
    expect(outcome.made).toHaveLength(5)
    for (const made of outcome.made) {
      const lines = (made.dialogue as string).split('\n')
      expect(made.dialogue).not.toBe(dialogue)
      expect(made.summary).toBe('둘이 안부를 묻는다.')
      expect(lines.map((line) => line.slice(0, 11))).toEqual(['#Person1#: ', '#Person2#: '])
      for (const kept of [' <url> ', ' https://example.org/a ', ' #PhoneNumber# '])
        expect(made.dialogue).toContain(kept)
    }
    expect(new Set(outcome.made.map((made) => made.dialogue)).size).toBe(5)
    expect(outcome).toMatchObject({ recipe: { step: 'noise', seed: 3 }, recipes: { length: 5 } })
  })

  it('depends on seed and place alone', async () => {
    const first = await apply(strong)
    expect(await apply(strong)).toEqual(first)
    expect(await apply(strong, row(2))).not.toEqual(first)
    expect(await apply(strong, row(1), 4)).not.toEqual(first)
  })

  it('takes the place of the row where that is asked for', async () => {
    const outcome = await apply({ output: 'replace', ...strong })
    expect(outcome).toMatchObject({ values: { summary: '둘이 안부를 묻는다.' } })
    expect(await apply({ output: 'replace', protect: ['.*'], ...strong })).toBeUndefined()
  })

  it('refuses rates that cannot be', async () => {
    expect(noise.options.safeParse({ drop: 1.5 }).success).toBe(false)
    await expect(apply({ drop: 0.7, double: 0.7 })).rejects.toMatchObject({ code: 'noise-rates' })
    await expect(apply({ protect: ['('] })).rejects.toMatchObject({ code: 'noise-protect' })
  })
})
