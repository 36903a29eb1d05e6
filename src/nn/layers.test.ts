import { describe, expect, it } from 'vitest'
import { input } from '../engine/tensor.ts'
import { activations } from './activation.ts'
import { attentionDropout, dropout } from './dropout.ts'
import { embedding } from './embedding.ts'
import { linear } from './linear.ts'
import { layerNorm, rmsNorm } from './normalization.ts'
import { counted, run, scopeOf } from './testing.ts'

describe('linear', () => {
  const x = counted(2, 2)
  const weight = { data: Float32Array.of(1, 2, 3, 4, 5, 6), shape: [3, 2] }

  it('adds the bias where the scope has one', async () => {
    const bias = { data: Float32Array.of(10, 20, 30), shape: [3] }
    const without = scopeOf({ 'fc.weight': [3, 2] }).at('fc')
    const beside = scopeOf({ 'fc.weight': [3, 2], 'fc.bias': [3] }).at('fc')
    const plain = await run({ y: linear(without, input('x', [2, 2])) }, { x, 'fc.weight': weight })
    expect([...plain.y!.data]).toEqual([2, 4, 6, 8, 18, 28])
    const biased = await run(
      { y: linear(beside, input('x', [2, 2])) },
      { x, 'fc.weight': weight, 'fc.bias': bias },
    )
    expect([...biased.y!.data]).toEqual([12, 24, 36, 18, 38, 58])
  })
})

describe('embedding', () => {
  it('takes the rows of its table', async () => {
    const y = embedding(scopeOf({ weight: [4, 3] }), input('ids', [2, 2], 'int64'))
    const results = await run({ y }, { ids: { data: [3, 0, 0, 2], shape: [2, 2] }, weight: counted(4, 3) })
    expect(results.y!.shape).toEqual([2, 2, 3])
    expect([...results.y!.data]).toEqual([9, 10, 11, 0, 1, 2, 0, 1, 2, 6, 7, 8])
  })
})

describe('normalization', () => {
  const x = { data: Float32Array.of(1, 2, 3, 4, -1, 5, 0, 8), shape: [2, 4] }
  const weight = { data: Float32Array.of(1, 2, 1, 0.5), shape: [4] }
  const bias = { data: Float32Array.of(0, 1, 0, -1), shape: [4] }
  const rows = [0, 4].map((start) => Array.from(x.data.subarray(start, start + 4)))

  it('of layers has mean 0 and variance 1 before its weight and bias', async () => {
    const scope = scopeOf({ weight: [4], bias: [4] })
    const { y } = await run({ y: layerNorm(scope, input('x', [2, 4]), 1e-3) }, { x, weight, bias })
    const expected = rows.flatMap((row) => {
      const mean = row.reduce((sum, value) => sum + value) / 4
      const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 4
      return row.map(
        (value, index) =>
          ((value - mean) / Math.sqrt(variance + 1e-3)) * weight.data[index]! + bias.data[index]!,
      )
    })
    ;[...y!.data].forEach((value, index) => expect(value).toBeCloseTo(expected[index]!, 5))
  })

  it('by the root mean square keeps the mean', async () => {
    const { y } = await run({ y: rmsNorm(scopeOf({ weight: [4] }), input('x', [2, 4]), 1e-3) }, { x, weight })
    const expected = rows.flatMap((row) => {
      const square = row.reduce((sum, value) => sum + value ** 2, 0) / 4
      return row.map((value, index) => (value / Math.sqrt(square + 1e-3)) * weight.data[index]!)
    })
    ;[...y!.data].forEach((value, index) => expect(value).toBeCloseTo(expected[index]!, 5))
  })
})

describe('dropout', () => {
  const x = input('x', [2, 3])

  it('leaves everything alone outside of training, and at a rate of 0', () => {
    expect(dropout(scopeOf({}), x, 0.5)).toBe(x)
    expect(dropout(scopeOf({}, true), x, 0)).toBe(x)
  })

  it('multiplies by a mask of its own, of the rate it was given', async () => {
    const scope = scopeOf({}, true)
    const [first, second] = [dropout(scope, x, 0.5), dropout(scope, x, 0.25)]
    const masks = [first, second].map((tensor) => {
      const { origin } = tensor
      if (origin.kind !== 'node') throw new Error('no mask')
      return origin.node.inputs[1]!.origin as { name: string; random: { rate: number } }
    })
    expect(masks.map(({ random }) => random.rate)).toEqual([0.5, 0.25])
    expect(masks[0]!.name).not.toBe(masks[1]!.name)
    const mask = { data: Float32Array.of(0, 2, 2, 0, 2, 0), shape: [2, 3] }
    const { y } = await run({ y: first }, { x: counted(2, 3), [masks[0]!.name]: mask })
    expect([...y!.data]).toEqual([0, 2, 4, 0, 8, 0])
  })

  it('of attention has a mask of the size of the scores, in training alone', () => {
    const [query, key] = [input('q', ['batch', 4, 'length', 8]), input('k', ['batch', 2, 'keys', 8])]
    expect(attentionDropout(scopeOf({}), query, key, 0.1)).toEqual({})
    expect(attentionDropout(scopeOf({}, true), query, key, 0)).toEqual({})
    const { keep } = attentionDropout(scopeOf({}, true), query, key, 0.1)
    expect(keep).toMatchObject({ shape: ['batch', 4, 'length', 'keys'], origin: { random: { rate: 0.1 } } })
  })
})

describe('activations', () => {
  /** The error function by its series, which converges everywhere. */
  function errorFunction(x: number): number {
    let [term, total] = [x, x]
    for (let n = 1; n < 60; n++) {
      term *= -(x * x) / n
      total += term / (2 * n + 1)
    }
    return (2 / Math.sqrt(Math.PI)) * total
  }
  const gelu = (x: number) => (x / 2) * (1 + errorFunction(x / Math.SQRT2))
  const geluTanh = (x: number) => (x / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))
  const silu = (x: number) => x / (1 + Math.exp(-x))
  const references: Record<keyof typeof activations, (x: number) => number> = {
    gelu,
    gelu_fast: geluTanh,
    gelu_new: geluTanh,
    gelu_pytorch_tanh: geluTanh,
    relu: (x) => Math.max(0, x),
    relu2: (x) => Math.max(0, x) ** 2,
    silu,
    swish: silu,
  }

  it.each(Object.keys(activations) as (keyof typeof activations)[])(
    '%s is what its name says',
    async (name) => {
      const x = { data: Float32Array.of(-3, -1, -0.1, 0, 0.5, 2), shape: [6] }
      const { y } = await run({ y: activations[name](input('x', [6])) }, { x })
      ;[...y!.data].forEach((value, index) => expect(value).toBeCloseTo(references[name](x.data[index]!), 5))
    },
  )
})
