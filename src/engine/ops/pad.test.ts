import { describe, expect, it } from 'vitest'
import { checkSymbolic } from '../testing-symbolic.ts'
import { checkOperation, evaluate, randomIntegers, randomSource, randomValues } from '../testing.ts'
import { gradients } from '../gradient.ts'
import { input } from '../tensor.ts'
import { add } from './add.ts'
import { pad, type Padding } from './pad.ts'
import { power } from './power.ts'
import { sum } from './sum.ts'

/** Each element of the padded shape is the value, or comes from where it lies without what is before it. */
function reference(shape: readonly number[], padding: Padding, fill: number) {
  const padded = shape.map((size, axis) => padding[axis]![0] + size + padding[axis]![1])
  return (x: Float64Array) =>
    Float64Array.from({ length: padded.reduce((a, b) => a * b, 1) }, (_, index) => {
      let rest = index
      let stride = 1
      let source = 0
      for (let axis = shape.length - 1; axis >= 0; axis--) {
        const place = (rest % padded[axis]!) - padding[axis]![0]
        if (place < 0 || place >= shape[axis]!) return fill
        source += place * stride
        stride *= shape[axis]!
        rest = Math.floor(rest / padded[axis]!)
      }
      return x[source]!
    })
}

const cases: { shape: number[]; padding: Padding; value: number }[] = [
  { shape: [3], padding: [[2, 1]], value: 0 },
  { shape: [3], padding: [[0, 0]], value: 5 },
  { shape: [3], padding: [[0, 0]], value: 0 },
  {
    shape: [2, 1, 3],
    padding: [
      [0, 0],
      [1, 0],
      [0, 0],
    ],
    value: 0,
  },
  {
    shape: [2, 2],
    padding: [
      [0, 0],
      [0, 3],
    ],
    value: 0,
  },
  {
    shape: [2, 3],
    padding: [
      [0, 0],
      [0, 2],
    ],
    value: -1.5,
  },
  {
    shape: [2, 1, 3],
    padding: [
      [1, 0],
      [0, 3],
      [2, 1],
    ],
    value: 0.25,
  },
]

describe('pad', () => {
  it.each(cases)('puts $value around $shape by $padding, with its gradient', async (given) => {
    const { shape, padding, value: fill } = given
    const { value, gradient } = await checkOperation(
      (x) => pad(x!, padding, fill),
      reference(shape, padding, fill),
      [randomValues(randomSource(62), shape)],
    )
    expect(value).toBe(0)
    expect(gradient).toBeLessThan(1e-5)
  })

  it('has a gradient that can be differentiated again', async () => {
    const x = { shape: [2], data: Float64Array.of(3, 5) }
    // For x = (a, b) the sum is a³ + (a + b)³ + b³.
    const second = await evaluate(
      (x) => {
        const both = add(pad(x!, [[1, 0]]), pad(x!, [[0, 1]]))
        const slope = gradients(sum(power(both, 3), [0]), [x!])[0]!
        return gradients(sum(slope, [0]), [x!])[0]!
      },
      [x],
    )
    expect([...(second.data as Float32Array)]).toEqual([114, 126])
  })

  it('puts whole numbers around integers', async () => {
    const x = randomIntegers(randomSource(63), [2], 9)
    const result = await evaluate((x) => pad(x!, [[1, 1]], -100), [x])
    expect(Array.from(result.data, Number)).toEqual([-100, ...x.data, -100])
  })

  it('takes sizes not known yet, of padded axes too', async () => {
    const x = randomValues(randomSource(64), [2, 3, 4])
    const padding: Padding = [
      [0, 0],
      [2, 0],
      [1, 1],
    ]
    expect(pad(input('x', ['batch', 'length', 4]), padding).shape).toEqual(['batch', 'length+2', 6])
    expect(await checkSymbolic((x) => pad(x!, padding, 7), [x], [['batch', 'length', 4]])).toBe(0)
    expect(await checkSymbolic((x) => pad(x!, padding, 7), [x], [['batch', 'length', 'width']])).toBe(0)
  })

  it('refuses what is not a padding of the shape', () => {
    const x = input('x', [2, 3])
    for (const padding of [
      [[0, 1]],
      [
        [0, 1],
        [-1, 0],
      ],
      [
        [0, 0.5],
        [0, 0],
      ],
    ] as const)
      expect(() => pad(x, padding)).toThrow(/^pad: .* is not a whole number .* each axis of \[2, 3\]/)
    expect(() => pad(input('x', [2], 'int64'), [[1, 0]], 0.5)).toThrow(
      'pad: 0.5 cannot be put around int64 [2]',
    )
    expect(() => pad(input('x', [2], 'bool'), [[1, 0]], 1)).toThrow(/around bool \[2\]/)
  })
})
