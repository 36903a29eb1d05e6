import { describe, expect, it } from 'vitest'
import { gradients } from '../gradient.ts'
import { topologicalOrder } from '../graph.ts'
import { floats, type HostTensor } from '../session.ts'
import { checkOperation, evaluate, randomSource, runOnce, randomValues, type Values } from '../testing.ts'
import { constant, input, type Tensor } from '../tensor.ts'
import { attention, type AttentionOptions } from './attention.ts'
import { concatenate } from './concatenate.ts'
import { expand } from './expand.ts'
import { multiply } from './multiply.ts'
import { sum } from './sum.ts'

function reference(batch: number, length: number, keys: number, width: number, scale: number) {
  return (q: Float64Array, k: Float64Array, v: Float64Array, mask?: Float64Array) => {
    const out = new Float64Array(batch * length * width)
    for (let b = 0; b < batch; b++) {
      for (let i = 0; i < length; i++) {
        const scores = Array.from({ length: keys }, (_, j) => {
          let score = 0
          for (let d = 0; d < width; d++)
            score += q[(b * length + i) * width + d]! * k[(b * keys + j) * width + d]!
          return score * scale + (mask?.[i * keys + j] ?? 0)
        })
        const top = Math.max(...scores)
        const weights = scores.map((score) => Math.exp(score - top))
        const total = weights.reduce((sum, weight) => sum + weight, 0)
        for (let j = 0; j < keys; j++) {
          for (let d = 0; d < width; d++) {
            out[(b * length + i) * width + d]! += (weights[j]! / total) * v[(b * keys + j) * width + d]!
          }
        }
      }
    }
    return out
  }
}

interface Sizes {
  readonly batch: number
  readonly heads: number
  readonly shared: number
  readonly length: number
  readonly keys: number
  readonly width: number
}

/** The element of `data`, of a shape that broadcasts to `[batch, heads, length, keys]`, at a place of the latter. */
function broadcastAt(data: Float64Array, shape: readonly number[], place: readonly number[]): number {
  const rank = shape.length
  return data[
    shape.reduce((index, size, axis) => index * size + (size === 1 ? 0 : place[4 - rank + axis]!), 0)
  ]!
}

/**
 * Attention in which query heads share keys, scores are bounded, and tensors of these shapes are added to them; the last tensor of all may be
 * what shares of keys are multiplied by.
 */
function fullReference(
  { batch, heads, shared, length, keys, width }: Sizes,
  added: readonly (readonly number[])[],
  softCap?: number,
  drops = false,
) {
  return (q: Float64Array, k: Float64Array, v: Float64Array, ...given: Float64Array[]) => {
    const rest = drops ? given.slice(0, -1) : given
    const out = new Float64Array(batch * heads * length * width)
    for (let at = 0; at < batch * heads * length; at++) {
      const [b, h, i] = [Math.floor(at / (heads * length)), Math.floor(at / length) % heads, at % length]
      const first = (b * shared + Math.floor(h / (heads / shared))) * keys
      const scores = Array.from({ length: keys }, (_, j) => {
        let score = 0
        for (let d = 0; d < width; d++) score += 0.7 * q[at * width + d]! * k[(first + j) * width + d]!
        if (softCap !== undefined) score = softCap * Math.tanh(score / softCap)
        return rest.reduce(
          (total, data, index) => total + broadcastAt(data, added[index]!, [b, h, i, j]),
          score,
        )
      })
      const top = Math.max(...scores)
      const weights = scores.map((score) => Math.exp(score - top))
      const total = weights.reduce((sum, weight) => sum + weight, 0)
      for (let j = 0; j < keys; j++) {
        const share = (weights[j]! / total) * (drops ? given.at(-1)![at * keys + j]! : 1)
        for (let d = 0; d < width; d++) out[at * width + d]! += share * v[(first + j) * width + d]!
      }
    }
    return out
  }
}

function operands(
  random: () => number,
  { batch, heads, shared, length, keys, width }: Sizes,
  size = 1,
): Values[] {
  return [
    randomValues(random, [batch, heads, length, width], size),
    randomValues(random, [batch, shared, keys, width], size),
    randomValues(random, [batch, shared, keys, width]),
  ]
}

/** A causal mask whose last queries see all keys. */
function causal(length: number, keys: number): Values {
  const data = Float64Array.from({ length: length * keys }, (_, index) =>
    (index % keys) - (keys - length) > Math.floor(index / keys) ? -1e9 : 0,
  )
  return { shape: [1, 1, length, keys], data, fixed: true }
}

const host = ({ data, shape }: Values) => floats(Float32Array.from(data), shape)

function expectClose(actual: HostTensor, expected: ArrayLike<number | bigint>, within: number): void {
  expect(actual.data.length).toBe(expected.length)
  actual.data.forEach((value, index) =>
    expect(Math.abs(Number(value) - Number(expected[index]))).toBeLessThan(within),
  )
}

describe('attention', () => {
  it.each([
    { batch: 1, heads: 1, length: 1, keys: 1, width: 2 },
    { batch: 2, heads: 3, length: 4, keys: 5, width: 6 },
    { batch: 1, heads: 2, length: 5, keys: 5, width: 3, causal: true },
  ])(
    'matches the formula and its gradients for %o',
    async ({ batch, heads, length, keys, width, causal }) => {
      const random = randomSource(3)
      const inputs: Values[] = [
        randomValues(random, [batch, heads, length, width]),
        randomValues(random, [batch, heads, keys, width]),
        randomValues(random, [batch, heads, keys, width]),
      ]
      if (causal) {
        const data = Float64Array.from({ length: length * keys }, (_, index) =>
          index % keys > Math.floor(index / keys) ? -1e9 : 0,
        )
        inputs.push({ shape: [1, 1, length, keys], data, fixed: true })
      }
      const { value, gradient } = await checkOperation(
        (query, key, values, mask) => attention(query!, key!, values!, { scale: 0.7, ...(mask && { mask }) }),
        reference(batch * heads, length, keys, width, 0.7),
        inputs,
      )
      expect(value).toBeLessThan(1e-5)
      expect(gradient).toBeLessThan(1e-4)
    },
  )

  const small: Sizes = { batch: 2, heads: 2, shared: 2, length: 3, keys: 5, width: 4 }

  it.each([
    { bias: [1, 2, 3, 5] },
    { bias: [2, 2, 3, 5] },
    { bias: [2, 1, 1, 5] },
    { bias: [2, 3, 1] },
    { bias: [5] },
    { bias: [1, 2, 3, 5], masked: true },
    { bias: [1, 2, 3, 5], softCap: 1.5, masked: true },
  ])('adds a bias and gives it its gradient: %o', async ({ bias, masked, softCap }) => {
    const random = randomSource(61)
    const { length, keys } = small
    const mask = masked ? [causal(length, keys)] : []
    const { value, gradient } = await checkOperation(
      (query, key, values, ...added) =>
        attention(query!, key!, values!, {
          scale: 0.7,
          bias: added.at(-1)!,
          ...(masked && { mask: added[0]! }),
          ...(softCap !== undefined && { softCap }),
        }),
      fullReference(small, [...mask.map(({ shape }) => shape), bias], softCap),
      [...operands(random, small), ...mask, randomValues(random, bias, 2)],
    )
    expect(value).toBeLessThan(1e-6)
    expect(gradient).toBeLessThan(1e-5)
  })

  it.each([
    { softCap: 50, size: 1 },
    { softCap: 2, size: 2 },
    { softCap: 0.5, size: 1, masked: true },
  ])('bounds the scores before the mask: %o', async ({ softCap, size, masked }) => {
    const mask = masked ? [causal(small.length, small.keys)] : []
    const { value, gradient } = await checkOperation(
      (query, key, values, mask) =>
        attention(query!, key!, values!, { scale: 0.7, softCap, ...(mask && { mask }) }),
      fullReference(
        small,
        mask.map(({ shape }) => shape),
        softCap,
      ),
      [...operands(randomSource(62), small, size), ...mask],
    )
    expect(value).toBeLessThan(1e-6)
    expect(gradient).toBeLessThan(1e-5)
  })

  it.each([
    { sizes: small },
    { sizes: { ...small, heads: 4 }, bias: [1, 4, 3, 5], masked: true },
    { sizes: { ...small, heads: 4 }, softCap: 2 },
  ])(
    'drops shares of keys after the softmax, and their gradients: %o',
    async ({ sizes, bias, masked, softCap }) => {
      const random = randomSource(68)
      const { batch, heads, length, keys } = sizes
      const scores = [batch, heads, length, keys]
      const keep = randomValues(random, scores)
      const dropped = { ...keep, data: keep.data.map((value) => (value > 0.3 ? 0 : 1.25)), fixed: true }
      const added = [...(masked ? [causal(length, keys)] : []), ...(bias ? [randomValues(random, bias)] : [])]
      const { value, gradient } = await checkOperation(
        (query, key, values, ...rest) =>
          attention(query!, key!, values!, {
            scale: 0.7,
            keep: rest.at(-1)!,
            ...(masked && { mask: rest[0]! }),
            ...(bias && { bias: rest.at(-2)! }),
            ...(softCap !== undefined && { softCap }),
          }),
        fullReference(
          sizes,
          added.map(({ shape }) => shape),
          softCap,
          true,
        ),
        [...operands(random, sizes), ...added, dropped],
      )
      expect(value).toBeLessThan(1e-6)
      expect(gradient).toBeLessThan(1e-5)
    },
  )

  it('stays finite where a soft cap meets scores far beyond it', async () => {
    const far = operands(randomSource(63), small, 1e4)
    const result = await evaluate((q, k, v) => attention(q!, k!, v!, { scale: 1, softCap: 5 }), far)
    expect([...(result.data as Float32Array)].every(Number.isFinite)).toBe(true)
  })

  describe('with fewer heads of keys and values', () => {
    it.each([
      { batch: 1, heads: 2, shared: 1, length: 1, keys: 1, width: 2 },
      { batch: 2, heads: 4, shared: 2, length: 3, keys: 5, width: 4 },
      { batch: 1, heads: 6, shared: 2, length: 1, keys: 4, width: 3 },
      { batch: 2, heads: 3, shared: 1, length: 4, keys: 4, width: 2 },
    ])('lets neighbouring query heads share them: %o', async (sizes) => {
      const random = randomSource(64)
      const { batch, heads, length, keys } = sizes
      for (const added of [
        [],
        [causal(length, keys)],
        [causal(length, keys), randomValues(random, [1, heads, length, keys])],
        [{ ...randomValues(random, [batch, heads, 1, keys]), fixed: true }],
      ]) {
        const { value, gradient } = await checkOperation(
          (query, key, values, mask, bias) =>
            attention(query!, key!, values!, {
              scale: 0.7,
              ...(mask && { mask }),
              ...(bias && { bias, softCap: 3 }),
            }),
          fullReference(
            sizes,
            added.map(({ shape }) => shape),
            added.length === 2 ? 3 : undefined,
          ),
          [...operands(random, sizes), ...added],
        )
        expect(value).toBeLessThan(1e-6)
        expect(gradient).toBeLessThan(1e-5)
      }
    })

    it('repeats nothing, forward or backward', () => {
      const sizes = { batch: 2, heads: 6, shared: 2, length: 3, keys: 5, width: 4 }
      const [q, k, v] = operands(randomSource(65), sizes).map(({ shape }, index) =>
        input(`input${index}`, shape, 'float32', true),
      )
      const y = attention(q!, k!, v!, { scale: 1 })
      const found = gradients(sum(multiply(y, y), [0, 1, 2, 3]), [q!, k!, v!])
      const sizeOf = ({ shape }: Tensor) => (shape as number[]).reduce((total, size) => total * size, 1)
      const largest = Math.max(
        ...topologicalOrder([y, ...found]).flatMap(({ outputs }) => outputs.map(sizeOf)),
      )
      // Nothing is larger than the queries' gradient with its extra column.
      expect(largest).toBe(2 * 6 * 3 * Math.max(sizes.keys, sizes.width + 1))
    })

    it('works on sizes known only at the run, a bias among them', async () => {
      const outputs = (batch: number | string, length: number | string, keys: number | string) => {
        const q = input('q', [batch, 4, length, 3], 'float32', true)
        const k = input('k', [batch, 2, keys, 3], 'float32', true)
        const v = input('v', [batch, 2, keys, 3], 'float32', true)
        const bias = input('bias', [1, 4, length, keys], 'float32', true)
        const mask = input('mask', [batch, 1, 1, keys])
        const y = attention(q, k, v, { scale: 0.6, mask, bias, softCap: 4 })
        const slopes = gradients(sum(multiply(y, y), [0, 1, 2, 3]), [q, k, v, bias])
        return { y, dq: slopes[0]!, dk: slopes[1]!, dv: slopes[2]!, dbias: slopes[3]! }
      }
      for (const [batch, length, keys] of [
        [2, 3, 5],
        [1, 1, 7],
      ] as const) {
        const random = randomSource(66)
        const feeds = {
          q: host(randomValues(random, [batch, 4, length, 3])),
          k: host(randomValues(random, [batch, 2, keys, 3])),
          v: host(randomValues(random, [batch, 2, keys, 3])),
          bias: host(randomValues(random, [1, 4, length, keys])),
          mask: host(randomValues(random, [batch, 1, 1, keys])),
        }
        const expected = await runOnce(outputs(batch, length, keys), feeds)
        const found = await runOnce(outputs('batch', 'length', 'keys'), feeds)
        for (const [name, { data, shape }] of Object.entries(expected)) {
          expect(found[name]!.shape).toEqual(shape)
          expectClose(found[name]!, data, 1e-6)
        }
      }
    })
  })

  it('sees a prefix of keys and values that no mask hides, by concatenation, and teaches it', async () => {
    const [batch, heads, length, width, prefix] = [2, 2, 3, 4, 2]
    const sizes = { batch, heads, shared: heads, length, keys: prefix + length, width }
    const random = randomSource(67)
    const [q, k, v] = operands(random, { ...sizes, keys: length })
    const learned = () => randomValues(random, [heads, prefix, width])
    const joined = (own: Float64Array, first: Float64Array) =>
      Float64Array.from({ length: batch * heads * (prefix + length) * width }, (_, index) => {
        const inner = index % ((prefix + length) * width)
        const head = Math.floor(index / ((prefix + length) * width))
        return inner < prefix * width
          ? first[(head % heads) * prefix * width + inner]!
          : own[head * length * width + inner - prefix * width]!
      })
    const zeros = constant(new Float32Array(length * prefix), [1, 1, length, prefix])
    const widened = (mask: Float64Array) =>
      Float64Array.from({ length: length * (prefix + length) }, (_, index) => {
        const [i, j] = [Math.floor(index / (prefix + length)), index % (prefix + length)]
        return j < prefix ? 0 : mask[i * length + j - prefix]!
      })
    const plain = fullReference(sizes, [[1, 1, length, prefix + length]])
    const { value, gradient } = await checkOperation(
      (query, key, values, firstKeys, firstValues, mask) => {
        const before = (first: Tensor, own: Tensor) =>
          concatenate([expand(first, [batch, heads, prefix, width]), own], 2)
        return attention(query!, before(firstKeys!, key!), before(firstValues!, values!), {
          scale: 0.7,
          mask: concatenate([zeros, mask!], 3),
        })
      },
      (query, key, values, firstKeys, firstValues, mask) =>
        plain(query, joined(key, firstKeys), joined(values, firstValues), widened(mask)),
      [q!, k!, v!, learned(), learned(), causal(length, length)],
    )
    expect(value).toBeLessThan(1e-6)
    expect(gradient).toBeLessThan(1e-5)
  })

  it('names the shapes that do not fit', () => {
    const tensor = (...shape: number[]) => input('x', shape)
    const options: AttentionOptions = { scale: 1 }
    const [q, k] = [tensor(1, 4, 3, 2), tensor(1, 4, 5, 2)]
    expect(() => attention(q, tensor(1, 4, 5, 3), k, options)).toThrow(
      /query \[1, 4, 3, 2\], key \[1, 4, 5, 3\]/,
    )
    expect(() => attention(q, k, tensor(1, 4, 6, 2), options)).toThrow(/value \[1, 4, 6, 2\]/)
    expect(() => attention(q, tensor(1, 3, 5, 2), tensor(1, 3, 5, 2), options)).toThrow(
      /4 heads of queries cannot share 3 of keys and 3 of values/,
    )
    expect(() => attention(q, tensor(1, 2, 5, 2), tensor(1, 4, 5, 2), options)).toThrow(/2 of keys and 4/)
    expect(() => attention(q, k, k, { ...options, bias: tensor(1, 3, 3, 5) })).toThrow(
      /a bias of \[1, 3, 3, 5\] cannot be added to scores of \[1, 4, 3, 5\]/,
    )
    expect(() => attention(q, k, k, { ...options, bias: tensor(2, 4, 3, 5) })).toThrow(
      /bias of \[2, 4, 3, 5\]/,
    )
    expect(() => attention(q, k, k, { ...options, keep: tensor(1, 1, 3, 5) })).toThrow(
      /dropout mask of \[1, 1, 3, 5\] does not fit scores of \[1, 4, 3, 5\]/,
    )
    expect(() => attention(q, k, k, { ...options, softCap: 0 })).toThrow(/above 0, given 0/)
  })
})
