import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openSafetensorsFolder } from '../formats/safetensors.ts'
import { ForwardPass } from '../models/forward.ts'
import { type Model, openModel } from '../models/model.ts'
import { hashFile } from '../runs/lineage.ts'
import { tinyBart, tinyLlama } from '../train/testing.ts'
import { mergeModels } from './merge-models.ts'
import { upscaleModel } from './upscale-model.ts'

const scratch = mkdtempSync(join(tmpdir(), 'yuksu-merge-'))
const place = (name: string) => join(scratch, name)

async function write(
  name: string,
  model: Model,
  options: Parameters<Model['write']>[1] = {},
): Promise<Model> {
  mkdirSync(place(name))
  await model.write(place(name), options)
  return model
}

/** A model of the same shape with other numbers. */
function other(seed: number, changes: Parameters<typeof tinyLlama>[0] = {}): Model {
  return tinyLlama({ layers: 4, ...changes }).initialize(seed)
}

let one: Model
let two: Model
beforeAll(async () => {
  one = await write('one', other(1))
  two = await write('two', other(2))
  await write('base', other(3))
  for (const [name, words] of [
    ['one', ['가', '나']],
    ['two', ['가', '나']],
    ['other-words', ['나', '가']],
  ] as const) {
    if (name === 'other-words') await write(name, other(4))
    const vocab = Object.fromEntries(words.map((word, id) => [word, id]))
    writeFileSync(place(`${name}/tokenizer.json`), JSON.stringify({ model: { vocab }, version: name }))
  }
  writeFileSync(place('one/generation_config.json'), '{"max_new_tokens": 7}')
})
afterAll(() => rmSync(scratch, { recursive: true }))

const json = (path: string) => JSON.parse(readFileSync(place(path), 'utf8')) as Record<string, unknown>

describe('merged models', () => {
  it('hold the mean of every parameter, with settings, tokenizer and a record of what they were made of', async () => {
    const progress: number[] = []
    const report = await mergeModels([place('one'), place('two')], {
      method: 'linear',
      weights: [1, 3],
      out: place('mean'),
      onProgress: (written) => progress.push(written),
    })
    const merged = await openModel(place('mean'))
    for (const [name, { data }] of merged.parameters) {
      const [left, right] = [one, two].map((model) => model.parameters.get(name)!.data)
      const largest = data.reduce(
        (most, value, index) => Math.max(most, Math.abs(value - (left![index]! + 3 * right![index]!) / 4)),
        0,
      )
      expect(largest).toBeLessThan(1e-7)
    }
    expect(progress).toEqual(merged.specifications.map((_, index) => index + 1))
    expect(report).toMatchObject({ type: 'f32', parameters: one.parameterCounts.total })
    expect(json('mean/generation_config.json')).toEqual({ max_new_tokens: 7 })
    expect(json('mean/tokenizer.json')).toMatchObject({ version: 'one' })
    const { sha256, size } = await hashFile(place('one/model.safetensors'))
    expect(json('mean/config.json')).toMatchObject({
      torch_dtype: 'float32',
      yuksu: {
        merge: { method: 'linear', weights: [1, 3] },
        parents: [{ folder: place('one'), files: [{ sha256, size }] }, { folder: place('two') }],
      },
    })
  })

  it('are their one parent, but for the last bit, where a method comes to that', async () => {
    const base = { base: place('base') }
    for (const [name, folders, options] of [
      ['itself', ['one', 'one'], { method: 'linear' }],
      ['start', ['one', 'two'], { method: 'slerp', t: 0 }],
      ['task', ['one'], { method: 'task-arithmetic', ...base }],
      ['trimmed', ['one'], { method: 'ties', density: 1, ...base }],
    ] as const) {
      await mergeModels(folders.map(place), { ...options, out: place(name) })
      const file = await openSafetensorsFolder(place(name))
      for (const [parameter, { data }] of one.parameters) {
        const values = await file.read(parameter)
        const close = values.every((value, index) => Math.abs(value - data[index]!) <= 2 ** -23)
        expect.soft(close, `${name}: ${parameter}`).toBe(true)
      }
      await file.close()
    }
  })

  it('draw for each parameter anew', async () => {
    const options = { method: 'dare', density: 0.5, base: place('base'), seed: 4 } as const
    await mergeModels([place('one')], { ...options, out: place('dare') })
    const [merged, base] = [await openModel(place('dare')), await openModel(place('base'))]
    const kept = ['q_proj', 'o_proj'].map((layer) => {
      const name = `model.layers.0.self_attn.${layer}.weight`
      const own = base.parameters.get(name)!.data
      return merged.parameters.get(name)!.data.map((value, index) => (value === own[index] ? 0 : 1))
    })
    expect(kept[0]).not.toEqual(kept[1])
    expect(kept[0]!.some((value) => value === 1)).toBe(true)
  })

  it('are written in 16 bits where their first parent was, or where it is asked for', async () => {
    await write('narrow', other(1), { dtype: 'bfloat16' })
    for (const [out, type, stored] of [
      ['narrow-mean', undefined, 'BF16'],
      ['wide-mean', 'f32', 'F32'],
    ] as const) {
      await mergeModels([place('narrow'), place('two')], { method: 'linear', out: place(out), type })
      const file = await openSafetensorsFolder(place(out))
      expect(file.describe('model.norm.weight').dtype).toBe(stored)
      await file.close()
    }
  })

  it('are refused where the parents are not alike, and nothing is written', async () => {
    await write('wider', other(1, { width: 24 }))
    await write('tilted', other(1, { normEpsilon: 1e-3 }))
    await write('bart', tinyBart())
    const tried = (second: string, options: object = {}) =>
      mergeModels([place('one'), place(second)], { method: 'linear', out: place('refused'), ...options })
    await expect(tried('wider')).rejects.toThrow(/'hidden_size' of config.json is 16 and 24/)
    await expect(tried('tilted')).rejects.toThrow(/'rms_norm_eps' of config.json/)
    await expect(tried('bart')).rejects.toThrow(/are not alike/)
    await expect(tried('other-words')).rejects.toThrow(/other words under the same ids/)
    await expect(tried('two', { base: place('base') })).rejects.toThrow(/linear has no base/)
    await expect(tried('two', { method: 'ties' })).rejects.toThrow(/ties needs the model/)
    await expect(tried('two', { out: place('one') })).rejects.toThrow(/is to be merged/)
    await expect(mergeModels([place('one')], { method: 'linear', out: place('refused') })).rejects.toThrow(
      /two models or more/,
    )
    mkdirSync(place('notes'))
    writeFileSync(place('notes/list.txt'), 'mine')
    await expect(tried('two', { out: place('notes') })).rejects.toThrow(/no model folder/)
    expect(() => readFileSync(place('refused/config.json'))).toThrow(/ENOENT/)
  })

  it('differ from one another only by what is not of their shape', async () => {
    await write('other-end', other(2, { eosTokenId: 5 }))
    await mergeModels([place('one'), place('other-end')], { method: 'linear', out: place('ends') })
    expect(json('ends/config.json')).toMatchObject({ eos_token_id: 2 })
  })
})

describe('a deeper model', () => {
  it('has the layers of the model, the middle ones twice', async () => {
    const report = await upscaleModel(place('one'), { out: place('deeper') })
    expect(report.layers).toEqual([0, 1, 2, 1, 2, 3])
    const deeper = await openModel(place('deeper'))
    expect(deeper.configuration).toMatchObject({ layers: 6 })
    for (const [name, { data }] of deeper.parameters) {
      const source = name.replace(/layers\.(\d)/, (_, layer) => `layers.${report.layers[Number(layer)]}`)
      expect(data).toEqual(one.parameters.get(source)!.data)
    }
    expect(json('deeper/config.json')).toMatchObject({
      num_hidden_layers: 6,
      yuksu: { upscale: { layers: [0, 1, 2, 1, 2, 3] }, parents: [{ folder: place('one') }] },
    })
  })

  it('of all layers once is the model', async () => {
    await upscaleModel(place('one'), {
      ranges: [
        [0, 1],
        [2, 3],
      ],
      out: place('same'),
    })
    const inputs = { inputIds: [[3, 7, 9, 4]] }
    const passes = [one, await openModel(place('same'))].map((model) => new ForwardPass(model))
    const [expected, actual] = await Promise.all(passes.map((pass) => pass.run(inputs)))
    expect(actual!.logits.data).toEqual(expected!.logits.data)
    for (const pass of passes) await pass.release()
  })

  it('keeps the kind of each layer', async () => {
    const gemma = join(import.meta.dirname, '../models/fixtures/gemma2')
    const { layer_types: types } = JSON.parse(readFileSync(join(gemma, 'config.json'), 'utf8')) as {
      layer_types: string[]
    }
    expect(new Set(types).size).toBe(2)
    const last = types.length - 1
    await upscaleModel(gemma, {
      ranges: [
        [0, last],
        [last, last],
      ],
      out: place('gemma'),
    })
    expect(json('gemma/config.json')).toMatchObject({ layer_types: [...types, types[last]!] })
  })

  it.each([
    [[[0, 4]], /no layers 0-4 in .*, which has 0-3; give ranges such as 0-2,1-3/],
    [[[2, 1]], /no layers 2-1/],
    [[[0.5, 2]], /no layers 0.5-2/],
    [[], /no layers were given/],
  ] as const)('refuses the ranges %j', async (ranges, message) => {
    const options = { ranges: ranges as unknown as [number, number][], out: place('refused') }
    await expect(upscaleModel(place('one'), options)).rejects.toThrow(message)
  })

  it('is made of decoders alone', async () => {
    const bart = join(import.meta.dirname, '../models/fixtures/bart')
    await expect(upscaleModel(bart, { out: place('refused') })).rejects.toThrow(/only decoders/)
  })
})
