import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { Command } from 'commander'
import { parseDocument } from 'htmlparser2'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { registerProfile } from '../../cli/profile.ts'
import { displayWidth } from '../../runs/display-width.ts'
import { rowSource, runCorpusStep } from '../testing-corpus.ts'
import { visible } from './profile-page.ts'
import { profileFiles, profileLines, profilePage, type ProfileReport, profileStep } from './index.ts'

const data = resolve(import.meta.dirname, '../../../../shared/data')
let folder = ''
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'yuksu-profile-'))))
afterEach(async () => {
  vi.restoreAllMocks()
  process.exitCode = undefined
  await rm(folder, { recursive: true })
})

const rows = Array.from({ length: 120 }, (_, at) => ({
  id: at,
  topic: at % 4 === 0 ? '여행' : '쇼핑',
  dialogue:
    at % 4 === 0
      ? `#Person1#: ${at}번째 여행으로 호텔을 예약하고 공항에 갑니다.`
      : `#Person1#: 백화점에서 ${at}만 원에 구두를 사고 영수증을 받았습니다.`,
  summary: at === 5 ? '아주 긴 요약. '.repeat(20) : `손님이 ${at}번 물건을 샀다.`,
}))

async function write(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, content)
  return path
}
const lines = (given: readonly object[]) => given.map((row) => `${JSON.stringify(row)}\n`).join('')

describe('profile', () => {
  it('says what rows of several files hold, and what could not be read', async () => {
    const good = await write('good.jsonl', lines(rows))
    const copies = await write('copies.jsonl.gz', gzipSync(lines(rows.slice(0, 30))))
    const bad = await write(
      'bad.jsonl',
      `${lines(rows.slice(0, 1))}{"dialogue": \n${JSON.stringify({ dialogue: ' ' })}\n`,
    )
    const missing = join(folder, 'missing.jsonl')
    const report = await profileFiles([good, copies, bad, missing])
    expect(report.rows).toBe(152)
    expect(report.withoutText).toBe(1)
    expect(report.files.map(({ rows, unreadable }) => [rows, unreadable])).toEqual([
      [120, 0],
      [30, 0],
      [2, 1],
    ])
    expect(report.unreadable).toEqual({ rows: 1, reasons: { malformed: 1 } })
    expect(report.faults.map(({ file }) => file)).toEqual([missing])
    expect(report.duplicates.exact).toMatchObject({ texts: 30, rows: 30 })
    expect(report.duplicates.exact.most[0]).toMatchObject({ count: 2, place: { file: copies } })
    expect(report.languages[0]).toMatchObject({ language: 'ko' })
    expect(report.topicColumn).toMatchObject({ column: 'topic', topics: 2 })
    expect(report.topicColumn!.largest.map(({ name }) => name)).toEqual(['쇼핑', '여행'])
    const shopping = report.topicColumn!.largest[0]!.terms.map(({ term }) => term)
    expect(shopping).toEqual(expect.arrayContaining(['백화점', '구두', '영수증']))
    expect(shopping).not.toContain('호텔')
    expect(report.columns.find(({ name }) => name === 'topic')).toMatchObject({
      filled: 151,
      missing: 1,
      distinct: 2,
    })
    expect(report.columns.find(({ name }) => name === 'dialogue')!.role).toBe('document')
    expect(report.summary).toMatchObject({
      longer: 2,
      examples: expect.arrayContaining([expect.objectContaining({ row: 6 })]),
    })
    const lengths = rows.map(({ dialogue }) => dialogue.length).toSorted((a, b) => b - a)
    expect(report.lengths.characters).toMatchObject({ max: lengths[0], min: lengths.at(-1) })
    expect(report.outliers[0]!.longest[0]!.value).toBe(lengths[0])
  })

  it('is the same for rows in another order, but for the places it names', async () => {
    const one = await profileFiles([await write('a.jsonl', lines(rows))])
    const other = await profileFiles([await write('b.jsonl', lines(rows.toReversed()))])
    for (const key of ['lengths', 'columns', 'languages', 'terms', 'foundTopics', 'topicColumn'] as const)
      expect(JSON.stringify(other[key])).toBe(JSON.stringify(one[key]))
  })

  it('counts near-duplicates', async () => {
    const words = Array.from({ length: 40 }, (_, at) => `낱말${at}`).join(' ')
    const path = await write(
      'n.jsonl',
      lines([{ text: words }, { text: `${words} 끝` }, { text: '전혀 다른 이야기 하나를 적는다' }]),
    )
    const { duplicates } = await profileFiles([path])
    expect(duplicates.near).toMatchObject({ pairs: 1, clusters: 1, rows: 1 })
    expect((await profileFiles([path], { near: false })).duplicates.near).toBeUndefined()
  })

  it('refuses nothing to read and a column that is not there', async () => {
    await expect(profileFiles([join(folder, 'none.jsonl')])).rejects.toMatchObject({ code: 'no-rows' })
    const path = await write('a.jsonl', lines(rows))
    await expect(profileFiles([path], { topic: 'topics' })).rejects.toThrow(/did you mean topic/)
    await expect(profileFiles([path], { columns: ['dialog'] })).rejects.toThrow(/did you mean dialogue/)
  })

  it('as a step lets all rows go on and leaves a page and its figures', async () => {
    const { plan, outcomes } = await runCorpusStep(
      profileStep,
      rowSource(rows, { texts: ['dialogue', 'summary'], document: ['dialogue'], summary: 'summary' }),
      {},
    )
    expect(new Set(outcomes)).toEqual(new Set([undefined]))
    const [bytes] = plan.files!['profile.json'] as Uint8Array[]
    const report = JSON.parse(new TextDecoder().decode(bytes)) as ProfileReport
    expect(report.rows).toBe(120)
    expect(plan.figures!.rows).toBe(120)
    const [page] = plan.files!['profile.html'] as Uint8Array[]
    expect(new TextDecoder().decode(page)).toBe(profilePage(report))
  })
})

describe('what is shown of it', () => {
  it('a page shows text of rows as text, and asks for nothing from elsewhere', async () => {
    const attack = '</td></svg><script>alert(1)</script><img src=https://x.org/y.png onerror=alert(1)>'
    const path = await write(
      '<b>.jsonl',
      lines([...rows, { ...rows[0], topic: attack, dialogue: attack.repeat(30) }]),
    )
    const page = profilePage(await profileFiles([path]))
    expect(page).toContain('&lt;script&gt;')
    const elements = (node: {
      name?: string
      children?: unknown[]
      attribs?: Record<string, string>
    }): (typeof node)[] => [node, ...(node.children ?? []).flatMap((child) => elements(child as typeof node))]
    const found = elements(parseDocument(page) as never)
    expect(found.filter(({ name }) => name === 'script' || name === 'img')).toEqual([])
    expect(
      found.flatMap(({ attribs }) => Object.keys(attribs ?? {})).filter((name) => name.startsWith('on')),
    ).toEqual([])
    const links = found.flatMap(({ attribs }) =>
      [attribs?.href, attribs?.src].filter((link) => link !== undefined),
    )
    expect(links.filter((link) => !/^(?:#|data:,$)/.test(link))).toEqual([])
    expect(page).not.toMatch(/NaN|undefined|Infinity/)
  })

  it.each([60, 100])('lines fit a terminal of %d columns', async (width) => {
    const report = await profileFiles([await write('a.jsonl', lines(rows))])
    const shown = profileLines(report, width)
    // The first names the file.
    expect(shown.slice(1).filter((line) => displayWidth(line) > width)).toEqual([])
    expect(shown.join('\n')).toMatch(/characters .*\d/)
    expect(shown.join('\n')).toContain('쇼핑')
  })

  it('values that look alike are told apart', () => {
    expect(visible('2\r')).toBe('2\\u{d}')
    expect(visible('가\u200b나 다')).toBe('가\\u{200b}나 다')
    expect(visible('쇼핑 목록')).toBe('쇼핑 목록')
  })

  it('even one row or one character has a page', async () => {
    for (const [name, content] of [
      ['one.txt', '가\n'],
      ['two.csv', 'text\nhello there\n'],
    ] as const) {
      const report = await profileFiles([await write(name, content)])
      expect(profilePage(report)).not.toMatch(/NaN|undefined|Infinity/)
      expect(profileLines(report, 80).join('\n')).not.toMatch(/NaN|undefined|Infinity/)
    }
  })
})

describe('yuksu profile', () => {
  async function run(...words: string[]): Promise<string> {
    let out = ''
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => Boolean((out += String(text))))
    vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    const program = new Command().exitOverride()
    registerProfile(program)
    await program.parseAsync(['profile', ...words], { from: 'user' })
    return out
  }

  it('prints one JSON object, or writes it and a page', async () => {
    const path = await write('a.jsonl', lines(rows))
    expect((JSON.parse(await run(path, '--json')) as ProfileReport).rows).toBe(120)
    const [json, html] = [join(folder, 'p.json'), join(folder, 'p.html')]
    for (let time = 0; time < 2; time++) await run(path, '--json', json, '--html', html)
    expect((JSON.parse(await readFile(json, 'utf8')) as ProfileReport).rows).toBe(120)
    expect(await readFile(html, 'utf8')).toMatch(/^<!doctype html>/)
    expect(process.exitCode).toBeUndefined()
  })

  it('never writes over data that were given in the wrong place', async () => {
    const path = await write('a.jsonl', lines(rows))
    const array = await write('b.json', JSON.stringify(rows))
    for (const words of [
      [path, '--json', path],
      [path, '--json', array],
      [path, '--html', array],
    ])
      await expect(run(...words)).rejects.toMatchObject({ code: expect.stringMatching(/usage|file-exists/) })
    expect([await readFile(path, 'utf8'), await readFile(array, 'utf8')]).toEqual([
      lines(rows),
      JSON.stringify(rows),
    ])
  })

  it('says by its status that not all could be read', async () => {
    const path = await write('a.jsonl', `${lines(rows)}{\n`)
    expect(await run(path)).toContain('malformed: 1')
    expect(process.exitCode).toBe(2)
  })
})

describe.skipIf(!existsSync(data))('real rows (skipped without ../shared/data)', () => {
  it('dialogues have topics and the terms of them', async () => {
    const report = await profileFiles([join(data, 'summarization/dialogsum-en/dialogsum.dev.jsonl')])
    expect(report.rows).toBe(500)
    expect(report.files[0]).toMatchObject({ document: ['dialogue'], summary: 'summary' })
    expect(report.languages[0]).toMatchObject({ language: 'en', rows: 500 })
    expect(report.terms.map(({ term }) => term)).not.toContain('person1')
    expect(profilePage(report)).not.toMatch(/NaN|undefined|Infinity/)
  })
})
