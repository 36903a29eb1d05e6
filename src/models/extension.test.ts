import { describe, expect, it } from 'vitest'
import { tinyLlama } from '../train/testing.ts'
import type { ModelExtension } from './extension.ts'

const added = (name: string, initialization: 'zeros' | { bound: number } = { bound: 0.5 }) => ({
  name,
  shape: [8, 16],
  initialization,
  trainable: true,
})
const extension: ModelExtension = { parameters: [added('one'), added('two'), added('three', 'zeros')] }

describe('an extended model', () => {
  it('has the values of the other, and what is added from the seed', () => {
    const base = tinyLlama()
    const [first, again, other] = [7, 7, 8].map((seed) => base.extended(extension, seed))
    for (const [name, { data }] of base.parameters) expect(first!.parameters.get(name)!.data).toBe(data)
    const values = (model: typeof first, name: string) => model!.parameters.get(name)!.data
    expect(values(first, 'one')).toEqual(values(again, 'one'))
    expect(values(first, 'one')).not.toEqual(values(other, 'one'))
    expect(values(first, 'one')).not.toEqual(values(first, 'two'))
    expect(new Set(values(first, 'three'))).toEqual(new Set([0]))
  })

  it('draws numbers within their bound, all equally likely', () => {
    const wide = { parameters: [{ ...added('one'), shape: [100, 200] }] }
    const { data } = tinyLlama().extended(wide).parameters.get('one')!
    const counts = new Array<number>(10).fill(0)
    for (const value of data) counts[Math.floor((value + 0.5) * 10)]!++
    expect(counts.reduce((sum, count) => sum + count)).toBe(20_000)
    for (const count of counts) expect(Math.abs(count / 2000 - 1)).toBeLessThan(0.1)
  })

  it('trains what is added and what the extension says, and leaves the other model as it is', () => {
    const base = tinyLlama()
    const trained = ({ specifications }: typeof base) =>
      specifications.flatMap(({ name, trainable }) => (trainable ? [name] : []))
    const before = trained(base)
    expect(trained(base.extended(extension))).toEqual(['one', 'two', 'three'])
    const norms = base.extended({ ...extension, trains: (name) => name.includes('norm') })
    const wanted = before.filter((name) => name.includes('norm'))
    expect(wanted).toHaveLength(3)
    expect(trained(norms)).toEqual([...wanted, 'one', 'two', 'three'])
    expect(trained(norms.extended({ parameters: [added('four')] }))).toEqual(['four'])
    expect(trained(base)).toEqual(before)
    const { total } = base.parameterCounts
    expect(base.extended(extension).parameterCounts).toEqual({ total: total + 3 * 128, trainable: 3 * 128 })
  })

  it('refuses a name that is taken', () => {
    const twice = () => tinyLlama().extended(extension).extended(extension)
    expect(twice).toThrow(expect.objectContaining({ code: 'parameter-name' }))
  })

  it('is not written as a folder that has no place for what is added', async () => {
    const writing = tinyLlama().extended(extension).write('nowhere')
    await expect(writing).rejects.toMatchObject({ code: 'extended-model' })
  })
})
