import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { randomSource } from '../../engine/testing.ts'
import { adamw8Bit } from './adamw-8-bit.ts'
import { codeEntries, dynamicMagnitudes, signedValues } from './dynamic-code.ts'
import type { OptimizedParameter } from './optimizer.ts'
import { blockSize, codedMoment, normal, parameterOf, stateBytes, takeSteps } from './testing.ts'

const fixture = JSON.parse(
  readFileSync(join(import.meta.dirname, 'fixtures/adamw-8-bit.json'), 'utf8'),
) as Record<'signedValues' | 'unsignedValues', string>

const referenceValues = (name: keyof typeof fixture) =>
  new Float32Array(Uint8Array.from(Buffer.from(fixture[name], 'base64')).buffer)

/** The largest difference as a share of what is expected. */
function largestShare(actual: Float32Array, expected: Float32Array): number {
  return Math.max(
    ...actual.map((value, place) => (value === expected[place] ? 0 : Math.abs(value / expected[place]! - 1))),
  )
}

describe('the dynamic code', () => {
  it('has the values of bitsandbytes, ascending', () => {
    // It computes them in float32, which leaves the last bit of some another.
    const [unsigned, signed] = [dynamicMagnitudes(2), signedValues(dynamicMagnitudes(1)).sort()]
    expect([unsigned.length, signed.length]).toEqual([256, 256])
    expect(largestShare(unsigned, referenceValues('unsignedValues'))).toBeLessThan(2e-7)
    expect(largestShare(signed, referenceValues('signedValues'))).toBeLessThan(2e-7)
  })

  it('stands for zero with the byte 0, and counts from it to both sides', () => {
    const values = signedValues(dynamicMagnitudes(1))
    expect(values[0]).toBe(0)
    expect(values[128]).toBe(1)
    for (let byte = 1; byte < 128; byte++) {
      expect(values[256 - byte]).toBe(-values[byte]!)
      expect(values[byte]).toBeGreaterThan(values[byte - 1]!)
    }
  })

  it.each([
    [1, 17],
    [2, 16],
  ] as const)(
    'is found by steps of bits that change it at most once, for %d steps and 2^%d bits',
    (lowest, fine) => {
      const magnitudes = dynamicMagnitudes(lowest)
      const entries = codeEntries(magnitudes, fine)
      const code = (entry: number, bits: number) => (entry + bits) >>> 24
      let place = 0
      let last = 0
      for (let bits = 0x34000000; bits < 0x3f800000; place++) {
        const end = bits + (1 << (bits < 0x3c000000 ? fine + 3 : fine))
        const [first, final] = [code(entries[place]!, bits), code(entries[place]!, end - 1)]
        expect(final - first).toBeLessThanOrEqual(1)
        expect(first - last).toBeGreaterThanOrEqual(0)
        expect(first - last).toBeLessThanOrEqual(1)
        last = final
        bits = end
      }
      expect(place).toBe(entries.length - 1)
      expect(code(entries[place]!, 0x3f800000)).toBe(magnitudes.length - 1)
    },
  )
})

describe('the codes of the kernel', () => {
  const squareValues = dynamicMagnitudes(2)
  /** Moments that are the gradient and its square alone, so that any values can be given. */
  const optimizer = adamw8Bit({ beta1: 0, beta2: 0, epsilon: 1e-8, weightDecay: 0, minimumSize: 0 })

  function encoded(gradients: ArrayLike<number>): OptimizedParameter {
    const parameter = parameterOf(optimizer, [gradients.length], new Float32Array(gradients.length))
    takeSteps(optimizer, parameter, [gradients])
    return parameter
  }

  /** Blocks of 255 values each, led by a one, that are therefore shares of one. */
  function ledByOnes(values: readonly number[]): Float32Array {
    const blocks = Math.ceil(values.length / (blockSize - 1))
    return Float32Array.from({ length: blocks * blockSize }, (_, index) => {
      const [block, place] = [Math.floor(index / blockSize), index % blockSize]
      return place === 0 ? 1 : (values[block * (blockSize - 1) + place - 1] ?? 0)
    })
  }

  /** The place of the nearest of ascending values by bisection in double precision, of equally near ones the lower. */
  function nearest(values: Float32Array, share: number): number {
    let [low, high] = [0, values.length - 1]
    while (low < high) {
      const middle = (low + high) >> 1
      if (share > (values[middle]! + values[middle + 1]!) / 2) low = middle + 1
      else high = middle
    }
    return low
  }

  /** A float and its neighbours, a few bits to either side. */
  function around(value: number): number[] {
    const bits = new Int32Array(Float32Array.of(value).buffer)[0]!
    return [-3, -2, -1, 0, 1, 2, 3].map((by) => new Float32Array(Int32Array.of(bits + by).buffer)[0]!)
  }

  const middles = (values: Float32Array) =>
    [...values.subarray(1)].map((value, code) => (value + values[code]!) / 2)

  /** Numbers of all magnitudes from far below the lowest code to one. */
  function spread(count: number, seed: number): number[] {
    const random = randomSource(seed)
    return Array.from({ length: count }, () => 10 ** (-9 * random()))
  }

  it('of means are the nearest ones, on both sides of every border', () => {
    const magnitudes = dynamicMagnitudes(1)
    const values = [
      ...middles(magnitudes).flatMap(around),
      ...[...magnitudes].slice(1, -1).flatMap(around),
      ...spread(100_000, 3),
      0,
      1,
      2 ** -149,
      2 ** -126,
      1e-30,
      0.5,
      0.25,
      0.1,
    ].flatMap((value) => [value, -value])
    const gradients = ledByOnes(values)
    const codes = stateBytes(encoded(gradients), 'mean')
    let wrong = 0
    gradients.forEach((value, index) => {
      const code = nearest(magnitudes, Math.abs(value))
      // Minus one has no code of its own.
      const wanted = value < 0 ? 256 - Math.min(code, 127) : code
      if (codes[index] !== (wanted & 0xff)) wrong++
    })
    expect(values.length).toBeGreaterThan(200_000)
    expect(wrong).toBe(0)
  })

  it('of squares are the nearest ones, but zero for zero alone', () => {
    const roots = middles(squareValues).flatMap((middle) => around(Math.sqrt(middle)))
    const gradients = ledByOnes([...roots, ...spread(100_000, 4).map(Math.sqrt), 0, 1, 1e-19, 1e-10, 1e-4])
    const codes = stateBytes(encoded(gradients), 'square')
    const wrong = gradients.filter((value, index) => {
      const square = Math.fround(value * value)
      return codes[index] !== (square === 0 ? 0 : Math.max(1, nearest(squareValues, square)))
    })
    expect([...wrong]).toEqual([])
  })

  it('are those of shares of the largest of each block', () => {
    const scales = [1e-18, 3e-7, 0.02, 1, 77, 1e18]
    const gradients = Float32Array.from(
      scales.flatMap((scale, block) => [...normal(blockSize, 20 + block, scale)]),
    )
    const parameter = encoded(gradients)
    scales.forEach((_, block) => {
      const part = gradients.subarray(block * blockSize, (block + 1) * blockSize)
      const largest = part.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
      expect(parameter.state.meanScales!.data[block]).toBe(largest)
      expect(parameter.state.squareScales!.data[block]).toBe(Math.fround(largest * largest))
      const inverse = Math.fround(1 / largest)
      part.forEach((value, place) => {
        const code = nearest(dynamicMagnitudes(1), Math.fround(Math.abs(value) * inverse))
        const wanted = value < 0 ? 256 - Math.min(code, 127) : code
        expect(stateBytes(parameter, 'mean')[block * blockSize + place]).toBe(wanted & 0xff)
      })
    })
  })

  it('are zero where a block’s largest is too small to divide by', () => {
    const gradients = Float32Array.from({ length: blockSize }, (_, index) => (index % 3) * 1e-39)
    const parameter = encoded(gradients)
    expect(new Set(stateBytes(parameter, 'mean'))).toEqual(new Set([0]))
    expect(parameter.weights.data.every(Number.isFinite)).toBe(true)
  })

  it.each([
    ['mean', 1, 1e-7],
    ['square', 2, 3.25e-7],
  ] as const)('bring a %s back within half a step of its decade', (name, lowest, lowestError) => {
    const gradients = Float32Array.from([
      ...normal(4 * blockSize, 5, 0.03),
      ...spread(4 * blockSize, 6).map((value, index) => (index % 2 ? 40 : -40) * value),
    ])
    const parameter = encoded(gradients)
    const scales = parameter.state[`${name}Scales`]!.data
    codedMoment(parameter, name).forEach((value, index) => {
      const exact = name === 'mean' ? gradients[index]! : gradients[index]! ** 2
      const scale = scales[Math.floor(index / blockSize)]!
      const share = Math.abs(exact) / scale
      // Below the lowest decade a mean goes to zero, and a square to the first code.
      const decade = Math.min(6, Math.max(0, Math.floor(Math.log10(share)) + 7))
      const half = share < 1e-7 ? lowestError : (0.45 * 10 ** (decade - 6)) / (lowest << decade)
      expect(Math.abs(value - exact) / scale).toBeLessThanOrEqual(half * 1.0001 + 1e-7 * share)
    })
  })
})
