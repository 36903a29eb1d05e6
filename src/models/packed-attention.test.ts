import { describe, expect, it } from 'vitest'
import { gradients } from '../engine/gradient.ts'
import { compile } from '../engine/lowering.ts'
import { attention } from '../engine/ops/attention.ts'
import { linear } from '../engine/ops/linear.ts'
import { multiply } from '../engine/ops/multiply.ts'
import { rotary } from '../engine/ops/rotary.ts'
import { sum } from '../engine/ops/sum.ts'
import { floats, Session, type HostTensor } from '../engine/session.ts'
import { input, type Tensor } from '../engine/tensor.ts'
import { randomSource } from '../engine/testing.ts'
import { mergeHeads, splitHeads } from '../nn/heads.ts'
import { rotaryTables } from '../nn/rotary.ts'
import { segmentMask, segmentPositions } from './masks.ts'

const width = 8
const heads = 4
const shared = 2
const headWidth = width / heads

const weights: Record<string, readonly [number, number]> = {
  query: [width, width],
  key: [shared * headWidth, width],
  value: [shared * headWidth, width],
}

function randomTensors(seed: number): (...shape: number[]) => HostTensor {
  const random = randomSource(seed)
  return (...shape) => {
    const size = shape.reduce((total, dimension) => total * dimension, 1)
    return floats(
      Float32Array.from({ length: size }, () => random() * 2 - 1),
      shape,
    )
  }
}

/** Self-attention with rotary positions and shared keys; its output and the gradients of all that goes in. */
function layer(batch: number, length: number): Record<string, Tensor> {
  const x = input('x', [batch, length, width], 'float32', true)
  const parameters = Object.entries(weights).map(([name, shape]) => input(name, shape, 'float32', true))
  const positions = input('positions', [batch, length], 'int64')
  const mask = input('mask', [batch, 1, length, length])
  const { cosines, sines } = rotaryTables(16, { width: headWidth, theta: 100 })
  const turn = (tensor: Tensor) => rotary(tensor, positions, cosines, sines)
  const [query, key, value] = parameters.map((weight, index) =>
    splitHeads(linear(x, weight), index === 0 ? heads : shared),
  )
  const y = mergeHeads(attention(turn(query!), turn(key!), value!, { scale: 0.8, mask }))
  const loss = sum(multiply(y, input('seed', y.shape)), [0, 1, 2])
  const found = gradients(loss, [x, ...parameters])
  return { y, x: found[0]!, query: found[1]!, key: found[2]!, value: found[3]! }
}

async function run(
  { x, seed, segments }: { x: HostTensor; seed: HostTensor; segments: readonly number[] },
  parameters: Record<string, HostTensor>,
  causal: boolean,
): Promise<Record<string, Float32Array>> {
  const [batch, length] = x.shape as [number, number]
  const session = await Session.create(
    compile(
      Object.fromEntries(
        Object.entries(layer(batch, length)).map(([name, tensor]) => [`out.${name}`, tensor]),
      ),
    ),
  )
  const results = await session.run({
    ...parameters,
    x,
    seed,
    positions: segmentPositions(segments, batch, length),
    mask: segmentMask(segments, batch, length, { causal }),
  })
  await session.release()
  return Object.fromEntries(
    Object.entries(results).map(([name, { data }]) => [name.slice('out.'.length), data as Float32Array]),
  )
}

describe('texts packed into rows by their segments', () => {
  // Two rows of eight places: texts of 3, 1 and 4 tokens; one of 5, and 3 places of padding.
  const segments = [1, 1, 1, 2, 3, 3, 3, 3, 1, 1, 1, 1, 1, 0, 0, 0]
  const texts = [
    [0, 3],
    [3, 4],
    [4, 8],
    [8, 13],
  ] as const

  it.each([{ causal: true }, { causal: false }])(
    'give what they give alone, gradients included: $causal',
    async ({ causal }) => {
      const values = randomTensors(71)
      const parameters = Object.fromEntries(
        Object.entries(weights).map(([name, shape]) => [name, values(...shape)]),
      )
      const [x, seed] = [values(2, 8, width), values(2, 8, width)]
      // Padding counts for nothing in a loss.
      ;(seed.data as Float32Array).fill(0, 13 * width)
      const packed = await run({ x, seed, segments }, parameters, causal)
      const totals: Record<string, Float32Array> = {}
      for (const [from, to] of texts) {
        const part = ({ data }: HostTensor) =>
          floats((data as Float32Array).slice(from * width, to * width), [1, to - from, width])
        const rows = { x: part(x), seed: part(seed), segments: Array.from({ length: to - from }, () => 1) }
        const alone = await run(rows, parameters, causal)
        for (const name of ['y', 'x']) {
          alone[name]!.forEach((value, index) =>
            expect(Math.abs(packed[name]![from * width + index]! - value)).toBeLessThan(1e-6),
          )
        }
        for (const name of Object.keys(weights)) {
          totals[name] ??= new Float32Array(alone[name]!.length)
          alone[name]!.forEach((value, index) => (totals[name]![index]! += value))
        }
      }
      for (const [name, total] of Object.entries(totals)) {
        total.forEach((value, index) =>
          expect(Math.abs(packed[name]![index]! - value) / Math.max(1, Math.abs(value))).toBeLessThan(1e-5),
        )
      }
    },
  )

  it('do not, where the mask lets them see each other', async () => {
    const values = randomTensors(72)
    const parameters = Object.fromEntries(
      Object.entries(weights).map(([name, shape]) => [name, values(...shape)]),
    )
    const rows = { x: values(2, 8, width), seed: values(2, 8, width) }
    const apart = await run({ ...rows, segments }, parameters, true)
    const together = await run({ ...rows, segments: segments.map(() => 1) }, parameters, true)
    const difference = (at: number) => Math.abs(apart.y![at * width]! - together.y![at * width]!)
    expect(difference(2)).toBeLessThan(1e-6)
    expect(difference(5)).toBeGreaterThan(1e-3)
  })
})
