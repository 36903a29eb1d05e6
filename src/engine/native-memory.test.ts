import { describe, expect, it } from 'vitest'
import { compile } from './lowering.ts'
import { nativeHindrance } from './native-testing.ts'
import { matmul } from './ops/matmul.ts'
import { scale } from './ops/scale.ts'
import { tanh } from './ops/tanh.ts'
import { floats, Session } from './session.ts'
import { input } from './tensor.ts'
import { randomSource } from './testing.ts'

const hindrance = await nativeHindrance()

/** A chain of values of `[rows, 64]` that live for different times. */
function chain(links: number) {
  const w = input('w', [64, 64])
  let x = input('x', ['rows', 64])
  for (let link = 0; link < links; link++) x = scale(tanh(matmul(x, w)), 1.5)
  return { y: x }
}

describe.skipIf(hindrance !== undefined)('the memory of native sessions', () => {
  it('holds values of sessions that run turn about, in any sizes', async () => {
    const random = randomSource(3)
    const weights = Float32Array.from({ length: 64 * 64 }, () => (random() - 0.5) / 4)
    const natives = await Promise.all(
      [2, 3, 5].map((links) => Session.create(compile(chain(links), { precision: 'bfloat16x6' }))),
    )
    const stocks = await Promise.all([2, 3, 5].map((links) => Session.create(compile(chain(links)))))
    for (let run = 0; run < 40; run++) {
      const rows = 1 + Math.floor(random() * 3000)
      const feeds = {
        w: floats(weights, [64, 64]),
        x: floats(
          Float32Array.from({ length: rows * 64 }, () => random() - 0.5),
          [rows, 64],
        ),
      }
      const which = run % 3
      const [wanted, found] = [await stocks[which]!.run(feeds), await natives[which]!.run(feeds)]
      const numbers = found.y!.data as Float32Array
      const off = (wanted.y!.data as Float32Array).reduce(
        (most, value, index) => Math.max(most, Math.abs(value - numbers[index]!)),
        0,
      )
      expect(off).toBeLessThan(1e-5)
    }
    for (const session of [...natives, ...stocks]) await session.release()
  })

  it('goes back to the system with the last session', async () => {
    const rows = 400_000
    const feeds = {
      w: floats(new Float32Array(64 * 64).fill(0.01), [64, 64]),
      x: floats(new Float32Array(rows * 64).fill(0.5), [rows, 64]),
    }
    const session = await Session.create(compile(chain(3), { precision: 'bfloat16' }))
    const y = floats(new Float32Array(rows * 64).fill(1), [rows, 64])
    const before = process.memoryUsage.rss()
    await session.run(feeds, { y })
    const held = process.memoryUsage.rss() - before
    await session.release()
    const left = process.memoryUsage.rss() - before
    // Values of 98 MiB each.
    expect(held).toBeGreaterThan(90 * 2 ** 20)
    expect(left).toBeLessThan(held / 4)
  })
})
