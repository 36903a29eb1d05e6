import { describe, expect, it } from 'vitest'
import { add } from '../engine/ops/add.ts'
import { int8Linear } from '../engine/ops/int8-linear.ts'
import { linear as linearOperation } from '../engine/ops/linear.ts'
import { quantizedLinear } from '../engine/ops/quantized-linear.ts'
import { scale } from '../engine/ops/scale.ts'
import { dequantize, quantizeInt4Blocks } from '../engine/quantized.ts'
import { input, type Tensor } from '../engine/tensor.ts'
import { linear } from './linear.ts'
import { type LinearAttachment, Scope, type ScopeOptions } from './scope.ts'
import { counted, run } from './testing.ts'

const parameters = new Map([
  ['block.fc.bias', { shape: [3], trainable: true }],
  ['block.fc.extra', { shape: [3], trainable: true }],
  ['block.other.weight', { shape: [3, 32], trainable: true }],
])
const values = Float32Array.from({ length: 3 * 32 }, (_, index) => Math.sin(index))
const weight = quantizeInt4Blocks(values, [3, 32])
const inputs = {
  x: { data: Float32Array.from({ length: 64 }, (_, index) => Math.cos(3 * index)), shape: [2, 32] },
  'block.fc.bias': counted(3),
}

function scopeOf(options: Partial<ScopeOptions>): Scope {
  return Scope.root({ parameters, ...options }).at('block', 'fc')
}

/** What the layer makes of x, with what is made of the tensors that `reference` computes with. */
async function outputs(y: Tensor, reference: Tensor, more: Parameters<typeof run>[1] = {}) {
  const results = await run({ y, reference }, { ...inputs, ...more })
  return [results.y!.data, results.reference!.data]
}

describe('a weight in few bits', () => {
  const x = input('x', [2, 32])
  const bias = input('block.fc.bias', [3])
  const stored = (product: 'dequantize' | 'blocks') => new Map([['block.fc.weight', { weight, product }]])

  it('meets activations as the numbers that it stands for', async () => {
    const full = input('full', [3, 32])
    const numbers = { full: { data: dequantize(weight), shape: [3, 32] } }
    const y = linear(scopeOf({ quantized: stored('dequantize') }), x)
    const [actual, expected] = await outputs(y, linearOperation(x, full, bias), numbers)
    expected!.forEach((value, index) => expect(actual![index]).toBeCloseTo(Number(value), 5))
  })

  it('meets them by the product it is stored with, but by that of f32 in training', async () => {
    for (const training of [false, true]) {
      const y = linear(scopeOf({ quantized: stored('blocks'), training }), x)
      const same = quantizedLinear(x, weight, bias, { product: training ? 'dequantize' : 'blocks' })
      const other = quantizedLinear(x, weight, bias, { product: training ? 'blocks' : 'dequantize' })
      const [actual, expected] = await outputs(y, same)
      expect(actual).toEqual(expected)
      expect(actual).not.toEqual((await outputs(y, other))[1])
    }
  })

  it('is found under a name that stands for it, and is no parameter', () => {
    const aliases = { 'head.weight': 'block.fc.weight' }
    const head = Scope.root({ parameters, aliases, quantized: stored('dequantize') }).at('head')
    expect(head.quantized('weight')?.weight).toBe(weight)
    expect(() => head.parameter('weight')).toThrow(/'block\.fc\.weight' is in int4/)
    expect(scopeOf({ quantized: stored('dequantize') }).trainable().size).toBe(0)
  })
})

describe('a product in 8 bits', () => {
  const x = input('x', [2, 32])
  const own = new Map([...parameters, ['block.fc.weight', { shape: [3, 32], trainable: true }]])
  const layer = (options: Partial<ScopeOptions>) =>
    linear(
      Scope.root({ parameters: own, int8Products: new Set(['block.fc.weight']), ...options }).at(
        'block',
        'fc',
      ),
      x,
    )
  const weights = { 'block.fc.weight': { data: values, shape: [3, 32] } }
  const [full, bias] = [input('block.fc.weight', [3, 32]), input('block.fc.bias', [3])]

  it('is that of the weights it was asked for of, in training alone', async () => {
    const [rounded, expected] = await outputs(layer({ training: true }), int8Linear(x, full, bias), weights)
    expect(rounded).toEqual(expected)
    for (const options of [{}, { training: true, int8Products: new Set(['block.other.weight']) }]) {
      const [plain, reference] = await outputs(layer(options), linearOperation(x, full, bias), weights)
      expect(plain).toEqual(reference)
      expect(plain).not.toEqual(rounded)
    }
  })

  it('leaves a weight in few bits as it is stored', () => {
    const stored = new Map([['block.fc.weight', { weight }]])
    expect(layer({ training: true, quantized: stored }).origin).toMatchObject({
      node: { name: 'quantizedLinear' },
    })
  })
})

describe('what stands around a layer', () => {
  const x = input('x', [2, 32])
  const bias = input('block.fc.bias', [3])
  const quantized = new Map([['block.fc.weight', { weight }]])
  const attached = (...list: LinearAttachment[]) =>
    scopeOf({ quantized, attachments: (path) => (path === 'block.fc' ? list : []) })

  it('may change what the layer reads and what comes out, and has parameters of its own', async () => {
    const scope = attached((place, given, layer) =>
      add(scale(layer(scale(given, 2)), 3), place.parameter('extra')),
    )
    const more = { 'block.fc.extra': counted(3) }
    const base = scale(quantizedLinear(scale(x, 2), weight, bias), 3)
    const [actual, expected] = await outputs(linear(scope, x), add(base, input('block.fc.extra', [3])), more)
    expect(actual).toEqual(expected)
    expect([...scope.trainable().keys()].sort()).toEqual(['block.fc.bias', 'block.fc.extra'])
  })

  it('nests, the first innermost, and leaves other layers alone', async () => {
    const y = linear(
      attached(
        (_, given, layer) => add(layer(given), bias),
        (_, given, layer) => scale(layer(given), 5),
      ),
      x,
    )
    const [actual, expected] = await outputs(y, scale(add(quantizedLinear(x, weight, bias), bias), 5))
    expect(actual).toEqual(expected)
    const attachments = (path: string) => (path === 'block.fc' ? [() => x] : [])
    const other = Scope.root({ parameters, attachments }).at('block', 'other')
    expect(linear(other, x).origin).toMatchObject({ node: { name: 'linear' } })
  })
})
