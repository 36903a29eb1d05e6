import { describe, expect, it } from 'vitest'
import { checkOperation, randomSource, randomValues } from '../testing.ts'
import { input } from '../tensor.ts'
import { matmul } from './matmul.ts'

type Product = (a: Float64Array, b: Float64Array) => Float64Array

/** op(a) · op(b) of one pair of matrices, added into `out` at `offset`. */
function plainProduct(
  m: number,
  k: number,
  n: number,
  transposeA: boolean,
  transposeB: boolean,
  scale: number,
) {
  return (
    a: Float64Array,
    b: Float64Array,
    aStart: number,
    bStart: number,
    out: Float64Array,
    at: number,
  ) => {
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        let total = 0
        for (let l = 0; l < k; l++) {
          total +=
            a[aStart + (transposeA ? l * m + i : i * k + l)]! *
            b[bStart + (transposeB ? j * k + l : l * n + j)]!
        }
        out[at + i * n + j] = scale * total
      }
    }
  }
}

/** The products of the pairs of matrices, one batch after the other. */
function reference(
  pairs: readonly (readonly [number, number])[],
  sizes: [number, number, number],
  options: Options,
): Product {
  const [m, k, n] = sizes
  const one = plainProduct(m, k, n, options.transposeA, options.transposeB, options.scale)
  return (a, b) => {
    const out = new Float64Array(pairs.length * m * n)
    pairs.forEach(([left, right], batch) => one(a, b, left * m * k, right * k * n, out, batch * m * n))
    return out
  }
}

interface Options {
  transposeA: boolean
  transposeB: boolean
  scale: number
}

const everyOption: Options[] = [false, true].flatMap((transposeA) =>
  [false, true].flatMap((transposeB) => [1, -0.5].map((scale) => ({ transposeA, transposeB, scale }))),
)

/** Rows, inner and columns; each is 1 somewhere. */
const everySize: [number, number, number][] = [
  [3, 2, 4],
  [1, 3, 2],
  [2, 1, 3],
  [3, 2, 1],
]

/** Leading axes, and for each batch of the result the batch it comes from of `a` and of `b`. */
const leading: { a: number[]; b: number[]; pairs: [number, number][] }[] = [
  { a: [], b: [], pairs: [[0, 0]] },
  { a: [1], b: [1], pairs: [[0, 0]] },
  {
    a: [2],
    b: [2],
    pairs: [
      [0, 0],
      [1, 1],
    ],
  },
  {
    a: [2],
    b: [],
    pairs: [
      [0, 0],
      [1, 0],
    ],
  },
  {
    a: [],
    b: [3],
    pairs: [
      [0, 0],
      [0, 1],
      [0, 2],
    ],
  },
  {
    a: [1],
    b: [2],
    pairs: [
      [0, 0],
      [0, 1],
    ],
  },
  {
    a: [2, 1],
    b: [1, 2],
    pairs: [
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ],
  },
  {
    a: [2, 2],
    b: [2],
    pairs: [
      [0, 0],
      [1, 1],
      [2, 0],
      [3, 1],
    ],
  },
  {
    a: [2, 2],
    b: [],
    pairs: [
      [0, 0],
      [1, 0],
      [2, 0],
      [3, 0],
    ],
  },
]

describe('matmul', () => {
  it.each(everyOption)('matches the triple loop and its gradients for %o', async (options) => {
    const random = randomSource(17)
    const { transposeA, transposeB } = options
    for (const [index, { a, b, pairs }] of leading.entries()) {
      const sizes = everySize[index % everySize.length]!
      const [m, k, n] = sizes
      const { value, gradient } = await checkOperation(
        (x, y) => matmul(x!, y!, options),
        reference(pairs, sizes, options),
        [
          randomValues(random, [...a, ...(transposeA ? [k, m] : [m, k])]),
          randomValues(random, [...b, ...(transposeB ? [n, k] : [k, n])]),
        ],
      )
      expect(value).toBeLessThan(1e-6)
      expect(gradient).toBeLessThan(1e-5)
    }
  })

  it('names the shapes that do not fit, and which is transposed', () => {
    const a = input('a', [2, 3])
    expect(() => matmul(a, input('b', [2, 3]))).toThrow(/^matmul: \[2, 3\] times \[2, 3\]/)
    expect(() => matmul(a, input('b', [2, 4]), { transposeB: true })).toThrow(/\[2, 4\] transposed/)
    expect(() => matmul(input('a', [2, 2, 3]), input('b', [3, 3, 4]))).toThrow(/\[2, 2, 3\].*\[3, 3, 4\]/)
    expect(() => matmul(a, input('b', [3]))).toThrow(/\[3\] has fewer than two axes/)
  })
})
