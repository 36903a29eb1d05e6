import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openSafetensors, type TensorData, writeSafetensors } from '../formats/safetensors.ts'
import { openModel } from '../models/model.ts'
import { quantizeModel } from '../quantize/quantize-model.ts'
import { tinyBart, tinyLlama } from '../train/testing.ts'
import { adapt } from './adapter.ts'
import { openAdapter, writeAdapter } from './adapter-folder.ts'
import { lowRank } from './low-rank.ts'

const fixture = join(import.meta.dirname, 'fixtures/lora')
const base = await openModel(join(import.meta.dirname, '../models/fixtures/llama'))
let scratch: string
let count = 0

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'yuksu-adapter-'))
})
afterAll(() => rm(scratch, { recursive: true }))

/** A copy of the fixture with other settings and other tensors. */
async function changed(
  settings: Record<string, unknown>,
  tensors: (all: TensorData[]) => TensorData[] = (all) => all,
): Promise<string> {
  const folder = join(scratch, String(count++))
  await cp(fixture, folder, { recursive: true })
  const path = join(folder, 'adapter_config.json')
  const given = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>
  await writeFile(path, JSON.stringify({ ...given, ...settings }))
  const weights = join(folder, 'adapter_model.safetensors')
  const file = await openSafetensors(weights)
  const all: TensorData[] = []
  for (const name of file.names)
    all.push({ name, shape: file.describe(name).shape, data: await file.read(name) })
  await file.close()
  await writeSafetensors(weights, tensors(all))
  return folder
}

const opening = async (folder: Promise<string>) => openAdapter(await folder, base)

describe('an adapter folder', () => {
  it('holds the adapter of any model, and gives it back to the bit', async () => {
    const adapter = lowRank({ rank: 3, alpha: 5, targets: 'all-linear', dropout: 0.25 })
    for (const model of [tinyBart({ copyHead: true }), tinyLlama()]) {
      const adapted = adapt(model, adapter, 8)
      const folder = await mkdtemp(join(scratch, 'written-'))
      await writeAdapter(folder, adapted)
      const opened = await openAdapter(folder, model)
      const values = ({ parameters }: typeof model) => [...parameters].map(([name, { data }]) => [name, data])
      expect(values(opened)).toEqual(values(adapted))
      expect(opened.extensions[0]!.adapterConfiguration).toEqual(adapted.extensions[0]!.adapterConfiguration)
    }
  })

  it.each([
    { use_rslora: true },
    { use_dora: true },
    { bias: 'all' },
    { target_modules: '.*q_proj' },
    { rank_pattern: { q_proj: 8 } },
    { modules_to_save: ['lm_head'] },
    { layers_to_transform: [0] },
    { init_lora_weights: 'pissa' },
    { what_comes_next: 0.5 },
    { r: 'four' },
    { lora_alpha: undefined },
  ])('that would answer otherwise than we compute is refused by name: %o', async (settings) => {
    await expect(opening(changed(settings))).rejects.toMatchObject({
      code: 'adapter-configuration',
      message: expect.stringContaining(`'${Object.keys(settings)[0]!}'`) as string,
    })
  })

  it('says which way round the files of its base are, and is read whatever it says of that', async () => {
    const model = await openModel(join(import.meta.dirname, '../models/fixtures/gpt2'))
    const said = (given: typeof model) =>
      adapt(given, lowRank({ rank: 1, alpha: 1, targets: 'all-linear' })).extensions[0]!.adapterConfiguration!
    expect(said(model).fan_in_fan_out).toBe(true)
    expect(said(base).fan_in_fan_out).toBe(false)
    await opening(changed({ fan_in_fan_out: true }))
  })

  it.each([
    ['missing-tensor', (all: TensorData[]) => all.slice(1)],
    [
      'unknown-tensor',
      (all: TensorData[]) => [...all, { name: 'stray', shape: [1], data: new Float32Array(1) }],
    ],
    [
      'tensor-shape',
      (all: TensorData[]) =>
        all.map((tensor, index) => (index > 0 ? tensor : { ...tensor, shape: tensor.shape.toReversed() })),
    ],
  ])('whose tensors do not fit is an error: %s', async (code, tensors) => {
    await expect(opening(changed({}, tensors))).rejects.toMatchObject({ code })
  })

  it('of another kind, or that is none, is an error', async () => {
    await expect(opening(changed({ peft_type: 'VERA' }))).rejects.toMatchObject({ code: 'adapter-kind' })
    await expect(openAdapter(scratch, base)).rejects.toMatchObject({ code: 'no-adapter' })
  })

  it('is written too where nothing of it is trained any more', async () => {
    const adapted = await openAdapter(fixture, base)
    const folder = await mkdtemp(join(scratch, 'frozen-'))
    await writeAdapter(folder, await quantizeModel(adapted, { format: 'int8' }))
    const written = await readFile(join(folder, 'adapter_model.safetensors'))
    expect(written).toEqual(await readFile(join(fixture, 'adapter_model.safetensors')))
  })

  it('is not written of a model that has no adapter', async () => {
    await expect(writeAdapter(scratch, base)).rejects.toMatchObject({ code: 'adapter-count' })
  })
})
