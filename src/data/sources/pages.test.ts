import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { beforeEach, describe, expect, it } from 'vitest'
import { readSources, reasonsOf, testFolder, valuesOf } from './testing-sources.ts'

let folder: ReturnType<typeof testFolder>
beforeEach(() => {
  folder = testFolder()
  return () => folder.remove()
})
const fixture = (name: string) => join(import.meta.dirname, 'fixtures', name)

const broth = [
  '육수 내는 법',
  '멸치와 다시마를 찬물에 삼십 분 동안 담가 둡니다. 그다음 중간 불에서 끓이다가 다시마를 건집니다.',
  '똠얌꿍에도 쓰는 육수는 사흘 안에 모두 쓰는 것이 좋습니다.',
].join('\n\n')

describe('WARC of warcio', () => {
  const page = (place: number) => ({
    text: broth,
    title: '육수 내는 법 & 보관',
    url: `https://example.org/${place}`,
    date: '2024-05-01T00:00:00Z',
    language: 'ko',
  })
  const expected = [page(1), page(2), page(3), page(4), 'not-a-page', 'not-a-page', 'nested-too-deep']

  it('gives the text of pages in UTF-8 and CP949, chunked, packed, or said to be so', async () => {
    const read = await readSources([fixture('pages.warc.gz')])
    // Paragraphs that are never closed close one another, as in a browser.
    expect(valuesOf(read).slice(0, 6)).toEqual(expected.slice(0, 6))
    expect(read.rows.map(({ place }) => place.number)).toEqual([1, 2, 3, 4, 5, 6, 7])
    expect(read.faults).toEqual([])
  })

  it('goes on after a record that is damaged, and names one that is cut off', async () => {
    const whole = gunzipSync(readFileSync(fixture('pages.warc.gz')))
    const starts: number[] = []
    for (let at = whole.indexOf('WARC/1.0'); at >= 0; at = whole.indexOf('WARC/1.0', at + 1)) starts.push(at)
    const damaged = Buffer.from(whole)
    damaged.write('XXXX', starts[2]!)
    expect(valuesOf(await readSources([folder.write('a.warc', damaged)])).slice(0, 4)).toEqual([
      page(1),
      'malformed',
      page(3),
      page(4),
    ])
    const cut = whole.subarray(0, starts[2]! + 800)
    expect(valuesOf(await readSources([folder.write('b.warc', cut)]))).toEqual([page(1), 'malformed'])
    expect(valuesOf(await readSources([folder.write('c.warc', 'no archive at all\n')]))).toEqual([
      'malformed',
    ])
  })

  it('a page that unpacks to too much is named', async () => {
    const body = gzipSync(Buffer.alloc(80_000_000))
    const http = Buffer.from('HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\n\r\n')
    const head = `WARC/1.0\r\nWARC-Type: response\r\nContent-Length: ${http.length + body.length}\r\n\r\n`
    const bomb = Buffer.concat([Buffer.from(head), http, body, Buffer.from('\r\n\r\n')])
    expect(valuesOf(await readSources([folder.write('bomb.warc', bomb)]))).toEqual(['zip-bomb'])
  })
})

it('WET gives its texts with their languages', async () => {
  const date = '2024-05-01T00:00:00Z'
  expect(valuesOf(await readSources([fixture('texts.warc.wet.gz')]))).toEqual([
    { text: '육수를 냅니다.\n둘째 줄', url: 'https://example.org/0', date, language: 'kor' },
    { text: 'Broth is made.', url: 'https://example.org/1', date, language: 'eng' },
  ])
})

describe('HTML', () => {
  const row = async (html: string | Uint8Array) =>
    valuesOf(await readSources([folder.write('page.html', html)]))[0]

  it('is read in the encoding that it is in, whatever it says', async () => {
    const html = `<html><head><meta charset="ENC"><title>제목</title></head><body><p>${'본문입니다. 길게 씁니다. '.repeat(9)}</p></body>`
    const text = { title: '제목', text: expect.stringMatching(/^본문입니다\./) }
    expect(await row(html.replace('ENC', 'euc-kr'))).toMatchObject(text)
    expect(await row(`\uFEFF${html}`)).toMatchObject(text)
    expect(await row(Buffer.from(`\uFEFF${html}`, 'utf16le'))).toMatchObject(text)
    const french = Buffer.from(
      html
        .replace('ENC', 'iso-8859-1')
        .replace(/<p>.*<\/p>/, `<p>${'Un été déjà passé. '.repeat(20)}</p>`)
        .replace('제목', 'Été'),
      'latin1',
    )
    expect(await row(french)).toMatchObject({
      title: 'Été',
      text: expect.stringMatching(/^Un été déjà passé\./),
    })
  })

  it('made to be endlessly deep or large is named, not followed', async () => {
    expect(await row('<div>'.repeat(200_000))).toBe('nested-too-deep')
    const entities = Array.from(
      { length: 12 },
      (_, i) => `<!ENTITY l${i + 1} "${`&l${i};`.repeat(10)}">`,
    ).join('')
    const laughs = `<!DOCTYPE html [<!ENTITY l0 "lol">${entities}]><body><p>&l12; ${'Nothing here is funny. '.repeat(9)}</p>`
    expect(await row(laughs)).toMatchObject({ text: expect.stringMatching(/^(?:\]>\s*)?&l12; Nothing/) })
    expect(await row('<a href=x>menu</a>'.repeat(50))).toBe('no-text')
    const started = process.cpuUsage().user
    await row(`<p>${'x <br> '.repeat(200_000)}</p>`)
    await row('<b>'.repeat(900) + 'x</i>'.repeat(200_000))
    expect(process.cpuUsage().user - started).toBeLessThan(15e6)
  })
})

describe('Markdown', () => {
  it('gives front matter as columns, and the text with its code', async () => {
    const path = folder.write(
      'a.md',
      '---\r\ntitle: 육수\r\ntags: [국, 찌개]\r\ndate: 2024-05-01\r\n---\r\n\r\n# 내는 법\r\n\r\n```sh\r\n# no heading\r\n```\r\n',
    )
    expect(valuesOf(await readSources([path]))).toEqual([
      {
        text: '# 내는 법\n\n```sh\n# no heading\n```',
        title: '육수',
        tags: ['국', '찌개'],
        date: '2024-05-01',
      },
    ])
    const plain = folder.write('b.markdown', '```\n# code\n```\n\nBroth\n=====\n\nText --- here\n')
    expect(valuesOf(await readSources([plain]))).toMatchObject([
      { title: 'Broth', text: expect.stringMatching(/^```/) },
    ])
  })

  it('matter that would grow without end, or is none, stays text', async () => {
    const laughs = `---\na: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefgh'.replace(/./g, (name) => `${name}: &${name} [${Array.from({ length: 9 }, () => `*${String.fromCharCode(name.charCodeAt(0) - 1)}`).join(',')}]\n`)}---\ntext\n`
    expect(valuesOf(await readSources([folder.write('a.md', laughs)]))).toMatchObject([
      { text: expect.stringMatching(/^---/) },
    ])
    expect(valuesOf(await readSources([folder.write('b.md', '---\n: [\n---\ntext\n')]))).toMatchObject([
      { text: expect.stringMatching(/^---/) },
    ])
  })
})

describe('dumps of Wikipedia', () => {
  const page = (title: string, text: string, ns = 0, more = '') =>
    `  <page>\n    <title>${title}</title>\n    <ns>${ns}</ns>\n    <id>1</id>\n${more}    <revision>\n      <text bytes="9" xml:space="preserve">${text}</text>\n    </revision>\n  </page>\n`
  const dump = (...pages: string[]) =>
    `<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" xml:lang="ko">\n  <siteinfo>\n    <base>https://ko.wikipedia.org/wiki/%EC%9C%84%ED%82%A4%EB%B0%B1%EA%B3%BC:%EB%8C%80%EB%AC%B8</base>\n    <namespaces><namespace key="6" case="first-letter">파일</namespace><namespace key="14" case="first-letter">분류</namespace></namespaces>\n  </siteinfo>\n${pages.join('')}</mediawiki>\n`

  it('give their articles, without redirects and other pages', async () => {
    const text = dump(
      page('육수', "'''육수'''(肉水)는 고기를 삶아 낸 물이다. &amp;lt;br&amp;gt; A &amp;amp; B"),
      page('국물', '#넘겨주기 [[육수]]', 0, '    <redirect title="육수" />\n'),
      page('토론:육수', '토론', 1),
      page('닭 육수?', '닭을 삶은 물.'),
    )
    const expected = [
      {
        text: '육수(肉水)는 고기를 삶아 낸 물이다. <br> A & B',
        title: '육수',
        url: 'https://ko.wikipedia.org/wiki/%EC%9C%A1%EC%88%98',
      },
      {
        text: '닭을 삶은 물.',
        title: '닭 육수?',
        url: 'https://ko.wikipedia.org/wiki/%EB%8B%AD_%EC%9C%A1%EC%88%98%3F',
      },
    ]
    expect(valuesOf(await readSources([folder.write('a.xml', text)]))).toEqual(expected)
    expect(valuesOf(await readSources([folder.write('a.xml.gz', gzipSync(text))]))).toEqual(expected)
    const cut = text.slice(0, text.lastIndexOf('</page>'))
    expect(valuesOf(await readSources([folder.write('b.xml', cut)]))).toEqual([expected[0], 'malformed'])
  })

  it('that are other XML are refused', async () => {
    expect(reasonsOf(await readSources([folder.write('a.xml', '<rows><row/></rows>')]))).toEqual([
      'unknown-format',
    ])
  })
})

describe('paragraphs of plain text', () => {
  it('are put together to passages, the same as for pretraining', async () => {
    const { readTexts } = await import('../../recipes/read-texts.ts')
    const text = Array.from(
      { length: 300 },
      (_, i) => `${'육수를 낸다. '.repeat(i % 9)}\n둘째 줄 ${i}\n${i % 3 === 0 ? '\n' : ''}`,
    ).join('')
    const path = folder.write('a.txt', text)
    const passages: string[] = []
    for await (const passage of readTexts([{ path, passages: 'paragraphs' }], { columns: [] }))
      passages.push(passage)
    const read = await readSources([path], { passages: 'paragraphs' })
    expect(valuesOf(read)).toEqual(passages.map((text) => ({ text })))
    expect(passages.length).toBeGreaterThan(3)
    expect(read.rows[0]!.place.line).toBe(2)
    expect(read.rows[1]!.place.line).toBeGreaterThan(10)
  })
})
