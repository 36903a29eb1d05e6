import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { compile } from '../engine/lowering.ts'
import { integers, Session, type HostTensor } from '../engine/session.ts'
import { input } from '../engine/tensor.ts'
import { mamba } from './mamba.ts'
import { causalMask, causalPaddingMask, segmentMask } from './masks.ts'
import { Model, openModel } from './model.ts'

const fixture = join(import.meta.dirname, 'fixtures/mamba-biases')

describe('mamba', () => {
  let model: Model
  let session: Session
  beforeAll(async () => {
    model = await openModel(fixture)
    const prediction = mamba.forward(
      model.scope(),
      {
        tokens: input('tokens', ['batch', 'length'], 'int64'),
        positions: input('positions', ['batch', 'length'], 'int64'),
        mask: input('mask', ['batch', 1, 'length', 'length']),
      },
      model.configuration as Parameters<typeof mamba.forward>[2],
    )
    session = await Session.create(compile({ logits: prediction.logits }))
    return () => session.release()
  })

  /** The logits of every place. */
  async function logits(rows: readonly (readonly number[])[], mask: HostTensor): Promise<number[][]> {
    const length = rows[0]!.length
    const tokens = integers(rows.flat(), [rows.length, length])
    const { data, shape } = (await session.run({ ...model.feeds(), tokens, mask })).logits!
    const width = shape[2]!
    return Array.from({ length: rows.length * length }, (_, place) =>
      Array.from((data as Float32Array).subarray(place * width, (place + 1) * width)),
    )
  }

  function largestDifference(actual: readonly number[][], expected: readonly number[][]): number {
    return Math.max(
      ...expected.flatMap((row, place) => row.map((value, at) => Math.abs(value - actual[place]![at]!))),
    )
  }

  const alone = (row: readonly number[]) => logits([row], causalMask(row.length))

  it('sees nothing of the padding on either side, not even by its biases', async () => {
    const row = [7, 3, 41, 9]
    const expected = await alone(row)
    const attended = [0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0]
    const found = await logits(
      [
        [1, 1, ...row],
        [...row, 1, 1],
      ],
      causalPaddingMask(attended, 2, 6),
    )
    expect(largestDifference(found.slice(2, 6), expected)).toBeLessThan(1e-5)
    expect(largestDifference(found.slice(6, 10), expected)).toBeLessThan(1e-5)
  })

  it('keeps texts that share a row apart', async () => {
    const texts = [[7, 3, 41, 9], [5], [12, 30, 8]]
    const segments = texts.flatMap((text, index) => text.map(() => index))
    const found = await logits([texts.flat()], segmentMask(segments, 1, segments.length, { causal: true }))
    expect(largestDifference(found, (await Promise.all(texts.map(alone))).flat())).toBeLessThan(1e-5)
  })

  it('begins with decay rates in order and step sizes within their bounds', () => {
    const configuration = mamba.configure(
      'mamba',
      { width: 32, decoderLayers: 1, dropout: 0 },
      { size: 20, begin: 0, end: 1, padding: 2 },
    )
    const { parameters } = new Model(mamba as unknown as Model['family'], configuration).initialize(3)
    const rates = parameters.get('backbone.layers.0.mixer.A_log')!.data
    expect(Array.from(rates.slice(16, 32), (value) => Math.round(Math.exp(value)))).toEqual(
      Array.from({ length: 16 }, (_, index) => index + 1),
    )
    const steps = Array.from(parameters.get('backbone.layers.0.mixer.dt_proj.bias')!.data, (value) =>
      Math.log1p(Math.exp(value)),
    )
    expect(Math.min(...steps)).toBeGreaterThan(0.0009)
    expect(Math.max(...steps)).toBeLessThan(0.1001)
    expect(new Set(steps).size).toBe(64)
    // Evenly in the logarithm: half are below the mean of the bounds' logarithms.
    const below = steps.filter((step) => step < Math.sqrt(0.001 * 0.1)).length
    expect(below).toBeGreaterThan(20)
    expect(below).toBeLessThan(44)
  })

  it('refuses a config.json that contradicts itself', () => {
    expect(() => mamba.parseConfiguration({ hidden_size: 32, intermediate_size: 96 })).toThrow(
      /'intermediate_size' is 96.* make 64/,
    )
    expect(() => mamba.parseConfiguration({ conv_kernel: 1 })).toThrow(/conv_kernel/)
  })
})
