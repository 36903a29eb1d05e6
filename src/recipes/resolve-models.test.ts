import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { commitOf, startTestHub, type TestHub, type TestModel } from '../formats/hub/testing-hub.ts'
import { createRun, openRun } from '../runs/run.ts'
import { resolveModels } from './resolve-models.ts'
import type { Recipe } from './schema.ts'

let folder: string
let hub: TestHub
const files = { 'config.json': '{}', 'tokenizer.json': '{}', 'model.safetensors': 'weights' }
const models: Record<string, TestModel> = {}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'yuksu-resolve-models-'))
  models['org/base'] = { files }
  models['org/tokenizer'] = { files }
  hub = await startTestHub(models)
  vi.stubEnv('HF_HOME', folder)
  vi.stubEnv('HF_HUB_CACHE', '')
  vi.stubEnv('HF_HUB_OFFLINE', '')
  vi.stubEnv('HF_ENDPOINT', hub.url)
  return async () => {
    vi.unstubAllEnvs()
    await hub.close()
    rmSync(folder, { recursive: true })
  }
})

function recipe(model?: string, tokenizer?: string): Recipe {
  return {
    output: join(folder, 'run'),
    model: model === undefined ? {} : { from: model },
    tokenizer: tokenizer === undefined ? {} : { from: tokenizer },
  } as Recipe
}

const options = { say: () => undefined, signal: undefined, weights: true }

describe('a recipe that starts from a model on the hub', () => {
  it('gets its folder, with weights for the model and without for the tokenizer', async () => {
    const run = await createRun(join(folder, 'run'), { recipe: {}, seed: 0 })
    const resolved = await resolveModels(recipe('org/base', 'org/tokenizer'), run, options)
    run.close()
    const snapshot = (name: string) =>
      join(folder, 'hub', `models--${name.replace('/', '--')}`, 'snapshots', commitOf(name))
    expect(resolved.model.from).toBe(snapshot('org/base'))
    expect(resolved.tokenizer.from).toBe(snapshot('org/tokenizer'))
    const weights = hub.requests.filter(({ onStore }) => onStore).map(({ path }) => path)
    expect(weights).toEqual(['/org/base/model.safetensors'])
  })

  it('starts from the same commit when it is gone on with, though the model has changed', async () => {
    const settings = { recipe: {}, seed: 0 }
    const first = await createRun(join(folder, 'run'), settings)
    const before = await resolveModels(recipe('org/base'), first, options)
    first.close()
    const [old, later] = [commitOf('org/base'), commitOf('another')]
    models['org/base'] = {
      files: { ...files, 'model.safetensors': 'other' },
      commit: later,
      revisions: [old],
    }
    const again = await openRun(join(folder, 'run'), settings)
    expect((await resolveModels(recipe('org/base'), again, options)).model.from).toBe(before.model.from)
    again.close()
    const other = await createRun(join(folder, 'other'), settings)
    const anew = await resolveModels(recipe('org/base'), other, options)
    other.close()
    expect(basename(anew.model.from!)).toBe(later)
  })

  it('is left alone where it names folders, or nothing', async () => {
    const run = await createRun(join(folder, 'run'), { recipe: {}, seed: 0 })
    for (const given of [recipe(), recipe(folder, './none')])
      expect(await resolveModels(given, run, options)).toEqual(given)
    run.close()
    expect(hub.requests).toEqual([])
  })
})
