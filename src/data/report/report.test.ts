import { parseDocument } from 'htmlparser2'
import { describe, expect, it } from 'vitest'
import {
  barChart,
  flowChart,
  formatShare,
  formatShort,
  histogram,
  type Markup,
  markup,
  niceTicks,
  reportPage,
  tableOf,
} from './index.ts'
import { cutText, textWidth } from './text-width.ts'

const nasty = `<script>alert("1")</script> & 'x' \u0000\u202e\ud800 학교`

interface Node {
  readonly name?: string
  readonly data?: string
  readonly attribs?: Readonly<Record<string, string>>
  readonly children?: readonly Node[]
}

function elements(text: string): Node[] {
  const all = (node: Node): Node[] => [node, ...(node.children ?? []).flatMap(all)]
  return all(parseDocument(text, { xmlMode: true }) as unknown as Node)
}

function numbersOf(picture: Markup, element: string, attribute: string): number[] {
  return elements(picture.text)
    .filter(({ name, attribs }) => name === element && attribs?.[attribute] !== undefined)
    .map(({ attribs }) => Number(attribs![attribute]))
}

describe('markup', () => {
  it('shows any text as it is and lets none of it be an element', () => {
    const page = reportPage({
      title: nasty,
      lead: nasty,
      facts: [{ name: nasty, value: nasty, note: nasty }],
      sections: [
        {
          id: 'a',
          title: nasty,
          cards: [
            { title: nasty, body: barChart([{ label: nasty, value: 1 }], { title: nasty }) },
            {
              title: nasty,
              body: histogram([{ from: 0, to: 1, count: 1 }], {
                title: nasty,
                unit: nasty,
                marks: [{ at: 1, label: nasty }],
              }),
            },
            { title: nasty, body: tableOf([{ head: nasty }], [[nasty]]) },
            {
              title: nasty,
              body: flowChart(
                [{ label: nasty, rowsIn: 2, rowsOut: 1, reasons: [{ label: nasty, rows: 1 }] }],
                nasty,
              ),
            },
          ],
        },
      ],
    })
    expect(elements(page).some(({ name }) => name === 'script')).toBe(false)
    // oxlint-disable-next-line no-control-regex
    expect(page).not.toMatch(/[\u0000\u202e]|\p{Surrogate}/u)
    const heading = elements(page).find(({ name }) => name === 'h1')!
    expect(heading.children![0]!.data).toBe(
      ['\u0000', '\u202e', '\ud800'].reduce((text, letter) => text.replace(letter, '\ufffd'), nasty),
    )
  })

  it('asks for nothing from elsewhere', () => {
    const page = reportPage({ title: 'x', lead: 'y', facts: [], sections: [] })
    expect(page).not.toMatch(/https?:|url\(|@import|<script/)
  })

  it('joins lists, leaves undefined out and keeps what is markup', () => {
    expect(markup`<a>${[1, undefined, markup`<b/>`, '<']}</a>`.text).toBe('<a>1<b/>&lt;</a>')
  })
})

describe('pictures', () => {
  it('bars are as long as their values, within the picture', () => {
    const picture = barChart(
      [
        { label: '쇼핑', value: 40 },
        { label: 'job interview', value: 10 },
        { label: 'none', value: 0 },
      ],
      { title: 'topics' },
    )
    const widths = elements(picture.text)
      .filter(({ attribs }) => attribs?.class === 'plain')
      .map(({ attribs }) => Number(attribs!.width))
    expect(widths[0]! / widths[1]!).toBeCloseTo(4, 1)
    expect(widths[2]).toBe(0)
    for (const x of numbersOf(picture, 'text', 'x')) expect(x).toBeLessThanOrEqual(400)
  })

  it.each(['linear', 'logarithmic'] as const)(
    'columns of a %s histogram stand side by side in the frame',
    (axis) => {
      const bins = [1, 2, 4, 8, 16, 32, 64].map((from, index) => ({ from, to: from * 2, count: index * 3 }))
      const picture = histogram(bins, { title: 'lengths', unit: 'words', axis })
      const columns = elements(picture.text)
        .filter(({ name }) => name === 'rect')
        .map(({ attribs }) => ({ from: Number(attribs!.x), to: Number(attribs!.x) + Number(attribs!.width) }))
      expect(columns).toHaveLength(6)
      for (const [index, { from, to }] of columns.entries()) {
        expect(from).toBeGreaterThanOrEqual(columns[index - 1]?.to ?? 42)
        expect(to).toBeLessThanOrEqual(392.1)
      }
    },
  )

  it('a stream narrows by the share of rows that leave it', () => {
    const picture = flowChart(
      [
        { label: 'clean', rowsIn: 100, rowsOut: 100 },
        { label: 'filter', rowsIn: 100, rowsOut: 25 },
      ],
      'rows',
    )
    const [all, quarter] = numbersOf(picture, 'rect', 'width')
    expect(quarter! / all!).toBeCloseTo(0.25, 2)
  })

  it('pictures of nothing can be drawn', () => {
    for (const { text } of [
      barChart([], { title: '' }),
      histogram([], { title: '', unit: '' }),
      flowChart([], ''),
      barChart([{ label: '', value: 0 }], { title: '' }),
    ])
      expect(text).not.toMatch(/NaN|Infinity|undefined/)
  })
})

describe('numbers and labels', () => {
  it('ticks are round, begin at 0 and reach the maximum', () => {
    for (const maximum of [0.003, 1, 7, 9.99, 10, 11, 123, 4_567, 99_999, 1e9]) {
      const ticks = niceTicks(maximum)
      expect(ticks[0]).toBe(0)
      expect(ticks.at(-1)).toBeGreaterThanOrEqual(maximum)
      expect(ticks.at(-2)).toBeLessThan(maximum)
      expect(ticks.length).toBeLessThanOrEqual(8)
    }
  })

  it('a share is 0 or 100 % only where it is none or all', () => {
    expect([0, 1, 0.99999, 0.00001, 0.123, 0.5].map(formatShare)).toEqual([
      '0 %',
      '100 %',
      '99.99 %',
      '0.001 %',
      '12 %',
      '50 %',
    ])
    expect([999, 1000, 12_345, 2.5e6].map(formatShort)).toEqual(['999', '1k', '12.3k', '2.5M'])
  })

  it('a cut text fits, whole characters kept', () => {
    for (const text of ['쇼핑과 주문 그리고 배달', 'a very long label of a topic', '👍👍👍👍👍👍👍']) {
      const cut = cutText(text, 12, 60)
      expect(textWidth(cut, 12)).toBeLessThanOrEqual(60)
      expect(cut).not.toMatch(/\p{Surrogate}/u)
      expect(cut.endsWith('…')).toBe(true)
    }
    expect(cutText('short', 12, 60)).toBe('short')
  })
})
