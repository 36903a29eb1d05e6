import { expect, it } from 'vitest'
import { gradients } from './gradient.ts'
import { compile } from './lowering.ts'
import { floats, Session } from './session.ts'
import { input } from './tensor.ts'
import { linear } from './ops/linear.ts'
import { softmax } from './ops/softmax.ts'
import { sum } from './ops/sum.ts'
import { tanh } from './ops/tanh.ts'

const size = 256

/** A loss with its gradients, which holds about a megabyte while it runs. */
async function createAndRun(seed: number): Promise<void> {
  const w = input('w', [size, size], 'float32', true)
  const loss = sum(tanh(softmax(linear(input('x', ['rows', size]), w))), [0, 1])
  const [dw] = gradients(loss, [w])
  await using session = await Session.create(compile({ loss, dw: dw! }))
  const values = new Float32Array(size * size).fill(seed / 1000)
  await session.run({ w: floats(values, [size, size]), x: floats(values, [size, size]) })
}

it('keeps nothing of five hundred programs that were released', async () => {
  for (let program = 0; program < 100; program++) await createAndRun(program)
  const before = process.memoryUsage.rss()
  for (let program = 0; program < 500; program++) await createAndRun(program)
  const grown = (process.memoryUsage.rss() - before) / 2 ** 20
  // A tenth of what five hundred programs would hold of values alone.
  expect(grown).toBeLessThan(30)
})
