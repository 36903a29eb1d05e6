import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import ts from 'typescript'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { tinyFolder } from '../src/generate/testing/tiny-folder.ts'
import { quickstart } from '../src/recipes/quickstart.ts'
import { isBuilt, repository, startNode, startYuksu } from './command-line.ts'

/* What scripts of other people rely on: the shape of every `--json`, of the files written, and of the package. */

vi.mock('../src/recipes/run-recipe.ts', () => {
  const interval = { precision: [0, 1], recall: [0, 1], f1: [0, 1] }
  const measure = (f1: number) => ({ precision: 0.25, recall: 0.75, f1, interval })
  const scores = (f1: number) => ({ rouge1: measure(f1), rouge2: measure(f1 / 2), rougeL: measure(f1 / 4) })
  const runRecipe = async () => ({
    model: 'q/model',
    ...scores(0.8),
    lead3: scores(0.4),
    longest: scores(0.2),
  })
  return { runRecipe }
})
vi.mock('../src/data/dialogue-grammar/dialogue-grammar.ts', () => ({ generateDialogues: () => [] }))

let folder = ''
const path = (...parts: string[]) => join(folder, ...parts)
const yuksu = (...words: string[]) => startYuksu(folder, ...words).ended
const jsonLines = (rows: readonly unknown[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('')

/** The only line of a command's answer: whatever stands above it, such as npm's banner, is easily cut off. */
async function answerOf(...words: string[]): Promise<Record<string, unknown>> {
  const { status, stdout, stderr } = await yuksu(...words)
  if (status !== 0 || !/^[^\n]+\n$/.test(stdout)) throw new Error(`status ${status}: ${stdout}${stderr}`)
  return JSON.parse(stdout) as Record<string, unknown>
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'yuksu-contracts-'))
  for (const kind of ['encoder-decoder', 'decoder'] as const) {
    const tiny = await tinyFolder(kind, { maxNewTokens: 4 })
    cpSync(tiny.folder, path(kind), { recursive: true })
    await tiny.remove()
  }
})
afterAll(() => rmSync(folder, { recursive: true }))
afterEach(() => vi.restoreAllMocks())

function expectMeasure(measure: unknown): void {
  for (const name of ['precision', 'recall', 'f1']) {
    const value = (measure as Record<string, number>)[name]!
    expect(value).toBeGreaterThanOrEqual(0)
    expect(value).toBeLessThanOrEqual(1)
  }
}

describe('yuksu quickstart --json', () => {
  it('gives the model, its scores, those of both baselines and the seconds, and nothing else', async () => {
    const written = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
    vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    const { seconds, ...result } = await quickstart({ json: true, folder: 'q' })
    expect(written).not.toHaveBeenCalled()
    expect(seconds).toBeGreaterThanOrEqual(0)
    const measure = (f1: number) => ({ precision: 0.25, recall: 0.75, f1 })
    const scores = (f1: number) => ({
      rouge1: measure(f1),
      rouge2: measure(f1 / 2),
      rougeL: measure(f1 / 4),
    })
    expect(result).toEqual({ model: 'q/model', ...scores(0.8), lead3: scores(0.4), longest: scores(0.2) })
  })
})

describe.skipIf(!isBuilt)('the command line (skipped before `npm run build`)', () => {
  it('scores plain text and JSONL in the same form, with intervals', async () => {
    writeFileSync(path('references.txt'), 'the cat sat\n학교에 갔다\n')
    writeFileSync(path('predictions.txt'), 'the cats sat\n학교에 간다\n')
    writeFileSync(
      path('pairs.jsonl'),
      jsonLines([
        { references: ['the cat sat'], prediction: 'the cats sat' },
        { reference: '학교에 갔다', prediction: '학교에 간다' },
      ]),
    )
    const files = (references: string, predictions: string) =>
      ['score', 'rouge', '--references', references, '--predictions', predictions, '--json'] as const
    const plain = await answerOf(...files('references.txt', 'predictions.txt'))
    for (const name of ['rouge1', 'rouge2', 'rougeL']) {
      expectMeasure(plain[name])
      expect(plain[name]).toHaveProperty('interval.f1', [expect.any(Number), expect.any(Number)])
    }
    expect(await answerOf(...files('pairs.jsonl', 'pairs.jsonl'))).toEqual(plain)
    const stemmed = await answerOf(
      ...files('references.txt', 'predictions.txt'),
      '--stem',
      '--language',
      'ko',
    )
    expect(stemmed).toMatchObject({ language: 'ko' })
    const f1 = (report: Record<string, unknown>) => (report['rouge1'] as { f1: number }).f1
    expect(f1(stemmed)).toBeGreaterThan(f1(plain))
  })

  it('adds a prediction to each row, in order, and keeps the rest as it was', async () => {
    const rows = [
      { id: 7, 대화: '민수: 안녕', tags: ['a', { b: null }] },
      { id: '가', 대화: '지은: 응, 아침 아홉 시에 예약했어. 내일 보자' },
      { id: 1, 대화: '' },
      { id: 2, 대화: '👩‍⚕️' },
    ]
    writeFileSync(path('rows.jsonl'), jsonLines(rows))
    const words = ['--input', 'rows.jsonl', '--column', '대화', '--output', 'out.jsonl', '--beams', '4']
    const answer = await answerOf('generate', 'encoder-decoder', ...words, '--json')
    expect(answer).toEqual({ output: 'out.jsonl', rows: 4, resumed: 0, empty: 1 })
    const written = readFileSync(path('out.jsonl'), 'utf8').trimEnd().split('\n')
    const read = written.map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(read).toEqual(rows.map((row) => ({ ...row, prediction: expect.any(String) as string })))
    expect(read[2]!['prediction']).toBe('')
    expect(await answerOf('generate', 'encoder-decoder', ...words, '--json')).toMatchObject({ resumed: 4 })
  })

  it('prepares rows and says what became of them', async () => {
    const rows = [
      { id: 'a', text: '문의는 010-1234-5678로 주세요. 빨리 답해 드릴게요.' },
      { id: 'b', text: 'The bus to the harbour leaves at ten.' },
      { id: 'c', text: 'The bus to the harbour leaves at ten.' },
    ]
    writeFileSync(path('raw.jsonl'), jsonLines(rows))
    const words = ['steps=[personal-data, exact-duplicates]', '--json']
    const { seconds, ...answer } = await answerOf('prepare', 'raw.jsonl', '--out', 'prepared', ...words)
    expect(seconds).toBeGreaterThan(0)
    expect(answer).toMatchObject({
      rowsIn: 3,
      rowsOut: 2,
      steps: [
        { name: 'personal-data', changed: 1, dropped: 0, reasons: {} },
        { name: 'exact-duplicates', changed: 0, dropped: 1, reasons: { 'exact-duplicate': 1 } },
      ],
      duplicates: { clusters: 1, pairs: 1 },
      unreadable: { rows: 0, reasons: {} },
      faults: [],
      outputs: [{ file: 'prepared/raw.jsonl', rows: 2 }],
    })
    const read = (name: string) => readFileSync(path('prepared', name), 'utf8').trimEnd().split('\n')
    expect(read('raw.jsonl')).toHaveLength(2)
    const place = (number: number) => ({ file: 'raw.jsonl', number, line: number })
    expect(read('raw.origins.jsonl').map((line) => JSON.parse(line) as unknown)).toEqual([place(1), place(2)])
    expect(read('dropped.jsonl').map((line) => JSON.parse(line) as unknown)).toEqual([
      {
        row: { ...place(3), id: 'c' },
        step: 'exact-duplicates',
        reason: 'exact-duplicate',
        evidence: { keptFile: 'raw.jsonl', keptRow: 2 },
      },
    ])
    expect(read('changed.jsonl').map((line) => JSON.parse(line) as unknown)).toEqual([
      { row: { ...place(1), id: 'a' }, step: 'personal-data', changes: { phone: 1 } },
    ])
    expect(read('report.html')[0]).toBe('<!doctype html>')
    expect(JSON.parse(read('preparation.json').join('\n'))).toMatchObject({
      recipe: { seed: 0, steps: [{ name: 'personal-data' }, { name: 'exact-duplicates' }] },
      inputs: [{ file: 'raw.jsonl', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string }],
      outputs: [{ file: 'raw.jsonl', rows: 2, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string }],
      contamination: [],
    })
  })

  it.each([
    ['encoder-decoder', 'bart'],
    ['decoder', 'llama'],
  ])('inspects the %s', async (name, family) => {
    const { parameters, memory, ...rest } = await answerOf('inspect', name, '--json')
    expect(rest).toMatchObject({ family })
    expect(parameters).toEqual({ total: expect.any(Number), trainable: expect.any(Number) })
    const sizes = Object.values(memory as Record<string, number>)
    expect(sizes.every((bytes) => Number.isInteger(bytes) && bytes > 0)).toBe(true)
  })
})

describe.skipIf(!isBuilt)('the package, from a folder outside', () => {
  it('loads a model and gives its logits', async () => {
    mkdirSync(path('outside/node_modules'), { recursive: true })
    symlinkSync(repository, path('outside/node_modules/yuksu'), 'dir')
    writeFileSync(
      path('outside/index.mjs'),
      `import { loadModel } from 'yuksu'
      const shapes = []
      for (const [folder, more] of [['encoder-decoder', { decoderInputIds: [[2, 9]] }], ['decoder', {}]]) {
        const model = await loadModel(folder)
        const { logits } = await model.forward({ inputIds: [[5, 6, 7]], attentionMask: [[1, 1, 1]], ...more })
        shapes.push([logits.data instanceof Float32Array, logits.data.length, ...logits.shape])
        await model.release()
      }
      const error = await loadModel('nowhere').catch((error) => error)
      console.log(JSON.stringify({ shapes, error: [error.name, error.code] }))`,
    )
    const { status, stdout, stderr } = await startNode(folder, 'outside/index.mjs').ended
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    const config = JSON.parse(readFileSync(path('decoder/config.json'), 'utf8')) as { vocab_size: number }
    const size = config.vocab_size
    expect(JSON.parse(stdout)).toEqual({
      shapes: [
        [true, 2 * size, 1, 2, size],
        [true, 3 * size, 1, 3, size],
      ],
      error: ['YuksuError', 'no-model'],
    })
  })
})

describe('what is published', () => {
  interface Package {
    readonly exports: Record<string, string | { readonly types: string; readonly default: string }>
    readonly files: readonly string[]
  }
  const read = (name: string) => readFileSync(resolve(repository, name), 'utf8')
  const { exports, files } = JSON.parse(read('package.json')) as Package

  it('has a source for every subpath', () => {
    for (const [name, target] of Object.entries(exports)) {
      if (typeof target === 'string') continue
      expect(target.types).toBe(target.default.replace(/\.js$/, '.d.ts'))
      const source = target.default.replace('./dist/', 'src/').replace(/\.js$/, '.ts')
      expect({ name, exists: existsSync(resolve(repository, source)) }).toEqual({ name, exists: true })
    }
    expect(files).toEqual(expect.arrayContaining(['bin', 'dist', 'recipes']))
  })

  it('is built without tests, their helpers and fixtures', () => {
    const { config } = ts.readConfigFile(resolve(repository, 'tsconfig.build.json'), ts.sys.readFile)
    const { fileNames } = ts.parseJsonConfigFileContent(config, ts.sys, repository)
    const sources = fileNames.map((name) => name.slice(repository.length + 1))
    expect(sources).toContain('src/cli/main.ts')
    const isForTests = /(\.test\.ts$|(^|\/)(testing|fixtures)[-./])/
    expect(sources.filter((name) => isForTests.test(name))).toEqual([])
    // What a source imports is built too, whatever the configuration says.
    const imported = sources.filter((name) => /from '[^']*\/testing[-./]/.test(read(name)))
    expect(imported).toEqual([])
  })
})
