import { describe, expect, it } from 'vitest'
import {
  checkOperation,
  evaluate,
  randomIntegers,
  randomSource,
  randomValues,
  type Values,
} from '../testing.ts'
import { input } from '../tensor.ts'
import { rotary } from './rotary.ts'

const places = 9

/** Cosines and sines of position · 10000^(−2i/width), `[places, width / 2]`. */
function angles(width: number): Values[] {
  const half = width / 2
  const table = (of: (angle: number) => number): Values => ({
    shape: [places, half],
    data: Float64Array.from({ length: places * half }, (_, index) =>
      Math.fround(of(Math.floor(index / half) * 10_000 ** (-(index % half) / half))),
    ),
    fixed: true,
  })
  return [table(Math.cos), table(Math.sin)]
}

/** Turns the first `turned` numbers of every head: each with the one `turned / 2` behind it, or with its neighbour. */
function reference(
  [batch, heads, length, width]: readonly [number, number, number, number],
  turned = width,
  interleaved = false,
) {
  const half = turned / 2
  return (x: Float64Array, positions: Float64Array, cosines: Float64Array, sines: Float64Array) => {
    const out = Float64Array.from(x)
    for (let row = 0; row < batch * heads * length; row++) {
      const position = positions[Math.floor(row / (heads * length)) * length + (row % length)]!
      for (let i = 0; i < half; i++) {
        const [cosine, sine] = [cosines[position * half + i]!, sines[position * half + i]!]
        const first = row * width + (interleaved ? 2 * i : i)
        const second = first + (interleaved ? 1 : half)
        out[first] = x[first]! * cosine - x[second]! * sine
        out[second] = x[second]! * cosine + x[first]! * sine
      }
    }
    return out
  }
}

describe('rotary', () => {
  it.each([
    [1, 1, 1, 2],
    [1, 2, 3, 4],
    [2, 3, 4, 6],
    [3, 1, 1, 8],
  ])('turns pairs by the angle of their position, %i × %i × %i × %i', async (batch, heads, length, width) => {
    const random = randomSource(23)
    const inputs = [
      randomValues(random, [batch, heads, length, width]),
      // Any positions, not only rising ones: packed rows start again at 0.
      randomIntegers(random, [batch, length], places),
      ...angles(width),
    ]
    const { value, gradient } = await checkOperation(
      (x, positions, cosines, sines) => rotary(x!, positions!, cosines!, sines!),
      reference([batch, heads, length, width]),
      inputs,
    )
    expect(value).toBeLessThan(1e-6)
    expect(gradient).toBeLessThan(1e-5)
  })

  it.each([
    { shape: [1, 1, 1, 2], turned: 2, interleaved: true },
    { shape: [2, 3, 4, 6], turned: 6, interleaved: true },
    { shape: [2, 3, 4, 6], turned: 2, interleaved: true },
    { shape: [1, 2, 1, 8], turned: 6, interleaved: true },
    { shape: [2, 3, 4, 6], turned: 4, interleaved: false },
    { shape: [3, 1, 2, 10], turned: 4, interleaved: false },
  ] as const)(
    'turns $turned numbers of the heads of $shape, interleaved $interleaved',
    async ({ shape, turned, interleaved }) => {
      const random = randomSource(27)
      const { value, gradient } = await checkOperation(
        (x, positions, cosines, sines) => rotary(x!, positions!, cosines!, sines!, { interleaved }),
        reference(shape, turned, interleaved),
        [
          randomValues(random, shape),
          randomIntegers(random, [shape[0], shape[2]], places),
          ...angles(turned),
        ],
      )
      expect(value).toBeLessThan(1e-6)
      expect(gradient).toBeLessThan(1e-5)
    },
  )

  it('turns a part of each head where batch and length are known only at the run', async () => {
    const random = randomSource(28)
    const shape = [2, 3, 4, 6] as const
    const inputs = [randomValues(random, shape), randomIntegers(random, [2, 4], places), ...angles(4)]
    const [x, positions] = [
      input('input0', ['batch', 3, 'length', 6]),
      input('input1', ['batch', 'length'], 'int64'),
    ]
    const found = await evaluate((_x, _p, cosines, sines) => rotary(x, positions, cosines!, sines!), inputs)
    const expected = reference(
      shape,
      4,
    )(...(inputs.map(({ data }) => data) as Parameters<ReturnType<typeof reference>>))
    expect(found.shape).toEqual(shape)
    expected.forEach((value, index) => expect(found.data[index]).toBeCloseTo(value, 6))
  })

  it('names the shapes that do not fit', () => {
    const x = input('x', [1, 2, 3, 4])
    const table = (width: number) => input('table', [9, width])
    const positions = input('positions', [1, 3], 'int64')
    expect(() => rotary(x, input('positions', [3], 'int64'), table(2), table(2))).toThrow(
      /positions of \[3\] do not fit \[1, 2, 3, 4\]/,
    )
    expect(() => rotary(x, positions, table(3), table(3))).toThrow(/\[9, 3\].*heads of width 4/)
    expect(() => rotary(x, positions, table(2), table(1))).toThrow(/\[9, 2\] and sines of \[9, 1\]/)
  })

  it('makes products depend on the distance of two positions alone', async () => {
    const random = randomSource(24)
    const [a, b] = [randomValues(random, [1, 1, 1, 8]), randomValues(random, [1, 1, 1, 8])]
    const turn = async (x: Values, position: number) => {
      const positions = { shape: [1, 1], data: Float64Array.of(position), integer: true }
      const inputs = [x, positions, ...angles(8)]
      return (await evaluate((x, p, c, s) => rotary(x!, p!, c!, s!), inputs)).data as Float32Array
    }
    const product = async (left: number, right: number) => {
      const [x, y] = [await turn(a, left), await turn(b, right)]
      return x.reduce((total, value, index) => total + value * y[index]!, 0)
    }
    expect(await product(7, 4)).toBeCloseTo(await product(3, 0), 5)
    expect(await product(7, 4)).not.toBeCloseTo(await product(4, 7), 2)
  })
})
