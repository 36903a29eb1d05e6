import { expect, it } from 'vitest'
import { add } from '../engine/ops/add.ts'
import { input } from '../engine/tensor.ts'
import { KeyValueCache } from './key-value-cache.ts'
import { counted, run } from './testing.ts'

it('puts the rows of the past in their new order and the new tokens behind them', async () => {
  const cache = new KeyValueCache('rows', input('origins', ['rows'], 'int64'))
  const own = {
    key: input('ownKey', ['rows', 1, 'length', 2]),
    value: input('ownValue', ['rows', 1, 'length', 2]),
  }
  const { key, value } = cache.extend('layer.0', own)
  expect(cache.present.get('layer.0')).toEqual({ key, value })
  const past = {
    key: counted(3, 1, 2, 2),
    value: { ...counted(3, 1, 2, 2), data: counted(3, 1, 2, 2).data.map((x) => -x) },
  }
  const fresh = (start: number) => ({
    data: Float32Array.of(start, start + 1, start + 2, start + 3, start + 4, start + 5),
    shape: [3, 1, 1, 2],
  })
  const results = await run(
    { key, value },
    {
      origins: { data: [2, 0, 2], shape: [3] },
      ownKey: fresh(100),
      ownValue: fresh(200),
      'past.layer.0.key': past.key,
      'past.layer.0.value': past.value,
    },
  )
  expect(results.key!.shape).toEqual([3, 1, 3, 2])
  expect([...results.key!.data]).toEqual([
    8, 9, 10, 11, 100, 101, 0, 1, 2, 3, 102, 103, 8, 9, 10, 11, 104, 105,
  ])
  expect([...results.value!.data].map((x) => Number(x) + 0)).toEqual([
    -8, -9, -10, -11, 200, 201, 0, -1, -2, -3, 202, 203, -8, -9, -10, -11, 204, 205,
  ])
})

it('goes on row by row where there is no order', async () => {
  const cache = new KeyValueCache('rows')
  const own = input('own', ['rows', 1, 'length', 2])
  const { key, value } = cache.extend('layer.0', { key: own, value: own })
  const results = await run(
    { key, value },
    {
      own: { data: Float32Array.of(100, 101, 102, 103), shape: [2, 1, 1, 2] },
      'past.layer.0.key': counted(2, 1, 1, 2),
      'past.layer.0.value': { data: Float32Array.of(-1, -2, -3, -4), shape: [2, 1, 1, 2] },
    },
  )
  expect([...results.key!.data]).toEqual([0, 1, 100, 101, 2, 3, 102, 103])
  expect([...results.value!.data]).toEqual([-1, -2, 100, 101, -3, -4, 102, 103])
})

it('gives a state in the order of the rows, and the next one to go on from', async () => {
  const cache = new KeyValueCache('pastRows', input('origins', ['rows'], 'int64'))
  const past = cache.state('layer.0', 'scan', [2])
  cache.keep('layer.0', 'scan', add(past, input('own', ['rows', 2])))
  const outputs = cache.outputs()
  expect(Object.keys(outputs)).toEqual(['present.layer.0.scan'])
  const results = await run(outputs, {
    origins: { data: [1, 0, 1], shape: [3] },
    own: { data: Float32Array.of(10, 10, 20, 20, 30, 30), shape: [3, 2] },
    'past.layer.0.scan': { data: Float32Array.of(1, 2, 3, 4), shape: [2, 2] },
  })
  expect([...results['present.layer.0.scan']!.data]).toEqual([13, 14, 21, 22, 33, 34])
})
