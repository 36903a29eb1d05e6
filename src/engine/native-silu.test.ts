import { expect, it } from 'vitest'
import { gradients } from './gradient.ts'
import { compile } from './lowering.ts'
import { nativeHindrance } from './native-testing.ts'
import { multiply } from './ops/multiply.ts'
import { silu } from './ops/silu.ts'
import { sum } from './ops/sum.ts'
import { floats, Session } from './session.ts'
import { input } from './tensor.ts'

const hindrance = await nativeHindrance()

it.skipIf(hindrance !== undefined)(
  'the gradient of silu in one pass is that in parts, far from 0 too',
  async () => {
    const shape = [3, 70_001]
    const values = Float32Array.from({ length: 3 * 70_001 }, (_, index) => {
      const far = index % 7 === 0 ? 30 : 1
      return far * Math.sin(index) * 5
    })
    values.set([0, -100, 100, -1e4, 1e4, Number.NaN], 5)
    const x = input('x', shape, 'float32', true)
    const [dx] = gradients(sum(multiply(silu(x), input('weights', shape)), [0, 1]), [x])
    const feeds = {
      x: floats(values, shape),
      weights: floats(
        values.map((_, index) => Math.cos(index)),
        shape,
      ),
    }
    await using exact = await Session.create(compile({ dx: dx! }))
    await using native = await Session.create(compile({ dx: dx! }, { precision: 'bfloat16' }))
    const [wanted, found] = [(await exact.run(feeds)).dx!.data, (await native.run(feeds)).dx!.data]
    let largest = 0
    wanted.forEach((value, index) => {
      if (index === 10) return
      largest = Math.max(largest, Math.abs(Number(value) - Number(found[index])))
    })
    expect(largest).toBeLessThan(2e-6)
    expect(found[10]).toBeNaN()
  },
)
