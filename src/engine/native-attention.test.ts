import { describe, expect, it } from 'vitest'
import { gradients } from './gradient.ts'
import { compile } from './lowering.ts'
import { nativeHindrance } from './native-testing.ts'
import { attention } from './ops/attention.ts'
import { multiply } from './ops/multiply.ts'
import { sum } from './ops/sum.ts'
import { floats, Session, type HostTensor } from './session.ts'
import { input } from './tensor.ts'
import { randomSource, randomValues } from './testing.ts'

const hindrance = await nativeHindrance()

interface Shapes {
  readonly query: readonly number[]
  readonly keyHeads: number
  readonly keys: number
  readonly valueWidth?: number
  /** Absent: none. */
  readonly mask?: readonly number[]
  readonly hides?: (indices: { row: number; key: number; batch: number }) => boolean
}

const cases: Readonly<Record<string, Shapes>> = {
  'one row and one key': { query: [1, 1, 1, 4], keyHeads: 1, keys: 1 },
  'a step of decoding': {
    query: [3, 6, 1, 20],
    keyHeads: 2,
    keys: 37,
    mask: [3, 1, 1, 37],
    hides: ({ key, batch }) => key < 5 * batch,
  },
  'no mask, sizes that fill no tile': { query: [2, 3, 37, 20], keyHeads: 3, keys: 45, valueWidth: 24 },
  'a causal mask': {
    query: [2, 2, 150, 64],
    keyHeads: 2,
    keys: 150,
    mask: [1, 1, 150, 150],
    hides: ({ row, key }) => key > row,
  },
  'keys from before, heads that share them': {
    query: [2, 6, 9, 16],
    keyHeads: 2,
    keys: 70,
    mask: [1, 1, 9, 70],
    hides: ({ row, key }) => key > row + 61,
  },
  'padding of a row each': {
    query: [3, 2, 5, 16],
    keyHeads: 2,
    keys: 33,
    mask: [3, 1, 1, 33],
    hides: ({ key, batch }) => key >= 11 * (batch + 1),
  },
  'a row that may look at nothing': {
    query: [1, 1, 70, 16],
    keyHeads: 1,
    keys: 40,
    mask: [1, 1, 70, 40],
    hides: ({ row, key }) => row === 66 || key > 20,
  },
}

function maskOf({ mask, hides }: Shapes): HostTensor | undefined {
  if (mask === undefined) return undefined
  const [batches, , rows, keys] = mask as [number, number, number, number]
  const data = Float32Array.from({ length: batches * rows * keys }, (_, index) => {
    const key = index % keys
    const row = Math.floor(index / keys) % rows
    return hides!({ key, row, batch: Math.floor(index / keys / rows) }) ? -1e9 : 0
  })
  return floats(data, mask)
}

/** The largest difference, beside the largest number or one. */
function relativeDifference(found: Float32Array, wanted: Float32Array): number {
  const largest = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 1)
  return wanted.reduce((most, value, index) => Math.max(most, Math.abs(found[index]! - value)), 0) / largest
}

describe.skipIf(hindrance !== undefined)('attention of the native library', () => {
  it.each(Object.entries(cases))(
    'is that of the runtime, and so are its gradients: %s',
    async (_, shapes) => {
      const { query, keyHeads, keys, valueWidth = query[3]! } = shapes
      const [batch, , , width] = query as [number, number, number, number]
      const random = randomSource(7)
      const given = (shape: readonly number[]) =>
        floats(Float32Array.from(randomValues(random, shape, 2).data), shape)
      const mask = maskOf(shapes)
      const feeds = {
        query: given(query),
        key: given([batch, keyHeads, keys, width]),
        value: given([batch, keyHeads, keys, valueWidth]),
        weights: given([...query.slice(0, -1), valueWidth]),
        ...(mask && { mask }),
      }
      const operands = (['query', 'key', 'value'] as const).map((name) =>
        input(name, feeds[name].shape, 'float32', true),
      )
      const [q, k, v] = operands
      const y = attention(q!, k!, v!, { scale: 0.3, ...(mask && { mask: input('mask', mask.shape) }) })
      const [dq, dk, dv] = gradients(sum(multiply(y, input('weights', y.shape)), [0, 1, 2, 3]), operands)
      const outputs = { y, dq: dq!, dk: dk!, dv: dv! }
      await using exact = await Session.create(compile(outputs))
      const wanted = await exact.run(feeds)
      for (const precision of ['bfloat16x6', 'int8x6'] as const) {
        for (const threads of [1, 2]) {
          const program = compile(outputs, { precision })
          expect(program.graph.nodes.map(({ type }) => type)).toContain('AttentionGradient')
          await using session = await Session.create(program, { threads })
          const found = await session.run(feeds)
          for (const [name, { data }] of Object.entries(wanted)) {
            const difference = relativeDifference(found[name]!.data as Float32Array, data as Float32Array)
            expect({ name, small: difference < 2e-5 }).toEqual({ name, small: true })
          }
        }
      }
    },
  )

  it('shows what is no number', async () => {
    const shape = [1, 1, 40, 16]
    const mask = maskOf({
      query: [],
      keyHeads: 1,
      keys: 40,
      mask: [1, 1, 40, 40],
      hides: ({ row, key }) => key > row,
    })!
    const [q, k, v] = ['q', 'k', 'v'].map((name) => input(name, shape))
    const y = attention(q!, k!, v!, { scale: 1, mask: input('mask', mask.shape) })
    await using session = await Session.create(compile({ y }, { precision: 'bfloat16' }))
    const random = randomSource(1)
    const values = () => floats(Float32Array.from(randomValues(random, shape).data), shape)
    const feeds = { q: values(), k: values(), v: values(), mask }
    ;(feeds.k.data as Float32Array)[35 * 16] = Number.NaN
    const rows = (await session.run(feeds)).y!.data as Float32Array
    expect(rows.subarray(39 * 16).some(Number.isFinite)).toBe(false)
  })
})
