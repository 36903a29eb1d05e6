import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findPreparation } from './find-preparation.ts'
import { prepare, type PrepareOptions } from './prepare.ts'
import { resolvePreparation } from './recipe.ts'
import { testSteps } from './testing-steps.ts'

let folder = ''
const path = (...parts: string[]) => join(folder, ...parts)
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'yuksu-prepare-'))))
afterEach(() => rmSync(folder, { recursive: true }))

type Values = Record<string, unknown>
const jsonLines = (rows: readonly unknown[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('')
const write = (name: string, rows: readonly unknown[]) => writeFileSync(path(name), jsonLines(rows))
const lines = (...parts: string[]) =>
  readFileSync(path(...parts), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Values)
const texts = (...parts: string[]) => lines(...parts).map(({ text }) => text)

async function run(
  names: readonly string[],
  steps: readonly unknown[],
  { out = 'out', ...options }: Partial<PrepareOptions> & { columns?: Values } = {},
) {
  const { columns = {}, ...more } = options
  const recipe = resolvePreparation({ columns, steps }, { known: testSteps })
  const files = names.map((name) => path(name))
  return prepare({ files, out: path(out), recipe, threads: 1, steps: testSteps, ...more })
}

/** Every file of an output folder but those that say how long it took. */
function bytesOf(out: string): Record<string, string> {
  const names = readdirSync(path(out)).filter((name) => !name.startsWith('report.'))
  return Object.fromEntries(names.sort().map((name) => [name, readFileSync(path(out, name), 'utf8')]))
}

const rows = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    id: `r${index}`,
    // Some short, some twins, some questions.
    text: index % 7 === 0 ? '가' : `row number ${index % 50}${index % 11 === 0 ? '?' : ''}`,
  }))

describe('prepare', () => {
  it('accounts for every row: kept, dropped, changed, made, each with its place', async () => {
    write('a.jsonl', [
      { id: 'x', text: 'no mark here' },
      { id: 'y', text: '가' },
      { id: 'z', text: 'what is it?' },
      { id: 'w', text: 'no mark here!' },
    ])
    const report = await run(['a.jsonl'], ['shout', 'short', 'echo', 'twins'])
    expect(texts('out', 'a.jsonl')).toEqual([
      'no mark here!',
      'what is it?!',
      'what is it?! 1',
      'what is it?! 2',
    ])
    const place = (number: number) => ({ file: path('a.jsonl'), number, line: number })
    const made = { by: 'echo', recipe: { sound: 'echo' } }
    expect(lines('out', 'a.origins.jsonl')).toEqual([
      place(1),
      place(3),
      { ...place(3), made: { ...made, index: 1 } },
      { ...place(3), made: { ...made, index: 2 } },
    ])
    expect(lines('out', 'dropped.jsonl')).toEqual([
      { row: { ...place(2), id: 'y' }, step: 'short', reason: 'too-short', evidence: { length: 2 } },
      { row: { ...place(4), id: 'w' }, step: 'twins', reason: 'twin', evidence: { kept: 0 } },
    ])
    expect(lines('out', 'changed.jsonl').map(({ row, changes }) => [(row as Values)['id'], changes])).toEqual(
      [
        ['x', { mark: 1 }],
        ['y', { mark: 1 }],
        ['z', { mark: 1 }],
      ],
    )
    // What is changed is never repeated: it may be personal data.
    expect(readFileSync(path('out/changed.jsonl'), 'utf8')).not.toContain('mark here')
    expect(lines('out', 'pairs.jsonl')).toEqual([[4, 0]])
    expect(report).toMatchObject({ rowsIn: 4, rowsOut: 4, duplicates: { clusters: 1, pairs: 1 } })
    const kept = report.steps.reduce((rows, { dropped, made }) => rows - dropped + made, report.rowsIn)
    expect(kept).toBe(report.rowsOut)
    expect(report.steps.map(({ name, changed, dropped, made }) => [name, changed, dropped, made])).toEqual([
      ['shout', 3, 0, 0],
      ['short', 0, 1, 0],
      ['echo', 0, 0, 2],
      ['twins', 0, 1, 0],
    ])
    expect(existsSync(path('out/work'))).toBe(false)
  })

  it('names rows made of made rows each by a place of its own', async () => {
    write('a.jsonl', [{ text: 'why?' }])
    await run(['a.jsonl'], ['echo', 'echo'])
    const places = lines('out', 'a.origins.jsonl').map(
      ({ made }) => made && [(made as Values)['by'], (made as Values)['index']],
    )
    expect(places).toHaveLength(9)
    expect(new Set(places.map((place) => JSON.stringify(place))).size).toBe(9)
  })

  it('puts rows in the order of a plan, a row that comes again under a place of its own', async () => {
    write('a.jsonl', [{ text: 'row one' }, { text: 'row two' }, { text: 'row three' }])
    const report = await run(['a.jsonl'], [{ backwards: { twice: true } }])
    expect(texts('out', 'a.jsonl')).toEqual(['row three', 'row two', 'row three', 'row two'])
    expect(lines('out', 'a.origins.jsonl').map(({ number, made }) => [number, made])).toEqual([
      [3, undefined],
      [2, undefined],
      [3, { by: 'backwards', index: 1 }],
      [2, { by: 'backwards', index: 1 }],
    ])
    expect(report).toMatchObject({ rowsIn: 3, rowsOut: 4, steps: [{ dropped: 1, made: 2 }] })
  })

  it('writes a file for each input, those of the same name apart, and outputs where a step names them', async () => {
    mkdirSync(path('b'))
    write('a.jsonl', rows(10))
    write('b/a.jsonl', rows(3))
    writeFileSync(path('report.csv.gz'), gzipSync('id,text\n1,a text of some words\n'))
    const files = ['a.jsonl', 'b/a.jsonl', 'report.csv.gz']
    const own = await run(files, ['short'])
    expect(own.outputs.map(({ file, rows }) => [file, rows])).toEqual([
      [path('out/a.jsonl'), 8],
      [path('out/a-2.jsonl'), 2],
      [path('out/report-2.jsonl'), 1],
    ])
    expect(lines('out', 'report-2.jsonl')).toEqual([{ id: '1', text: 'a text of some words' }])
    const split = await run(files, ['halves'], { out: 'split' })
    expect(split.outputs.map(({ file, rows }) => [file, rows])).toEqual([
      [path('split/test.jsonl'), 7],
      [path('split/train.jsonl'), 7],
    ])
  })

  it('writes an empty file for an input of which nothing is left, and is an error only where nothing at all is', async () => {
    write('a.jsonl', [{ text: '가나' }])
    write('b.jsonl', [{ text: '가나다라' }])
    const { outputs } = await run(['a.jsonl', 'b.jsonl'], ['short'])
    expect(outputs.map(({ rows }) => rows)).toEqual([0, 1])
    expect(readFileSync(path('out/a.jsonl'), 'utf8')).toBe('')
    const nothing = run(['a.jsonl'], ['short'], { out: 'none' })
    await expect(nothing).rejects.toMatchObject({
      code: 'no-rows-left',
      message: expect.stringContaining('too-short 1') as string,
    })
    expect(lines('none', 'dropped.jsonl')).toHaveLength(1)
    // And so it is when it is asked for again.
    await expect(run(['a.jsonl'], ['short'], { out: 'none' })).rejects.toMatchObject({ code: 'no-rows-left' })
  })

  it('names and counts what cannot be read, and uses the rest', async () => {
    writeFileSync(
      path('a.jsonl'),
      '{"text":"the first row"}\n{"text":전화 010-1234-5678}\n[1]\n{"text":"the last row"}\n',
    )
    const whole = gzipSync(jsonLines(rows(5000)))
    writeFileSync(path('b.jsonl.gz'), whole.subarray(0, whole.length - 200))
    const report = await run(['a.jsonl', 'b.jsonl.gz', 'missing.jsonl'], ['shout'])
    expect(report.unreadable.rows).toBeGreaterThanOrEqual(2)
    expect(report.faults.map(({ file }) => file).sort()).toEqual([path('b.jsonl.gz'), path('missing.jsonl')])
    expect(texts('out', 'a.jsonl')).toEqual(['the first row!', 'the last row!'])
    const unread = lines('out', 'dropped.jsonl').filter(({ step }) => step === 'read')
    expect(unread).toHaveLength(report.unreadable.rows)
    expect(unread.map(({ row }) => (row as Values)['line']).slice(0, 2)).toEqual([2, 3])
    expect(readFileSync(path('out/dropped.jsonl'), 'utf8')).not.toContain('1234')
    expect(report.rowsIn).toBe(report.rowsOut + report.unreadable.rows)
  })

  it('gives the same bytes into two folders, and does nothing the second time into one', async () => {
    write('a.jsonl', rows(300))
    const steps = ['shout', 'twins', { short: { atLeast: 6 } }, 'echo', 'backwards', 'halves']
    await run(['a.jsonl'], steps, { out: 'one' })
    await run(['a.jsonl'], steps, { out: 'two' })
    expect(bytesOf('two')).toEqual(bytesOf('one'))
    const before = bytesOf('one')
    expect(await run(['a.jsonl'], steps, { out: 'one' })).toMatchObject({ wasDone: true, rowsIn: 300 })
    expect(bytesOf('one')).toEqual(before)
  })
})

it('is found again by what it wrote, as long as that is unchanged', async () => {
  write('a.jsonl', rows(30))
  await run(['a.jsonl'], ['shout', 'short'])
  const found = await findPreparation(path('out/a.jsonl'))
  expect(found).toMatchObject({ rowsIn: 30, contamination: [], inputs: [{ file: path('a.jsonl') }] })
  expect(found!.steps.map(({ name, dropped }) => [name, dropped])).toEqual([
    ['shout', 0],
    ['short', 5],
  ])
  expect(await findPreparation(path('a.jsonl'))).toBeUndefined()
  writeFileSync(path('out/a.jsonl'), jsonLines(rows(3)))
  expect(await findPreparation(path('out/a.jsonl'))).toBeUndefined()
})

describe('resuming', () => {
  const steps = ['shout', 'twins', 'echo', 'backwards', 'halves']
  // Several batches.
  const many = () => rows(30_000).map((row) => ({ ...row, filler: 'x'.repeat(60) }))

  it('ends in the same bytes wherever it was stopped', { timeout: 180_000 }, async () => {
    write('a.jsonl', many())
    write('b.jsonl', many().slice(0, 2000))
    const files = ['a.jsonl', 'b.jsonl']
    await run(files, steps, { out: 'whole' })
    let stops = 0
    const begunAgain = new Set<string>()
    for (;;) {
      const abort = new AbortController()
      let seen = 0
      const session = run(files, steps, {
        out: 'parts',
        signal: abort.signal,
        internals: { checkpointAfter: 0 },
        onProgress: ({ label, unit, done }) => {
          // A phase of rows is stopped after each second batch; what sees all rows at once is begun again, and stopped once.
          const isCorpus = label.includes(':')
          if (unit === 'bytes' || done === 0 || (isCorpus && begunAgain.has(label))) return
          if (isCorpus) begunAgain.add(label)
          if (!isCorpus && ++seen !== 2) return
          // Every other time it falls over after rows were written and before that was noted.
          if (stops % 2 === 1) throw new Error('stopped')
          abort.abort(new Error('stopped'))
        },
      })
      const outcome = await session.catch((error: Error) => error.message)
      if (typeof outcome !== 'string') break
      expect(outcome).toContain('stopped')
      stops += 1
    }
    expect(stops).toBeGreaterThan(4)
    expect(bytesOf('parts')).toEqual(bytesOf('whole'))
  })

  it('refuses another recipe, other files and changed ones, before and after it is done', async () => {
    write('a.jsonl', rows(20))
    write('b.jsonl', rows(20))
    const abort = new AbortController()
    const onProgress = ({ unit }: { unit: string }) => unit === 'rows' && abort.abort(new Error('stopped'))
    const begun = run(['a.jsonl'], ['shout'], { signal: abort.signal, onProgress })
    await expect(begun).rejects.toThrow('stopped')
    for (const state of ['begun', 'done']) {
      const refusal = async (files: string[], steps: unknown[]) =>
        run(files, steps).then(
          () => 'accepted',
          (error: { code: string }) => error.code,
        )
      expect([state, await refusal(['a.jsonl'], [{ shout: { mark: '?' } }])]).toEqual([
        state,
        'recipe-changed',
      ])
      expect([state, await refusal(['a.jsonl', 'b.jsonl'], ['shout'])]).toEqual([state, 'data-changed'])
      write('a.jsonl', rows(21))
      expect([state, await refusal(['a.jsonl'], ['shout'])]).toEqual([state, 'data-changed'])
      write('a.jsonl', rows(20))
      await run(['a.jsonl'], ['shout'])
    }
  })
})

it('is another preparation where a file that a step reads is another', async () => {
  write('a.jsonl', [{ text: 'one two' }, { text: 'three four' }])
  writeFileSync(path('list.txt'), 'one two\n')
  const steps = [{ listed: { lists: [path('list.txt')] } }]
  expect(await run(['a.jsonl'], steps)).toMatchObject({ rowsOut: 1 })
  expect(await run(['a.jsonl'], steps)).toMatchObject({ wasDone: true })
  writeFileSync(path('list.txt'), 'three four\n')
  await expect(run(['a.jsonl'], steps)).rejects.toMatchObject({
    code: 'data-changed',
    message: expect.stringContaining('list.txt') as string,
  })
})

describe('what is refused in one line', () => {
  const code = async (work: Promise<unknown>) => {
    const error = await work.then(
      () => new Error('accepted'),
      (error: Error & { code?: string }) => error,
    )
    expect(error.message).not.toContain('\n')
    return (error as { code?: string }).code ?? error.message
  }

  it('a folder with other things in it', async () => {
    write('a.jsonl', rows(3))
    mkdirSync(path('mine'))
    writeFileSync(path('mine/a.jsonl'), 'mine')
    expect(await code(run(['a.jsonl'], ['shout'], { out: 'mine' }))).toBe('out-not-empty')
    expect(readFileSync(path('mine/a.jsonl'), 'utf8')).toBe('mine')
    // Its own working folder has a name that others use too.
    mkdirSync(path('other/work'), { recursive: true })
    writeFileSync(path('other/work/essay.txt'), 'mine')
    writeFileSync(path('other/preparation.json'), '{"mine":true}')
    expect(await code(run(['a.jsonl'], ['shout'], { out: 'other' }))).toBe('out-not-empty')
    expect(readFileSync(path('other/work/essay.txt'), 'utf8')).toBe('mine')
  })

  it('outputs that were changed after they were written', async () => {
    write('a.jsonl', rows(30))
    await run(['a.jsonl'], ['shout'])
    writeFileSync(path('out/a.jsonl'), 'less')
    expect(await code(run(['a.jsonl'], ['shout']))).toBe('outputs-changed')
  })

  it('an output folder among the inputs, by whatever name', async () => {
    write('a.jsonl', rows(3))
    await run(['a.jsonl'], ['shout'])
    expect(await code(run(['a.jsonl', 'out/*.jsonl'], ['shout']))).toBe('output-among-inputs')
    mkdirSync(path('data'))
    write('data/a.jsonl', rows(3))
    expect(await code(run(['data'], ['shout'], { out: 'data/new' }))).toBe('output-among-inputs')
    symlinkSync(path('out/a.jsonl'), path('link.jsonl'))
    expect(await code(run(['link.jsonl'], ['shout']))).toBe('output-among-inputs')
  })

  it('nothing to read', async () => {
    expect(await code(run(['*.jsonl'], ['shout']))).toBe('nothing-to-read')
    expect(existsSync(path('out'))).toBe(false)
  })

  it('a step that fails, with the row it failed on', async () => {
    write('a.jsonl', [{ text: 'all is well' }, { text: 'a bomb here' }])
    const failed = run(['a.jsonl'], ['broken'])
    await expect(failed).rejects.toMatchObject({
      code: 'step-failed',
      message: expect.stringContaining('a.jsonl:2') as string,
    })
  })

  it('a column that is not there, with the nearest', async () => {
    write('a.jsonl', rows(3))
    const columns = { document: 'txet' }
    const report = await run(['a.jsonl'], ['shout'], { columns }).catch((error: Error) => error.message)
    expect(report).toContain('did you mean text?')
  })
})
