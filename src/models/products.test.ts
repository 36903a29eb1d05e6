import { describe, expect, it } from 'vitest'
import { adapt } from '../adapters/adapter.ts'
import { lowRank } from '../adapters/low-rank.ts'
import { tinyBart, tinyLlama } from '../train/testing.ts'
import { int8Products } from './products.ts'
import { linearLayers } from './linear-layers.ts'
import type { Model } from './model.ts'

const wide = { width: 256, heads: 4, headWidth: 64, keyValueHeads: 4, feedForwardWidth: 512 }
const products = (model: Model) => int8Products(model.specifications, model.configuration)

describe('products in 8 bits', () => {
  it.each([true, false])('are those of all linear layers but the head, tied: %s', (tieEmbeddings) => {
    const model = tinyLlama({ ...wide, tieEmbeddings, vocabularySize: 500 })
    const layers = linearLayers(model)
    expect([...products(model)].sort()).toEqual(
      layers.flatMap(({ weight, isHead }) => (isHead ? [] : [weight])).sort(),
    )
    expect(layers.filter(({ isHead }) => isHead)).toHaveLength(1)
  })

  it('are not worth it where layers are small on one side', () => {
    expect(products(tinyLlama())).toEqual(new Set())
    expect(products(tinyBart())).toEqual(new Set())
    const sides = (out: number, width: number) => {
      const specification = {
        name: 'w',
        shape: [out, width],
        initialization: 'zeros',
        trainable: true,
      } as const
      return int8Products([specification], tinyLlama().configuration).size === 1
    }
    expect([sides(256, 256), sides(128, 512), sides(512, 128), sides(200, 200)]).toEqual([
      true,
      true,
      true,
      true,
    ])
    expect([sides(192, 192), sides(64, 4096), sides(4096, 64), sides(1, 4096)]).toEqual(Array(4).fill(false))
    const model = tinyLlama({ ...wide, vocabularySize: 500 })
    const adapted = adapt(model, lowRank({ rank: 8, alpha: 8, targets: ['q_proj'] }))
    expect(products(adapted)).toEqual(products(model))
  })

  it('are no norms and no biases', () => {
    const model = tinyBart({ width: 256, encoderFeedForwardWidth: 512, decoderFeedForwardWidth: 512 })
    const names = [...products(model)]
    expect(names.length).toBeGreaterThan(10)
    expect(names.filter((name) => !name.endsWith('.weight'))).toEqual([])
  })

  it('are asked for by a scope in training', () => {
    const model = tinyLlama({ ...wide, vocabularySize: 500 })
    const asked = (options: Parameters<Model['scope']>[0]) =>
      model.scope(options).at('model.layers', 0, 'mlp', 'up_proj').hasInt8Product('weight')
    expect(asked({ training: true, products: 'int8' })).toBe(true)
    expect(asked({ training: false, products: 'int8' })).toBe(false)
    expect(asked({ training: true, products: 'float32' })).toBe(false)
    expect(asked({ training: true })).toBe(false)
  })
})
