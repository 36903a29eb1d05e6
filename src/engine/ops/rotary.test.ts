import { describe, expect, it } from 'vitest'
import {
  checkOperation,
  evaluate,
  randomIntegers,
  randomSource,
  randomValues,
  type Values,
} from '../testing.ts'
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

function reference(batch: number, heads: number, length: number, width: number) {
  const half = width / 2
  return (x: Float64Array, positions: Float64Array, cosines: Float64Array, sines: Float64Array) => {
    const out = new Float64Array(x.length)
    for (let row = 0; row < batch * heads * length; row++) {
      const position = positions[Math.floor(row / (heads * length)) * length + (row % length)]!
      for (let i = 0; i < half; i++) {
        const [cosine, sine] = [cosines[position * half + i]!, sines[position * half + i]!]
        const [low, high] = [x[row * width + i]!, x[row * width + half + i]!]
        out[row * width + i] = low * cosine - high * sine
        out[row * width + half + i] = high * cosine + low * sine
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
      reference(batch, heads, length, width),
      inputs,
    )
    expect(value).toBeLessThan(1e-6)
    expect(gradient).toBeLessThan(1e-5)
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
