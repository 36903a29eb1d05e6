import { describe, expect, it } from 'vitest'
import { gradients } from '../gradient.ts'
import { compile } from '../lowering.ts'
import { Session, floats } from '../session.ts'
import { checkOperation, evaluate, randomSource, randomValues } from '../testing.ts'
import { input, type Tensor } from '../tensor.ts'
import { product, type Dimension } from '../dimension.ts'
import { multiply } from './multiply.ts'
import { reshape } from './reshape.ts'
import { routeToExperts, type Routing, type RoutingOptions } from './route-to-experts.ts'
import { sum } from './sum.ts'

/** The k most probable experts of a row and their probabilities, the first of equal ones first. */
function best(row: Float64Array, k: number) {
  const top = Math.max(...row)
  const powers = row.map((value) => Math.exp(value - top))
  const total = powers.reduce((a, b) => a + b, 0)
  const p = powers.map((value) => value / total)
  const order = [...p.keys()].sort((a, b) => p[b]! - p[a]! || a - b).slice(0, k)
  return { p, order }
}

function rowsOf(logits: Float64Array, experts: number): Float64Array[] {
  return Array.from({ length: logits.length / experts }, (_, row) =>
    logits.subarray(row * experts, (row + 1) * experts),
  )
}

function weightsReference(experts: number, k: number, renormalize: boolean) {
  return (logits: Float64Array) =>
    rowsOf(logits, experts).flatMap((row) => {
      const { p, order } = best(row, k)
      const total = renormalize ? order.reduce((sum, expert) => sum + p[expert]!, 0) : 1
      return order.map((expert) => p[expert]! / total)
    })
}

function balanceReference(experts: number, k: number) {
  return (logits: Float64Array, mask?: Float64Array) => {
    const [shares, means] = [new Float64Array(experts), new Float64Array(experts)]
    const rows = rowsOf(logits, experts)
    const counted = mask?.reduce((a, b) => a + b, 0) ?? rows.length
    rows.forEach((row, token) => {
      const { p, order } = best(row, k)
      const weight = (mask?.[token] ?? 1) / counted
      order.forEach((expert) => (shares[expert]! += weight))
      p.forEach((value, expert) => (means[expert]! += weight * value))
    })
    return [experts * shares.reduce((total, share, expert) => total + share * means[expert]!, 0)]
  }
}

const options = (mask: Tensor | undefined): RoutingOptions => (mask === undefined ? {} : { mask })

const sizes = [
  { tokens: 1, experts: 1, k: 1 },
  { tokens: 5, experts: 4, k: 1 },
  { tokens: 7, experts: 8, k: 2 },
  { tokens: 3, experts: 3, k: 3 },
]

describe('routeToExperts', () => {
  it.each(sizes)(
    'weighs the most probable experts, with its gradient, for %o',
    async ({ tokens, experts, k }) => {
      for (const renormalize of [false, true]) {
        const { value, gradient } = await checkOperation(
          (logits) => routeToExperts(logits!, k, { renormalize }).weights,
          weightsReference(experts, k, renormalize),
          [randomValues(randomSource(91), [tokens, experts], 2)],
        )
        expect(value).toBeLessThan(1e-6)
        expect(gradient).toBeLessThan(1e-5)
      }
    },
  )

  it.each(sizes)('has the balance loss and its gradient for %o', async ({ tokens, experts, k }) => {
    const random = randomSource(92)
    const logits = randomValues(random, [tokens, experts], 2)
    // The first token always counts: no token at all would leave nothing to divide by.
    const mask = Float64Array.from({ length: tokens }, (_, token) => (token === 0 || random() < 0.5 ? 1 : 0))
    for (const inputs of [[logits], [logits, { shape: [tokens], data: mask, fixed: true }]]) {
      const { value, gradient } = await checkOperation(
        (logits, mask) => reshape(routeToExperts(logits!, k, options(mask)).balanceLoss, [1]),
        balanceReference(experts, k),
        inputs,
      )
      expect(value).toBeLessThan(1e-6)
      expect(gradient).toBeLessThan(1e-5)
    }
  })

  it('names the experts in order of their probability, of equal ones the first', async () => {
    const logits = { shape: [3, 4], data: Float64Array.of(0, 3, 1, 2, 5, 5, 5, 5, -1, -1, 0, 0) }
    const { data, shape } = await evaluate((logits) => routeToExperts(logits!, 2).experts, [logits])
    expect(shape).toEqual([3, 2])
    expect([...data].map(Number)).toEqual([1, 3, 0, 1, 2, 3])
  })

  it('has a balance loss of k where all are equally busy, and of experts · k where one is', async () => {
    const balance = async (data: number[], k: number) => {
      const logits = { shape: [4, 4], data: Float64Array.from(data) }
      const loss = await evaluate((logits) => routeToExperts(logits!, k).balanceLoss, [logits])
      expect(loss.shape).toEqual([])
      return loss.data[0] as number
    }
    const diagonal = Array.from({ length: 16 }, (_, at) => (at % 5 === 0 ? 50 : 0))
    expect(await balance(diagonal, 1)).toBeCloseTo(1, 6)
    expect(
      await balance(
        Array.from({ length: 16 }, () => 0),
        4,
      ),
    ).toBeCloseTo(4, 6)
    expect(
      await balance(
        Array.from({ length: 16 }, (_, at) => (at % 4 === 2 ? 50 : 0)),
        1,
      ),
    ).toBeCloseTo(4, 6)
  })

  it('gives the same for a number of tokens not known yet', async () => {
    const program = (batch: Dimension, length: Dimension) => {
      const x = input('x', [batch, length, 4], 'float32', true)
      const mask = input('mask', [batch, length])
      const tokens = product([batch, length])
      const routing: Routing = routeToExperts(reshape(x, [tokens, 4]), 2, {
        renormalize: true,
        mask: reshape(mask, [tokens]),
      })
      const { experts, weights, balanceLoss } = routing
      const loss = multiply(balanceLoss, sum(multiply(weights, weights), [0, 1]))
      return compile({ experts, weights, balanceLoss, dx: gradients(loss, [x])[0]! })
    }
    const given = {
      x: floats(Float32Array.from(randomValues(randomSource(93), [2, 3, 4]).data), [2, 3, 4]),
      mask: floats(Float32Array.of(1, 1, 0, 1, 0, 0), [2, 3]),
    }
    const [fixed, symbolic] = [
      await Session.create(program(2, 3)),
      await Session.create(program('batch', 'length')),
    ]
    const [expected, actual] = [await fixed.run(given), await symbolic.run(given)]
    for (const [name, { data, shape }] of Object.entries(expected)) {
      expect(actual[name]!.shape).toEqual(shape)
      data.forEach((value: number | bigint, at: number) => {
        expect(Number(actual[name]!.data[at])).toBeCloseTo(Number(value), 6)
      })
    }
    await fixed.release()
    await symbolic.release()
  })

  it('names the shapes that do not fit', () => {
    const logits = input('logits', [3, 4])
    expect(() => routeToExperts(input('logits', [2, 3, 4]), 1)).toThrow(/\[2, 3, 4\].*\[tokens, experts\]/)
    expect(() => routeToExperts(input('logits', [2, 'experts']), 1)).toThrow(/\[2, experts\]/)
    expect(() => routeToExperts(logits, 1, { mask: input('m', [4]) })).toThrow(/mask of \[4\]/)
    expect(() => routeToExperts(logits, 5)).toThrow(/5 elements/)
    expect(() => routeToExperts(logits, 0)).toThrow(/0 elements/)
  })
})
