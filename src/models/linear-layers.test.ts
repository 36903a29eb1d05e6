import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { tinyBart, tinyLlama } from '../train/testing.ts'
import { linearLayers, targetedLayers } from './linear-layers.ts'
import { llamaFixtures } from './llama/testing.ts'
import { Model, openModel } from './model.ts'

type Configuration = Model['configuration']

const fixtures = join(import.meta.dirname, 'fixtures')

describe('the linear layers of a model', () => {
  it.each([
    'bart',
    'mbart',
    'pegasus',
    't5',
    't5-gated',
    'longt5-global',
    'bert-masked',
    'roberta-masked',
    'llama',
    'llama3',
    'llama-yarn',
    ...llamaFixtures,
  ])('are all matrices of %s but the tables of embeddings', async (name) => {
    const model = await openModel(join(fixtures, name))
    const matrices = model.specifications
      .filter(({ name: parameter, shape }) => shape.length === 2 && !/embed|wte|shared|bias/.test(parameter))
      .map(({ name: parameter, shape }) => [parameter, shape])
    const layers = linearLayers(model).filter(({ isTied }) => !isTied)
    expect(matrices.length).toBeGreaterThan(8)
    expect(new Map(layers.map(({ weight, shape }) => [weight, shape]))).toEqual(
      new Map(matrices as [string, [number, number]][]),
    )
    expect(layers.every(({ path, weight }) => weight === `${path}.weight`)).toBe(true)
  })

  it('tell the head, and whether it is the table of embeddings', () => {
    const heads = (tieEmbeddings: boolean) =>
      linearLayers(tinyLlama({ tieEmbeddings })).filter(({ isHead }) => isHead)
    expect(heads(false)).toMatchObject([{ path: 'lm_head', weight: 'lm_head.weight', isTied: false }])
    expect(heads(true)).toMatchObject([
      { path: 'lm_head', weight: 'model.embed_tokens.weight', isTied: true },
    ])
  })

  it('are found without any memory of the size of the model', () => {
    const { family, configuration } = tinyLlama()
    const sizes = { width: 8192, heads: 64, headWidth: 128, keyValueHeads: 8, layers: 80 }
    const large = new Model(family, { ...configuration, ...sizes, vocabularySize: 128_000 } as Configuration)
    expect(linearLayers(large)).toHaveLength(80 * 7 + 1)
  })
})

describe('targets', () => {
  const model = tinyBart({ copyHead: true })

  it('name layers by the end of their path', () => {
    const paths = (targets: readonly string[]) => targetedLayers(model, targets).map(({ path }) => path)
    expect(paths(['v_proj'])).toEqual([
      'model.encoder.layers.0.self_attn.v_proj',
      'model.decoder.layers.0.encoder_attn.v_proj',
      'model.decoder.layers.0.self_attn.v_proj',
    ])
    expect(paths(['encoder_attn.v_proj', 'model.encoder.layers.0.fc1'])).toEqual([
      'model.encoder.layers.0.fc1',
      'model.decoder.layers.0.encoder_attn.v_proj',
    ])
  })

  it('are every layer but the head with all-linear', () => {
    const llama = tinyLlama({ tieEmbeddings: false })
    const all = linearLayers(llama).map(({ path }) => path)
    expect(targetedLayers(llama, 'all-linear').map(({ path }) => path)).toEqual(
      all.filter((path) => path !== 'lm_head'),
    )
  })

  it.each([[['v_proj', '_proj']], [['layers.0']], [['q_proj.weight']], [[]]])(
    'that name none are refused with the names there are: %j',
    (targets) => {
      expect(() => targetedLayers(model, targets)).toThrow(
        expect.objectContaining({
          code: 'layer-target',
          message: expect.stringMatching(/q_proj.*fc1/) as string,
        }),
      )
    },
  )
})
