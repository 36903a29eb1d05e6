import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { HostMemory, type HostArray } from '../memory.ts'
import { randomSource } from '../testing.ts'

function arrays(lengths: readonly number[], fill: () => number): HostArray[] {
  const found = new HostMemory().allocate(lengths)
  for (const { data } of found) for (let index = 0; index < data.length; index++) data[index] = fill()
  return found
}

interface Optimizer {
  readonly rate: number
  readonly beta1: number
  readonly beta2: number
  readonly epsilon: number
  readonly decay: number
  readonly factor: number
}

/** torch.optim.AdamW in f64 for one parameter, over its gradients step by step. */
function plainAdamw(weight: number, gradients: readonly number[], options: Optimizer): number {
  const { rate, beta1, beta2, epsilon, decay, factor } = options
  let [w, m, v] = [weight, 0, 0]
  gradients.forEach((raw, index) => {
    const gradient = raw * factor
    const step = index + 1
    w *= 1 - rate * decay
    m = beta1 * m + (1 - beta1) * gradient
    v = beta2 * v + (1 - beta2) * gradient ** 2
    const denominator = Math.sqrt(v) / Math.sqrt(1 - beta2 ** step) + epsilon
    w -= (rate / (1 - beta1 ** step)) * (m / denominator)
  })
  return w
}

describe('adamw', () => {
  it.each([
    { rate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, decay: 0.01, factor: 1 },
    { rate: 3e-3, beta1: 0.9, beta2: 0.95, epsilon: 1e-6, decay: 0.1, factor: 0.25 },
    // A large ε: without it a factor on every gradient would leave the update the same.
    { rate: 1e-2, beta1: 0.5, beta2: 0.9, epsilon: 0.5, decay: 0, factor: 0.1 },
  ])('follows torch.optim.AdamW over several steps for %o', (options) => {
    const random = randomSource(41)
    for (const length of [1, 3, 32, 37, 130]) {
      const [w, g, m, v] = arrays([length, length, length, length], () => 0) as [
        HostArray,
        HostArray,
        HostArray,
        HostArray,
      ]
      const start = w.data.map(() => random() * 2 - 1)
      w.data.set(start)
      const history = Array.from({ length: 12 }, () => start.map(() => (random() - 0.3) * 4))
      history.forEach((gradient, index) => {
        g.data.set(gradient)
        const { rate, beta1, beta2, epsilon, decay, factor } = options
        const step = rate / (1 - beta1 ** (index + 1))
        const root = 1 / Math.sqrt(1 - beta2 ** (index + 1))
        w.kernels.adamw(
          w.pointer,
          g.pointer,
          m.pointer,
          v.pointer,
          w.paddedLength,
          beta1,
          beta2,
          step,
          root,
          epsilon,
          1 - rate * decay,
          factor,
        )
      })
      start.forEach((weight, index) => {
        const expected = plainAdamw(
          weight,
          history.map((gradient) => gradient[index]!),
          options,
        )
        expect(Math.abs(w.data[index]! - expected)).toBeLessThan(1e-6)
      })
    }
  })

  it('leaves the padding at zero', () => {
    const [w, g, m, v] = arrays([5, 5, 5, 5], () => 1) as [HostArray, HostArray, HostArray, HostArray]
    w.kernels.adamw(
      w.pointer,
      g.pointer,
      m.pointer,
      v.pointer,
      w.paddedLength,
      0.9,
      0.999,
      0.01,
      31,
      1e-8,
      1,
      1,
    )
    expect([...new Float32Array(w.data.buffer, w.pointer, 32).subarray(5)]).toEqual(Array(27).fill(0))
  })
})

describe('sumOfSquares', () => {
  it.each([0, 1, 4, 33, 10_001])('adds %i squares in double precision', (length) => {
    const random = randomSource(42)
    const [x] = arrays([length], () => random() * 2 - 1)
    const expected = x!.data.reduce((total, value) => total + value ** 2, 0)
    const sum = x!.kernels.sumOfSquares(x!.pointer, x!.paddedLength)
    expect(Math.abs(sum - expected)).toBeLessThanOrEqual(1e-13 * expected)
  })

  it('does not lose small values beside a large one, nor overflow where a float would', () => {
    const [x] = arrays([100_000], () => 2 ** -6)
    x!.data[0] = 2 ** 12
    expect(x!.kernels.sumOfSquares(x!.pointer, x!.paddedLength)).toBe(2 ** 24 + 99_999 * 2 ** -12)
    x!.data.fill(0)
    x!.data[7] = 2 ** 100
    expect(x!.kernels.sumOfSquares(x!.pointer, x!.paddedLength)).toBe(2 ** 200)
  })

  it('gives NaN and infinity on, so that a broken gradient is seen', () => {
    for (const [index, broken] of [NaN, Infinity, -Infinity].entries()) {
      const [x] = arrays([9], () => 1)
      x!.data[index * 3 + 2] = broken
      expect(x!.kernels.sumOfSquares(x!.pointer, x!.paddedLength)).toBe(Math.abs(broken))
    }
  })
})

describe('blend', () => {
  it('is keep · y + take · x', () => {
    const random = randomSource(43)
    const [y, x] = arrays([45, 45], () => random() * 10 - 5)
    const expected = y!.data.map((value, index) => 0.75 * value - 2 * x!.data[index]!)
    const before = x!.data.slice()
    y!.kernels.blend(y!.pointer, x!.pointer, y!.paddedLength, 0.75, -2)
    y!.data.forEach((value, index) => expect(Math.abs(value - expected[index]!)).toBeLessThan(2e-6))
    expect(x!.data).toEqual(before)
  })
})

describe('kernels.generated.ts', () => {
  // The compiler takes seconds alone and far longer on a busy machine.
  it('is what the sources compile to', async () => {
    const script = new URL('../../../scripts/kernels.mjs', import.meta.url).href
    const { compileKernels } = (await import(script)) as { compileKernels: () => Promise<string> }
    const generated = await readFile(new URL('kernels.generated.ts', import.meta.url), 'utf8')
    expect(generated === (await compileKernels()), 'run `npm run kernels`').toBe(true)
  }, 180_000)
})

describe('resampleSums', () => {
  /** mulberry32 in the plain way. */
  function* draws(seed: number, rows: number): Generator<number> {
    for (let state = seed | 0; ;) {
      state = (state + 0x6d2b79f5) | 0
      let bits = Math.imul(state ^ (state >>> 15), 1 | state)
      bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits
      yield Number((BigInt((bits ^ (bits >>> 14)) >>> 0) * BigInt(rows)) >> 32n)
    }
  }

  it.each([
    { rows: 1, columns: 4, resamples: 3 },
    { rows: 7, columns: 8, resamples: 5 },
    { rows: 500, columns: 12, resamples: 20 },
  ])('adds up rows drawn by mulberry32 for %o', ({ rows, columns, resamples }) => {
    const random = randomSource(12)
    const memory = new HostMemory()
    const [table, sums, places] = memory.allocate([2 * rows * columns, 2 * resamples * columns, rows + 3])
    const doubles = ({ data, pointer }: HostArray) => new Float64Array(data.buffer, pointer, data.length / 2)
    const entries = doubles(table!).map(() => random())
    doubles(table!).set(entries)
    table!.kernels.resampleSums(table!.pointer, rows, columns, places!.pointer, sums!.pointer, resamples, 9)
    const stream = draws(9, rows)
    const expected = Array.from({ length: resamples }, () => {
      // Draws are made four at a time, and what is left over of the last four is not used.
      const drawn = Array.from({ length: Math.ceil(rows / 4) * 4 }, () => stream.next().value as number)
      return Array.from({ length: columns }, (_, column) =>
        drawn.slice(0, rows).reduce((sum, row) => sum + entries[row * columns + column]!, 0),
      )
    }).flat()
    doubles(sums!).forEach((sum, index) => expect(sum).toBeCloseTo(expected[index]!, 9))
  })
})
