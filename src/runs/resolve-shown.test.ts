import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { commitOf, startTestHub, type TestHub } from '../formats/hub/testing-hub.ts'
import { resolveModelShown } from './resolve-shown.ts'

let cache: string
let hub: TestHub

beforeAll(async () => {
  cache = mkdtempSync(join(tmpdir(), 'yuksu-resolve-shown-'))
  const files = { 'config.json': '{}', 'model.safetensors': new Uint8Array(2_000_000) }
  hub = await startTestHub({ 'org/model': { files } })
})
afterAll(async () => {
  await hub.close()
  rmSync(cache, { recursive: true })
})

it('shows how much is fetched on a terminal and in a log, and nothing where nothing is', async () => {
  let shown = ''
  const resolve = (isTTY: boolean, endpoint = hub.url) =>
    resolveModelShown('org/model', {
      settings: { endpoint, cache, offline: false },
      stream: { isTTY, columns: 120, write: (text) => (shown += text) },
    })
  const folder = join(cache, 'models--org--model/snapshots', commitOf('org/model'))
  expect(await resolve(true)).toBe(folder)
  expect(shown).toContain('fetching org/model')
  expect(shown).toMatch(/%.*2M bytes/)
  shown = ''
  expect(await resolve(true)).toBe(folder)
  expect(shown).toBe('')
  rmSync(cache, { recursive: true })
  expect(await resolve(false)).toBe(folder)
  expect(shown.split('\n')).toHaveLength(2)
  expect(shown).toContain('2M bytes')
  shown = ''
  await resolve(false, 'http://127.0.0.1:9')
  expect(shown).toContain('taken from the cache')
})
