import { existsSync } from 'node:fs'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openSafetensors, writeSafetensors, type TensorData } from '../formats/safetensors.ts'
import { familyOfType } from './families.ts'
import { Model, openModel } from './model.ts'
import { decoderFixtures } from './testing-decoders.ts'

const fixtures = join(import.meta.dirname, 'fixtures')
let scratch: string
let counter = 0

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'yuksu-model-'))
})
afterAll(() => rm(scratch, { recursive: true }))

/** A copy of a fixture with a changed `config.json` and changed tensors. */
async function changed(
  name: string,
  {
    config = {},
    tensors = (all) => all,
  }: { config?: Record<string, unknown>; tensors?: (all: TensorData[]) => TensorData[] },
): Promise<string> {
  const folder = join(scratch, `${name}-${counter++}`)
  await cp(join(fixtures, name), folder, { recursive: true })
  const path = join(folder, 'config.json')
  const given = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>
  await writeFile(path, JSON.stringify({ ...given, ...config }))
  const file = await openSafetensors(join(folder, 'model.safetensors'))
  const all: TensorData[] = []
  for (const tensor of file.names) {
    all.push({ name: tensor, shape: file.describe(tensor).shape, data: await file.read(tensor) })
  }
  await file.close()
  await writeSafetensors(join(folder, 'model.safetensors'), tensors(all))
  return folder
}

async function failure(work: Promise<unknown>): Promise<{ code: string; message: string }> {
  const error: unknown = await work.then(
    () => new Error('it did not fail'),
    (thrown: unknown) => thrown,
  )
  const { name, message, code } = error as Error & { code: string }
  expect(name).toBe('YuksuError')
  expect(message).not.toContain('\n')
  return { code, message }
}

describe.each(['bart', 'bart-scaled', 'mbart', 'llama', 'llama3', 'llama-yarn', ...decoderFixtures])(
  'the model folder %s',
  (name) => {
    it('is the same to the byte after writing, opening and writing again', async () => {
      const model = await openModel(join(fixtures, name))
      const [first, second] = [await mkdtemp(join(scratch, 'a-')), await mkdtemp(join(scratch, 'b-'))]
      await model.write(first)
      const opened = await openModel(first)
      expect(opened.configuration).toEqual(model.configuration)
      expect([...opened.parameters].map(([parameter, { data }]) => [parameter, data])).toEqual(
        [...model.parameters].map(([parameter, { data }]) => [parameter, data]),
      )
      await opened.write(second)
      for (const file of ['config.json', 'model.safetensors']) {
        expect(await readFile(join(second, file))).toEqual(await readFile(join(first, file)))
      }
    })

    it('keeps every value of the published config.json that it writes', async () => {
      const published = JSON.parse(await readFile(join(fixtures, name, 'config.json'), 'utf8')) as Record<
        string,
        unknown
      >
      const { family, configuration } = await openModel(join(fixtures, name))
      const written = family.formatConfiguration(configuration)
      const shared = Object.keys(written).filter((key) => key in published && key !== 'rope_parameters')
      expect(shared.length).toBeGreaterThan(12)
      expect(Object.fromEntries(shared.map((key) => [key, written[key]]))).toEqual(
        Object.fromEntries(shared.map((key) => [key, published[key]])),
      )
    })

    it('holds as many parameters as the reference counts', async () => {
      const model = await openModel(join(fixtures, name))
      // The gradients were written for every parameter of the reference once, tied ones too.
      const file = await openSafetensors(join(fixtures, name, 'gradients.safetensors'))
      const total = file.names.reduce(
        (sum, tensor) => sum + file.describe(tensor).shape.reduce((product, size) => product * size, 1),
        0,
      )
      await file.close()
      expect(model.parameterCounts).toEqual({ total, trainable: total })
    })
  },
)

describe('a model folder that does not fit', () => {
  it('names the missing tensor', async () => {
    const gone = 'model.layers.1.mlp.up_proj.weight'
    const folder = await changed('llama', { tensors: (all) => all.filter(({ name }) => name !== gone) })
    const { code, message } = await failure(openModel(folder))
    expect(code).toBe('missing-tensor')
    expect(message).toContain(folder)
    expect(message).toContain(`'${gone}'`)
  })

  it('names a tensor that the model has no place for, and passes over what follows from the configuration', async () => {
    const shape = [2]
    const data = new Float32Array(2)
    const stray = 'model.layers.2.mlp.up_proj.weight'
    const folder = await changed('llama', { tensors: (all) => [...all, { name: stray, shape, data }] })
    const { code, message } = await failure(openModel(folder))
    expect(code).toBe('unknown-tensor')
    expect(message).toContain(folder)
    expect(message).toContain(`'${stray}'`)
    const derived = 'model.layers.0.self_attn.rotary_emb.inv_freq'
    await openModel(await changed('llama', { tensors: (all) => [...all, { name: derived, shape, data }] }))
  })

  it('does without a buffer, and takes a tied tensor under any of its names', async () => {
    const folder = await changed('bart', {
      tensors: (all) =>
        all
          .filter(({ name }) => name !== 'final_logits_bias')
          .map((tensor) =>
            tensor.name === 'model.shared.weight' ? { ...tensor, name: 'lm_head.weight' } : tensor,
          ),
    })
    const [model, original] = [await openModel(folder), await openModel(join(fixtures, 'bart'))]
    const shared = 'model.shared.weight'
    expect(model.parameters.get(shared)!.data).toEqual(original.parameters.get(shared)!.data)
    expect(model.parameters.get('final_logits_bias')!.data.every((value) => value === 0)).toBe(true)
  })

  it('names a tensor of another shape, be it of the same size', async () => {
    const name = 'model.decoder.layers.0.fc1.weight'
    const folder = await changed('mbart', {
      tensors: (all) => all.map((tensor) => (tensor.name === name ? { ...tensor, shape: [16, 24] } : tensor)),
    })
    const { code, message } = await failure(openModel(folder))
    expect(code).toBe('tensor-shape')
    expect(message).toContain(`'${name}'`)
    expect(message).toMatch(/16.+24.+24.+16/)
    const wider = await failure(openModel(await changed('llama', { config: { intermediate_size: 25 } })))
    expect(wider.code).toBe('tensor-shape')
  })

  it('names an unknown model_type and those that are known', async () => {
    const { code, message } = await failure(
      openModel(await changed('bart', { config: { model_type: 'opt' } })),
    )
    expect(code).toBe('model-family')
    expect(message).toContain('"opt"')
    expect(message).toContain('mbart')
    expect(() => familyOfType(undefined, 'folder')).toThrow('folder')
  })

  it.each([
    ['bart', { tie_word_embeddings: false }, 'tie_word_embeddings'],
    ['bart', { is_decoder: true }, 'is_decoder'],
    ['mbart', { encoder_layerdrop: 0.1 }, 'encoder_layerdrop'],
    ['bart', { activation_function: 'mish' }, 'activation_function'],
    ['bart', { d_model: '16' }, 'd_model'],
    ['llama', { vocab_size: undefined }, 'vocab_size'],
    ['llama', { attention_dropout: 1 }, 'attention_dropout'],
    ['llama', { rope_parameters: { rope_type: 'proportional', factor: 2 } }, 'rope_scaling.rope_type'],
    ['llama', { rope_parameters: null, rope_scaling: { type: 'yarn', factor: '2' } }, 'rope_scaling.factor'],
    ['llama3', { rope_parameters: { rope_type: 'llama3', factor: 8 } }, 'rope_scaling.low_freq_factor'],
  ])('refuses what it cannot compute: %s with %o', async (name, config, key) => {
    const { code, message } = await failure(openModel(await changed(name, { config })))
    expect(code).toBe('model-configuration')
    expect(message).toContain(key)
  })

  it('says that a folder is no model, or that its config.json is not JSON', async () => {
    expect((await failure(openModel(join(scratch, 'nowhere')))).code).toBe('no-model')
    const folder = await changed('llama', {})
    await writeFile(join(folder, 'config.json'), '{"model_type": ')
    expect((await failure(openModel(folder))).code).toBe('model-configuration')
    await writeFile(join(folder, 'config.json'), 'null')
    expect((await failure(openModel(folder))).code).toBe('model-configuration')
  })
})

describe('a model written otherwise', () => {
  it.each([
    ['float16', 'F16', 2 ** -11],
    ['bfloat16', 'BF16', 2 ** -8],
  ] as const)('in %s is half as large and as near as that type is', async (dtype, stored, share) => {
    const model = await openModel(join(fixtures, 'llama'))
    const [folder, whole] = [await mkdtemp(join(scratch, 'half-')), await mkdtemp(join(scratch, 'whole-'))]
    await model.write(folder, { dtype })
    await model.write(whole)
    const sizes = await Promise.all(
      [folder, whole].map(async (path) => (await readFile(join(path, 'model.safetensors'))).length),
    )
    expect(sizes[0]! / sizes[1]!).toBeLessThan(0.6)
    expect(JSON.parse(await readFile(join(folder, 'config.json'), 'utf8'))).toMatchObject({
      torch_dtype: dtype,
    })
    const file = await openSafetensors(join(folder, 'model.safetensors'))
    expect(new Set(file.names.map((name) => file.describe(name).dtype))).toEqual(new Set([stored]))
    await file.close()
    for (const [name, { data }] of (await openModel(folder)).parameters) {
      const before = model.parameters.get(name)!.data
      const far = data.filter(
        (value, index) => Math.abs(value - before[index]!) > share * Math.abs(before[index]!) + 1e-7,
      )
      expect(far).toHaveLength(0)
    }
  })

  it('in shards opens as the same', async () => {
    const model = await openModel(join(fixtures, 'bart'))
    const folder = await mkdtemp(join(scratch, 'shards-'))
    await model.write(folder, { maxShardBytes: 5000 })
    expect(existsSync(join(folder, 'model.safetensors'))).toBe(false)
    const opened = await openModel(folder)
    expect([...opened.parameters].map(([name, { data }]) => [name, data])).toEqual(
      [...model.parameters].map(([name, { data }]) => [name, data]),
    )
  })

  it('is refused where its weights are codes of a method that is not read', async () => {
    for (const quantization_config of [{ quant_method: 'gptq' }, { quant_method: 'bitsandbytes' }, {}]) {
      const folder = await changed('llama', { config: { quantization_config } })
      expect((await failure(openModel(folder))).code).toBe('quantized-checkpoint')
    }
    const four = { quant_method: 'bitsandbytes', load_in_4bit: true }
    await openModel(await changed('llama', { config: { quantization_config: four } }))
  })
})

describe('a new model', () => {
  const values = (model: Model) => new Map([...model.parameters].map(([name, { data }]) => [name, data]))

  it('depends on its seed alone', async () => {
    const { family, configuration } = await openModel(join(fixtures, 'mbart'))
    const make = (seed: number) => values(new Model(family, configuration).initialize(seed))
    expect(make(5)).toEqual(make(5))
    const [one, other] = [make(5), make(6)]
    const table = 'model.shared.weight'
    expect(one.get(table)).not.toEqual(other.get(table))
    // No two parameters of one shape are the same numbers.
    expect(one.get('model.encoder.layers.0.fc1.weight')).not.toEqual(
      one.get('model.encoder.layers.1.fc1.weight'),
    )
  })

  it('has weights of the deviation its configuration asks for, norms of one and biases of zero', async () => {
    const { family, configuration } = await openModel(join(fixtures, 'llama'))
    const larger = { ...configuration, vocabularySize: 4096, initializationDeviation: 0.03 }
    const model = values(new Model(family, larger).initialize(1))
    const table = model.get('model.embed_tokens.weight')!
    const mean = table.reduce((sum, value) => sum + value, 0) / table.length
    const deviation = Math.sqrt(table.reduce((sum, value) => sum + (value - mean) ** 2, 0) / table.length)
    expect(Math.abs(mean)).toBeLessThan(5e-4)
    expect(deviation / 0.03).toBeCloseTo(1, 1)
    expect(new Set(model.get('model.norm.weight'))).toEqual(new Set([1]))
    const bart = await openModel(join(fixtures, 'bart'))
    const fresh = values(new Model(bart.family, bart.configuration).initialize(1))
    expect(new Set(fresh.get('model.decoder.layers.0.fc1.bias'))).toEqual(new Set([0]))
  })
})
