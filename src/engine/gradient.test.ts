import { describe, expect, it } from 'vitest'
import { gradients } from './gradient.ts'
import { compile } from './lowering.ts'
import { checkOperation, evaluate, randomSource, randomValues } from './testing.ts'
import { floats, Session } from './session.ts'
import { input, stopGradient, type Tensor } from './tensor.ts'
import { add } from './ops/add.ts'
import { linear } from './ops/linear.ts'
import { multiply } from './ops/multiply.ts'
import { scale } from './ops/scale.ts'
import { sum } from './ops/sum.ts'
import { tanh } from './ops/tanh.ts'

function total(x: Tensor): Tensor {
  return sum(
    x,
    x.shape.map((_, axis) => axis),
  )
}

async function slope(loss: (x: Tensor) => Tensor, values: readonly number[]): Promise<number[]> {
  const x = { shape: [values.length], data: Float64Array.from(values) }
  const result = await evaluate((x) => gradients(loss(x!), [x!])[0]!, [x])
  return [...(result.data as Float32Array)]
}

describe('gradients', () => {
  it('sums the gradients of every use of a tensor', async () => {
    expect(await slope((x) => total(multiply(x, x)), [1, -2, 3])).toEqual([2, -4, 6])
    // x + x² + 2x, through paths of different lengths.
    expect(await slope((x) => total(add(add(x, multiply(x, x)), scale(x, 2))), [1, -2])).toEqual([5, -1])
  })

  it('is right where a result is used by several later ones', async () => {
    const { value, gradient } = await checkOperation(
      (x, w) => {
        const hidden = tanh(linear(x!, w!))
        return add(multiply(hidden, linear(hidden, w!)), hidden)
      },
      (x, w) => {
        const product = (v: Float64Array) =>
          Float64Array.from({ length: 4 }, (_, at) => {
            const [row, column] = [at >> 1, at & 1]
            return v[row * 2]! * w[column * 2]! + v[row * 2 + 1]! * w[column * 2 + 1]!
          })
        const hidden = product(x).map(Math.tanh)
        const after = product(hidden)
        return hidden.map((h, at) => h * after[at]! + h)
      },
      [randomValues(randomSource(31), [2, 2]), randomValues(randomSource(32), [2, 2])],
    )
    expect(value).toBeLessThan(1e-6)
    expect(gradient).toBeLessThan(1e-5)
  })

  it('takes the gradient with respect to a tensor in the middle, and of a loss with respect to itself', async () => {
    const x = input('x', [2], 'float32', true)
    const middle = multiply(x, x)
    const loss = total(multiply(middle, middle))
    const [ofMiddle, ofLoss] = gradients(loss, [middle, loss])
    const session = await Session.create(compile({ ofMiddle: ofMiddle!, ofLoss: ofLoss! }))
    const results = await session.run({ x: floats(Float32Array.of(1, 3), [2]) })
    await session.release()
    expect([...(results.ofMiddle!.data as Float32Array)]).toEqual([2, 18])
    expect([...(results.ofLoss!.data as Float32Array)]).toEqual([1])
  })

  it('refuses a loss that is no single number, and a seed of another shape, where they are asked', () => {
    const x = input('x', [2, 3], 'float32', true)
    expect(() => gradients(tanh(x), [x])).toThrow(/loss of \[2, 3\].*gradient of \[\].*sum it up/)
    expect(() => gradients(total(x), [x], input('seed', [3]))).toThrow(/loss of \[\].*gradient of \[3\]/)
  })

  it('starts from the given seed', async () => {
    const x = { shape: [3], data: Float64Array.of(1, 2, 3) }
    const seed = { shape: [3], data: Float64Array.of(1, 0, -10), fixed: true }
    const result = await evaluate((x, seed) => gradients(multiply(x!, x!), [x!], seed!)[0]!, [x, seed])
    expect([...(result.data as Float32Array)]).toEqual([2, 0, -60])
  })

  it('can be taken again: the gradient of a gradient', async () => {
    const x = { shape: [2], data: Float64Array.of(0.5, -1) }
    const result = await evaluate(
      (x) => {
        const first = gradients(total(multiply(multiply(x!, x!), x!)), [x!])[0]!
        return gradients(total(first), [x!])[0]!
      },
      [x],
    )
    expect([...(result.data as Float32Array)]).toEqual([3, -6])
  })

  it('is an error for what the loss does not depend on, by its name', () => {
    const x = input('x', [2], 'float32', true)
    const other = input('decoder.bias', [2], 'float32', true)
    expect(() => gradients(total(x), [x, other])).toThrow("the loss does not depend on 'decoder.bias'")
    // Reached, but not marked as something to differentiate.
    const fixed = input('fixed', [2])
    expect(() => gradients(total(multiply(x, fixed)), [fixed])).toThrow("'fixed'")
  })

  it('handles a chain of 5,000 nodes without overflowing the stack', async () => {
    const chain = (x: Tensor) => {
      let y = x
      for (let index = 0; index < 5_000; index++) y = add(y, x)
      return total(y)
    }
    expect(await slope(chain, [1, 2])).toEqual([5_001, 5_001])
  }, 20_000)
})

describe('stopGradient', () => {
  it('keeps the values and cuts what flows back', async () => {
    expect(await slope((x) => total(multiply(x, stopGradient(x))), [3, -4])).toEqual([3, -4])
    const x = { shape: [2], data: Float64Array.of(3, -4) }
    const same = await evaluate((x) => stopGradient(multiply(x!, x!)), [x])
    expect([...(same.data as Float32Array)]).toEqual([9, 16])
  })

  it('leaves nothing to differentiate where it cuts every path', () => {
    const x = input('x', [2], 'float32', true)
    expect(stopGradient(x).requiresGradient).toBe(false)
    expect(() => gradients(total(multiply(stopGradient(tanh(x)), input('y', [2]))), [x])).toThrow("'x'")
  })

  it('can be asked for as an output beside the tensor it was cut from', async () => {
    const x = input('x', [2], 'float32', true)
    const y = multiply(x, x)
    const session = await Session.create(compile({ cut: stopGradient(y), y, x: scale(stopGradient(x), 1) }))
    const results = await session.run({ x: floats(Float32Array.of(2, 3), [2]) })
    await session.release()
    expect([...(results.cut!.data as Float32Array)]).toEqual([4, 9])
    expect([...(results.y!.data as Float32Array)]).toEqual([4, 9])
    expect([...(results.x!.data as Float32Array)]).toEqual([2, 3])
  })
})
