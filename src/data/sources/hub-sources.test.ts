import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { parseDatasetName } from '../../formats/hub/index.ts'
import { startTestHub, type TestHub, type TestModel } from '../../formats/hub/testing-hub.ts'
import { readSources, reasonsOf, valuesOf } from './testing-sources.ts'

const parquet = readFileSync(join(import.meta.dirname, '../../formats/fixtures/parquet/zstd.parquet'))
const row = (name: string) => `{"n":"${name}"}\n`
const large = ['data/train-00000-of-00002.parquet']

const sets: Record<string, TestModel> = {
  'datasets/org/plain': {
    files: {
      'README.md': '---\nlicense: mit\n---\n# Plain\n',
      'data/train-00000-of-00002.parquet': parquet,
      'data/train-00001-of-00002.parquet': parquet,
      'data/test-00000-of-00001.parquet': parquet,
      'other.jsonl': row('not this'),
    },
    large,
    revisions: ['v1'],
  },
  'datasets/org/card': {
    files: {
      'README.md': [
        '---',
        'configs:',
        '- config_name: ko',
        '  data_files:',
        '  - split: train',
        '    path: ko/part-*',
        '  - split: validation',
        '    path: [ko/dev.jsonl]',
        '- config_name: en',
        '  data_files: en/**/*.jsonl',
        '---',
      ].join('\n'),
      'ko/part-b.jsonl': row('ko b'),
      'ko/part-a.jsonl': row('ko a'),
      'ko/dev.jsonl': row('ko dev'),
      'en/x/one.jsonl': row('en'),
      'en/notes.txt': 'no rows',
    },
    large: [],
  },
  'datasets/org/none': { files: { 'README.md': '', 'image.png': 'x' }, large: [] },
  'datasets/org/private': { files: { 'train.jsonl': row('secret') }, large: [], token: 'hf_right' },
  // A model of the same name is another thing.
  'org/plain': { files: { 'config.json': '{}' } },
}

let hub: TestHub
let cache: string
beforeAll(async () => {
  hub = await startTestHub(sets)
})
afterAll(() => hub.close())
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'yuksu-datasets-'))
  hub.requests.length = 0
  return () => rmSync(cache, { recursive: true })
})
const read = (name: string, { offline = false, token }: { offline?: boolean; token?: string } = {}) =>
  readSources([name], {
    hub: {
      settings: { endpoint: hub.url, cache, offline, ...(token !== undefined && { token }) },
      patience: 1,
    },
  })

describe('a data set by its name', () => {
  it('gives the rows of its Parquet files, named as they are on the hub', async () => {
    const found = await read('hf:org/plain')
    expect(found.faults).toEqual([])
    // Two of them have the same content, and are two files all the same.
    expect(found.rows.length).toBe(3 * 40)
    expect([...new Set(found.rows.map(({ place }) => place.file))]).toEqual([
      'hf:org/plain/data/test-00000-of-00001.parquet',
      'hf:org/plain/data/train-00000-of-00002.parquet',
      'hf:org/plain/data/train-00001-of-00002.parquet',
    ])
  })

  it('is kept as huggingface_hub keeps it, and read without the network afterwards', async () => {
    const first = await read('hf:org/plain@v1:/test')
    expect(first.rows.length).toBe(40)
    expect(readdirSync(cache)).toContain('datasets--org--plain')
    hub.requests.length = 0
    const again = await read('hf:org/plain@v1:/test', { offline: true })
    expect(again.rows).toEqual(first.rows)
    expect(hub.requests).toEqual([])
    expect(reasonsOf(await read('hf:org/card:ko', { offline: true }))).toEqual(['hub-offline'])
  })

  it('has the configurations and splits of its card', async () => {
    expect(valuesOf(await read('hf:org/card:ko'))).toEqual([{ n: 'ko a' }, { n: 'ko b' }, { n: 'ko dev' }])
    expect(valuesOf(await read('hf:org/card:ko/validation'))).toEqual([{ n: 'ko dev' }])
    expect(valuesOf(await read('hf:org/card:en'))).toEqual([{ n: 'en' }])
    const asked = hub.requests.filter(({ path }) => path.includes('/resolve/'))
    expect(asked.some(({ path }) => path.endsWith('notes.txt'))).toBe(false)
  })

  it.each([
    ['hf:org/card', 'dataset-part', /several configurations.*ko, en/],
    ['hf:org/card:fr', 'dataset-part', /no configuration fr; it has: ko, en/],
    ['hf:org/card:ko/test', 'dataset-part', /no split test; it has: train, validation/],
    ['hf:org/plain:/validation', 'dataset-part', /it has: test, train/],
    ['hf:org/none', 'dataset-files', /refs\/convert\/parquet/],
    ['hf:org/missing', 'hub-no-model', /no data set org\/missing/],
    ['hf:org/private', 'hub-no-model', /private data set set HF_TOKEN/],
    ['hf:org/plain@v9', 'hub-revision', /no revision 'v9'/],
    ['hf:one', 'unknown-dataset', /expected hf:owner\/name/],
  ])('%s is a fault: %s', async (name, reason, detail) => {
    const found = await read(name)
    expect(found.rows).toEqual([])
    expect(found.faults).toMatchObject([{ file: name, reason, detail: expect.stringMatching(detail) }])
  })

  it('is fetched with the token where it is private', async () => {
    expect(valuesOf(await read('hf:org/private', { token: 'hf_right' }))).toEqual([{ n: 'secret' }])
  })
})

it.each([
  ['hf:a/b', { repository: { model: 'a/b', revision: 'main', kind: 'dataset' } }],
  [
    'hf:a/b@refs/convert/parquet:x',
    { repository: { model: 'a/b', revision: 'refs/convert/parquet', kind: 'dataset' }, configuration: 'x' },
  ],
  [
    'hf:a/b:x/train',
    { repository: { model: 'a/b', revision: 'main', kind: 'dataset' }, configuration: 'x', split: 'train' },
  ],
  ['hf:a/b:/train', { repository: { model: 'a/b', revision: 'main', kind: 'dataset' }, split: 'train' }],
  ['hf:a/../b', undefined],
  ['a/b', undefined],
  ['hf:a/b:x/y/z', undefined],
])('%s is parsed', (text, expected) => {
  expect(parseDatasetName(text)).toEqual(expected)
})
