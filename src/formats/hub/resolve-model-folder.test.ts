import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { resolveModelFolder, type ResolveOptions } from './resolve-model-folder.ts'
import { commitOf, hashOf, startTestHub, type TestHub, type TestModel } from './testing-hub.ts'

const bytes = (length: number, seed: number) =>
  Uint8Array.from({ length }, (_, index) => (Math.imul(index + seed, 2_654_435_761) >>> 24) & 255)

const weights = bytes(300_000, 1)
const plain: TestModel = {
  files: {
    'config.json': '{"model_type":"llama"}',
    'tokenizer.json': '{"설명":"육수"}',
    'chat_template.jinja': '{{ messages }}',
    'vocab.txt': '',
    'model.safetensors': weights,
    'pytorch_model.bin': bytes(100, 2),
    'README.md': '# read',
    'onnx/model.onnx': bytes(10, 3),
  },
  revisions: ['v1.0', 'refs/pr/1'],
}
const models: Record<string, TestModel> = {
  'org/plain': plain,
  'org/sharded': {
    files: {
      'config.json': '{}',
      'model.safetensors.index.json': JSON.stringify({
        weight_map: { a: 'model-00001-of-00002.safetensors', b: 'model-00002-of-00002.safetensors' },
      }),
      'model-00001-of-00002.safetensors': bytes(50_000, 4),
      'model-00002-of-00002.safetensors': bytes(70_000, 5),
      'consolidated.safetensors': bytes(60_000, 6),
    },
  },
  'org/pickled': { files: { 'config.json': '{}', 'pytorch_model.bin': bytes(100, 7) } },
  'org/empty': { files: { 'config.json': '{}' } },
  'org/private': { ...plain, token: 'hf_right' },
  'org/gated': { ...plain, token: 'hf_right', gated: true },
}

let hub: TestHub
let cache: string

beforeAll(async () => {
  hub = await startTestHub(models)
})
afterAll(() => hub.close())
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'yuksu-hub-'))
  hub.requests.length = 0
  hub.faults.clear()
  return () => rmSync(cache, { recursive: true })
})

function resolve(
  name: string,
  options: ResolveOptions & { token?: string; offline?: boolean; endpoint?: string } = {},
) {
  const { token, offline = false, endpoint = hub.url, ...rest } = options
  const settings = { endpoint, cache, offline, ...(token !== undefined && { token }) }
  return resolveModelFolder(name, { settings, patience: 1, ...rest })
}

const repository = (name = 'org/plain') => join(cache, `models--${name.replace('/', '--')}`)
const weightsHash = hashOf(weights, true)
const downloads = () => hub.requests.filter(({ path }) => path.includes('/resolve/'))
const refusalOf = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  )

describe('a name on the hub', () => {
  it('becomes a folder with what a model needs, and nothing else is fetched', async () => {
    const folder = await resolve('org/plain')
    expect(readdirSync(folder).sort()).toEqual([
      'chat_template.jinja',
      'config.json',
      'model.safetensors',
      'tokenizer.json',
      'vocab.txt',
    ])
    for (const name of readdirSync(folder)) {
      expect(readFileSync(join(folder, name))).toEqual(Buffer.from(plain.files[name] as string))
    }
    // An empty file needs no asking.
    const asked = new Set([...downloads().map(({ path }) => path.split('/').at(-1)), 'vocab.txt'])
    expect(asked).toEqual(new Set(readdirSync(folder)))
  })

  it('is kept as huggingface_hub keeps it', async () => {
    const commit = commitOf('org/plain')
    const folder = await resolve('org/plain')
    expect(folder).toBe(join(repository(), 'snapshots', commit))
    expect(readFileSync(join(repository(), 'refs/main'), 'utf8')).toBe(commit)
    const link = join(folder, 'model.safetensors')
    expect(lstatSync(link).isSymbolicLink()).toBe(true)
    expect(readlinkSync(link)).toBe(`../../blobs/${weightsHash}`)
    const small = hashOf(Buffer.from(plain.files['config.json'] as string), false)
    expect(readlinkSync(join(folder, 'config.json'))).toBe(`../../blobs/${small}`)
    expect(readdirSync(join(repository(), 'blobs'))).toHaveLength(5)
    expect(readdirSync(join(cache, '.locks/models--org--plain'))).toEqual([])
  })

  it('asks for no content a second time, and for what was deleted again', async () => {
    const folder = await resolve('org/plain')
    hub.requests.length = 0
    expect(await resolve('org/plain')).toBe(folder)
    expect(downloads()).toEqual([])
    rmSync(join(repository(), 'blobs', weightsHash))
    await resolve('org/plain')
    expect(downloads().map(({ path }) => path.split('/').at(-1))).toEqual(['model.safetensors'])
    expect(readFileSync(join(folder, 'model.safetensors')).equals(weights)).toBe(true)
  })

  it('takes contents that huggingface_hub left, by their hash', async () => {
    mkdirSync(join(repository(), 'blobs'), { recursive: true })
    writeFileSync(join(repository(), 'blobs', weightsHash), weights)
    const folder = await resolve('org/plain')
    expect(readFileSync(join(folder, 'model.safetensors')).equals(weights)).toBe(true)
    expect(downloads().some(({ path }) => path.endsWith('model.safetensors'))).toBe(false)
  })

  it('replaces a content that is cut off', async () => {
    const folder = await resolve('org/plain')
    writeFileSync(join(repository(), 'blobs', weightsHash), weights.subarray(0, 1000))
    await resolve('org/plain')
    expect(readFileSync(join(folder, 'model.safetensors')).equals(weights)).toBe(true)
  })

  it.each(['v1.0', 'refs/pr/1', commitOf('org/plain')])('may be of the revision %s', async (revision) => {
    const folder = await resolve(`org/plain@${revision}`)
    expect(folder).toBe(join(repository(), 'snapshots', commitOf('org/plain')))
    expect(existsSync(join(repository(), 'refs', revision))).toBe(revision !== commitOf('org/plain'))
  })

  it('fetches the shards that the index lists, and no other weights', async () => {
    const folder = await resolve('org/sharded')
    expect(
      readdirSync(folder)
        .filter((name) => name.endsWith('.safetensors'))
        .sort(),
    ).toEqual(['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'])
  })

  it('fetches no weights where none are asked for', async () => {
    const folder = await resolve('org/sharded', { weights: false })
    expect(readdirSync(folder)).toEqual(['config.json'])
    const described = await resolve('org/pickled', { weights: false })
    expect(readdirSync(described)).toEqual(['config.json'])
  })

  it('says how much there is, how much has come, and ends at all of it', async () => {
    const seen: { bytes: number; totalBytes: number; resumedBytes: number }[] = []
    await resolve('org/plain', { onProgress: (progress) => seen.push(progress) })
    const total = readdirSync(join(repository(), 'blobs')).reduce(
      (sum, name) => sum + lstatSync(join(repository(), 'blobs', name)).size,
      0,
    )
    expect(new Set(seen.map(({ totalBytes }) => totalBytes))).toEqual(new Set([total]))
    expect(seen.at(-1)).toMatchObject({ bytes: total, resumedBytes: 0 })
    const counts = seen.map(({ bytes }) => bytes)
    expect(counts).toEqual([...counts].sort((a, b) => a - b))
  })
})

describe('what is no name on the hub', () => {
  it('is given back, and a folder goes before a name', async () => {
    const folder = mkdtempSync(join(cache, 'folder-'))
    for (const text of [
      folder,
      './model',
      '/no/where',
      'model',
      'a/b/c',
      '../x/y',
      'org/..',
      'org/x@../y',
      '~/x',
    ])
      expect(await resolve(text)).toBe(text)
    const before = process.cwd()
    mkdirSync(join(cache, 'org/plain'), { recursive: true })
    try {
      process.chdir(cache)
      expect(await resolve('org/plain')).toBe('org/plain')
    } finally {
      process.chdir(before)
    }
    expect(hub.requests).toEqual([])
  })
})

describe('a download that is cut off', () => {
  it('goes on where it was, in the same call', async () => {
    hub.faults.set('model.safetensors', { kind: 'cut', after: 100_000, times: 2 })
    const folder = await resolve('org/plain')
    expect(readFileSync(join(folder, 'model.safetensors')).equals(weights)).toBe(true)
    const ranges = hub.requests.filter(({ onStore }) => onStore).map(({ range }) => range)
    expect(ranges).toHaveLength(3)
    expect(ranges[0]).toBeUndefined()
    expect(ranges.slice(1).every((range) => /^bytes=[1-9]\d*-$/.test(range!))).toBe(true)
  })

  it('goes on in the next call, and counts what was there', async () => {
    hub.faults.set('model.safetensors', { kind: 'cut', after: 100_000, times: 1 })
    const interrupted = new AbortController()
    const first = resolve('org/plain', {
      signal: interrupted.signal,
      onProgress: ({ bytes }) => bytes > 50_000 && interrupted.abort(new Error('enough')),
    })
    await expect(first).rejects.toThrow('enough')
    const partial = join(repository(), 'blobs', `${weightsHash}.yuksu.incomplete`)
    const size = lstatSync(partial).size
    expect(size).toBeGreaterThan(0)
    expect(existsSync(join(repository(), 'snapshots', commitOf('org/plain'), 'model.safetensors'))).toBe(
      false,
    )
    hub.requests.length = 0
    let resumed = 0
    const folder = await resolve('org/plain', { onProgress: ({ resumedBytes }) => (resumed = resumedBytes) })
    expect(hub.requests.find(({ onStore }) => onStore)?.range).toBe(`bytes=${size}-`)
    expect(resumed).toBe(size)
    expect(readFileSync(join(folder, 'model.safetensors')).equals(weights)).toBe(true)
    expect(existsSync(partial)).toBe(false)
  })

  it('begins anew where the server has no ranges', async () => {
    mkdirSync(join(repository(), 'blobs'), { recursive: true })
    writeFileSync(join(repository(), 'blobs', `${weightsHash}.yuksu.incomplete`), weights.subarray(0, 1000))
    hub.faults.set('model.safetensors', { kind: 'no-ranges' })
    const counts: number[] = []
    const folder = await resolve('org/plain', {
      onProgress: ({ bytes, totalBytes }) => counts.push(bytes / totalBytes),
    })
    expect(readFileSync(join(folder, 'model.safetensors')).equals(weights)).toBe(true)
    expect(counts.at(-1)).toBe(1)
  })

  it('begins anew where what was left is of another content, or too long', async () => {
    for (const left of [bytes(1000, 9), bytes(weights.length, 9), bytes(weights.length + 1, 9)]) {
      rmSync(repository(), { recursive: true, force: true })
      mkdirSync(join(repository(), 'blobs'), { recursive: true })
      writeFileSync(join(repository(), 'blobs', `${weightsHash}.yuksu.incomplete`), left)
      const counts: number[] = []
      const folder = await resolve('org/plain', {
        onProgress: ({ bytes, totalBytes }) => counts.push(bytes / totalBytes),
      })
      expect(readFileSync(join(folder, 'model.safetensors')).equals(weights)).toBe(true)
      expect(counts.at(-1)).toBe(1)
    }
  })

  it('is given up where nothing comes any more, and keeps what has come', async () => {
    hub.faults.set('model.safetensors', { kind: 'cut', after: 100_000, times: 1 })
    await resolve('org/plain', { weights: false })
    hub.faults.set('model.safetensors', { kind: 'cut', after: 0, times: 99 })
    expect(await refusalOf(resolve('org/plain'))).toMatchObject({ code: 'hub-unreachable' })
    expect(hub.requests.filter(({ onStore }) => onStore)).toHaveLength(5)
  })

  it('is tried again where the server is busy, and not where it refuses', async () => {
    hub.faults.set('model.safetensors', { kind: 'status', status: 503, times: 2 })
    await resolve('org/plain')
    rmSync(repository(), { recursive: true })
    hub.faults.set('model.safetensors', { kind: 'status', status: 403, times: 1 })
    expect(await refusalOf(resolve('org/plain'))).toMatchObject({ code: 'hub-forbidden' })
  })
})

describe('a content that is not what the listing says', () => {
  it('is refused by its hash, large or small, and thrown away', async () => {
    for (const path of ['model.safetensors', 'config.json']) {
      rmSync(repository(), { recursive: true, force: true })
      hub.faults.clear()
      hub.faults.set(path, { kind: 'corrupt' })
      expect(await refusalOf(resolve('org/plain'))).toMatchObject({ code: 'hub-hash' })
      const content = Buffer.from(plain.files[path] as string)
      const hash = hashOf(content, path === 'model.safetensors')
      const left = readdirSync(join(repository(), 'blobs')).filter((name) => name.startsWith(hash))
      expect(left).toEqual([])
      expect(existsSync(join(repository(), 'refs/main'))).toBe(false)
    }
    hub.faults.clear()
    await resolve('org/plain')
  })

  it('is refused before it comes where the headers say so', async () => {
    hub.faults.set('model.safetensors', { kind: 'other-hash' })
    expect(await refusalOf(resolve('org/plain'))).toMatchObject({ code: 'hub-changed' })
    expect(hub.requests.filter(({ onStore }) => onStore)).toEqual([])
  })
})

describe('access', () => {
  it.each([
    ['org/none', {}, 'hub-no-model', /HF_TOKEN/],
    ['org/private', {}, 'hub-no-model', /HF_TOKEN/],
    ['org/private', { token: 'hf_other' }, 'hub-no-model', /may read it/],
    ['org/private', { token: 'wrong' }, 'hub-token', /valid/],
    ['org/gated', {}, 'hub-gated', /accept its conditions/],
    ['org/gated', { token: 'hf_other' }, 'hub-gated', /with the account/],
    ['org/plain@v9', {}, 'hub-revision', /'v9'/],
    ['org/pickled', {}, 'pickled-weights', /save_pretrained/],
    ['org/empty', {}, 'hub-no-weights', /no model.safetensors/],
  ] as const)('is refused for %s with %o as %s', async (name, options, code, message) => {
    const error = await refusalOf(resolve(name, options))
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) })
    expect((error as Error).message).not.toContain('\n')
  })

  it('is had with the token, which no other origin is told', async () => {
    for (const name of ['org/private', 'org/gated']) await resolve(name, { token: 'hf_right' })
    const told = hub.requests.filter(({ authorization }) => authorization !== undefined)
    expect(told.every(({ onStore }) => !onStore)).toBe(true)
    expect(hub.requests.filter(({ onStore }) => onStore)).toHaveLength(2)
    expect(told.length).toBe(hub.requests.length - 2)
  })
})

describe('without a network', () => {
  const nowhere = 'http://127.0.0.1:9'

  it('takes what the cache has, by branch and by commit', async () => {
    const folder = await resolve('org/plain')
    hub.requests.length = 0
    expect(await resolve('org/plain', { offline: true })).toBe(folder)
    expect(await resolve(`org/plain@${commitOf('org/plain')}`, { offline: true })).toBe(folder)
    expect(hub.requests).toEqual([])
  })

  it('takes it too where the hub does not answer, and says so', async () => {
    const folder = await resolve('org/plain')
    const notices: string[] = []
    expect(await resolve('org/plain', { endpoint: nowhere, onNotice: (line) => notices.push(line) })).toBe(
      folder,
    )
    expect(notices).toHaveLength(1)
  })

  it('refuses what the cache has not, or not all of', async () => {
    expect(await refusalOf(resolve('org/plain', { offline: true }))).toMatchObject({ code: 'hub-offline' })
    expect(await refusalOf(resolve('org/plain', { endpoint: nowhere }))).toMatchObject({
      code: 'hub-unreachable',
    })
    const folder = await resolve('org/sharded', { weights: false })
    expect(await refusalOf(resolve('org/sharded', { offline: true }))).toMatchObject({
      code: 'hub-incomplete',
    })
    expect(await resolve('org/sharded', { offline: true, weights: false })).toBe(folder)
    await resolve('org/sharded')
    expect(await resolve('org/sharded', { offline: true })).toBe(folder)
    rmSync(join(folder, 'model-00002-of-00002.safetensors'))
    expect(await refusalOf(resolve('org/sharded', { offline: true }))).toMatchObject({
      code: 'hub-incomplete',
    })
  })
})

describe('two that fetch the same', () => {
  it('fetch it once', async () => {
    const folders = await Promise.all([resolve('org/plain'), resolve('org/plain'), resolve('org/plain')])
    expect(new Set(folders).size).toBe(1)
    expect(hub.requests.filter(({ onStore }) => onStore)).toHaveLength(1)
    expect(readFileSync(join(folders[0]!, 'model.safetensors')).equals(weights)).toBe(true)
  })

  it('wait for each other in two processes, and not for one that is gone', async () => {
    const locks = join(cache, '.locks/models--org--plain')
    mkdirSync(locks, { recursive: true })
    const other = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60_000)'])
    const lock = JSON.stringify({ pid: other.pid, host: hostname() })
    writeFileSync(join(locks, `${weightsHash}.yuksu.lock`), lock)
    const notices: string[] = []
    let done = false
    const waiting = resolve('org/plain', {
      onNotice: (line) => notices.push(line),
    }).finally(() => (done = true))
    while (notices.length === 0) await new Promise((later) => setTimeout(later, 20))
    expect(done).toBe(false)
    expect(notices[0]).toContain(String(other.pid))
    other.kill('SIGKILL')
    await once(other, 'exit')
    expect(readFileSync(join(await waiting, 'model.safetensors')).equals(weights)).toBe(true)
  })
})

// Root may write anywhere.
describe.skipIf(process.getuid?.() === 0)('a cache that may not be written', () => {
  it('is refused with its path', async () => {
    chmodSync(cache, 0o555)
    const error = await refusalOf(resolve('org/plain'))
    chmodSync(cache, 0o755)
    expect(error).toMatchObject({ code: 'cannot-write' })
  })
})
