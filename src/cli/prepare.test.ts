import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { registerPrepare } from './prepare.ts'
import { createProgram, runProgram } from './program.ts'

const here = process.cwd()
let folder = ''
let out = ''
let errors = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'yuksu-cli-prepare-'))
  process.chdir(folder)
  process.exitCode = undefined
  out = ''
  errors = ''
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => Boolean((out += String(text))))
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => Boolean((errors += String(text))))
  writeFileSync(
    'a.jsonl',
    '{"text":"the same words"}\n{"text":"the same words"}\n{"text":"and other words"}\n',
  )
})
afterEach(() => {
  vi.restoreAllMocks()
  process.exitCode = undefined
  process.chdir(here)
  rmSync(folder, { recursive: true })
})

async function yuksu(...words: string[]) {
  const program = createProgram()
  registerPrepare(program)
  out = ''
  errors = ''
  const status = await runProgram(program, ['prepare', ...words])
  return { status, out, errors }
}

describe('yuksu prepare', () => {
  it('tells files from settings, be there a sign of equality in a path', async () => {
    mkdirSync('year=2024')
    writeFileSync('year=2024/b.jsonl', '{"text":"some other words"}\n')
    writeFileSync('seed=1', '')
    const words = ['a.jsonl', 'year=2024/b.jsonl', 'steps=[exact-duplicates]', 'seed=5', '--out', 'prepared']
    const { status, out } = await yuksu(...words, '--json')
    expect(status).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ rowsIn: 4, rowsOut: 3, inputs: [{ rows: 3 }, { rows: 1 }] })
    const { recipe } = JSON.parse(readFileSync('prepared/preparation.json', 'utf8')) as { recipe: object }
    expect(recipe).toMatchObject({ seed: 5 })
    const many = await yuksu('year=*/*.jsonl', '--out', 'many', 'steps=[]', '--json')
    expect(JSON.parse(many.out)).toMatchObject({ rowsIn: 1 })
  })

  it('shows the recipe that it would follow, and follows it', async () => {
    const words = ['a.jsonl', 'steps=[{near-duplicates: {threshold: 0.9}}]', '--out', 'prepared']
    const shown = await yuksu(...words, '--print')
    expect(existsSync('prepared')).toBe(false)
    writeFileSync('recipe.yaml', shown.out)
    const printed = await yuksu('a.jsonl', '--recipe', 'recipe.yaml', '--out', 'prepared', '--print')
    expect(printed.out).toBe(shown.out)
    expect(shown.out).toContain('threshold: 0.9')
  })

  it('says what became of the rows, and that it was done before', async () => {
    const first = await yuksu('a.jsonl', 'steps=[exact-duplicates]', '--out', 'prepared')
    expect(first).toMatchObject({ status: 0, errors: '' })
    expect(first.out).toContain('3 rows in, 2 out')
    const second = await yuksu('a.jsonl', 'steps=[exact-duplicates]', '--out', 'prepared')
    expect(second.errors).toContain('nothing was done')
    expect(second.out).toBe(first.out)
  })

  it.each([
    [['a.jsonl', 'stesp=[clean]'], 'did you mean steps?'],
    [['a.jsonl', 'steps=[exact-duplicate]'], 'did you mean exact-duplicates?'],
    [['a.jsonl', 'near-duplicates.treshold=0.5'], 'did you mean threshold?'],
    [['seed=1'], 'no file is given'],
    [['none-*.jsonl'], 'none-*.jsonl'],
    [['missing.jsonl'], 'missing.jsonl'],
    [['a.jsonl', '--recipe', 'missing.yaml'], 'recipe missing.yaml does not exist'],
  ])('refuses %j in one line, with status 1, and makes no folder', async (words, expected) => {
    const { status, errors } = await yuksu(...words, '--out', 'prepared')
    expect({ status, lines: errors.trimEnd().split('\n').length }).toEqual({ status: 1, lines: 1 })
    expect(errors).toContain(expected)
    expect(existsSync('prepared')).toBe(false)
  })

  it('names what could not be read, with status 2', async () => {
    writeFileSync('b.jsonl', '{"text":"a good row here"}\n{"text"\n')
    const { status, out, errors } = await yuksu(
      'b.jsonl',
      'c.jsonl',
      '--out',
      'prepared',
      'steps=[]',
      '--json',
    )
    expect(status).toBe(2)
    expect(JSON.parse(out)).toMatchObject({
      rowsOut: 1,
      unreadable: { rows: 1 },
      faults: [{ file: 'c.jsonl' }],
    })
    expect(errors).toContain('c.jsonl')
  })
})
