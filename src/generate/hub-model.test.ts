import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { startTestHub, type TestHub } from '../formats/hub/testing-hub.ts'
import { openQuantizedModel } from '../quantize/quantize-model.ts'
import { trainByteLevelBpe } from '../tokenizers/byte-level-bpe.ts'
import { loadTokenizer } from '../tokenizers/load-tokenizer.ts'
import { loadModel } from './load-model.ts'

const folder = join(import.meta.dirname, '../models/fixtures/llama')
let home: string
let hub: TestHub

function contents(path: string): Record<string, Uint8Array> {
  const names = readdirSync(path).filter((name) =>
    /^(config|tokenizer|model)\S*\.(json|safetensors)$/.test(name),
  )
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(path, name))]))
}

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'yuksu-hub-model-'))
  const tokenizer = join(home, 'tokenizer')
  await (await trainByteLevelBpe(['육수 한 그릇'], { vocabularySize: 260 })).save(tokenizer)
  hub = await startTestHub({
    'org/llama': { files: contents(folder) },
    'org/tokenizer': { files: contents(tokenizer) },
  })
  vi.stubEnv('HF_HOME', home)
  vi.stubEnv('HF_HUB_CACHE', '')
  vi.stubEnv('HF_HUB_OFFLINE', '')
  vi.stubEnv('HF_ENDPOINT', hub.url)
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await hub.close()
  rmSync(home, { recursive: true })
})

it('a model by its name on the hub computes what its folder does, once fetched also offline', async () => {
  const logits = async (name: string) => {
    const model = await loadModel(name)
    const { data } = (await model.forward({ inputIds: [[3, 5, 7]] })).logits
    await model.release()
    return data
  }
  const expected = await logits(folder)
  expect(await logits('org/llama')).toEqual(expected)
  vi.stubEnv('HF_HUB_OFFLINE', '1')
  hub.requests.length = 0
  expect(await logits('org/llama@main')).toEqual(expected)
  const quantized = await openQuantizedModel('org/llama', { format: 'int8' })
  expect(quantized.quantized.size).toBeGreaterThan(0)
  expect(hub.requests).toEqual([])
  vi.stubEnv('HF_HUB_OFFLINE', '')
})

it('a tokenizer by its name on the hub is the one of its folder', async () => {
  const [tokenizer, expected] = [
    await loadTokenizer('org/tokenizer'),
    await loadTokenizer(join(home, 'tokenizer')),
  ]
  expect(tokenizer.fingerprint).toBe(expected.fingerprint)
})
