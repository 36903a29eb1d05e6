import { describe, expect, it } from 'vitest'
import { compile } from './lowering.ts'
import { readProfile } from './profile.ts'
import { floats, Session } from './session.ts'
import { input } from './tensor.ts'
import { crossEntropy } from './ops/cross-entropy.ts'
import { matmul } from './ops/matmul.ts'
import { tanh } from './ops/tanh.ts'
import { integers } from './session.ts'

const size = 192

function squares() {
  const a = input('a', [size, size])
  return compile({ y: tanh(matmul(a, matmul(a, a))) })
}

describe('a profile', () => {
  it('gives the time of the runs that count to the operations', async () => {
    const program = squares()
    const session = await Session.create(program, { profile: true })
    const a = floats(new Float32Array(size * size).fill(0.01), [size, size])
    for (let run = 0; run < 5; run++) await session.run({ a })
    const profile = await session.profile(2)
    expect(profile.runs).toBe(3)
    expect(profile.operations.map(({ operation }) => operation.name)).toEqual(['matmul', 'matmul', 'tanh'])
    for (const { milliseconds } of profile.operations) expect(milliseconds).toBeGreaterThan(0)
    expect(profile.otherMilliseconds).toBe(0)
    await expect(session.profile()).rejects.toThrow(/profile: true/)
    await session.release()
  })

  it('is refused by a session that keeps none', async () => {
    const session = await Session.create(squares())
    await expect(session.profile()).rejects.toThrow(/profile: true/)
    await session.release()
  })

  it('counts a branch once: as the operation that chose it', async () => {
    const logits = input('logits', [64, 500])
    const { negativeLogLikelihood } = crossEntropy(logits, input('targets', [64], 'int64'))
    const program = compile({ negativeLogLikelihood })
    const [operation] = program.operations
    expect(operation!.branches.length).toBeGreaterThan(0)
    const session = await Session.create(program, { profile: true })
    await session.run({
      logits: floats(new Float32Array(64 * 500), [64, 500]),
      targets: integers(new Int32Array(64), [64]),
    })
    const profile = await session.profile()
    expect(profile.otherMilliseconds).toBe(0)
    await session.release()
  })

  it('knows the nodes that the runtime joined by the names within theirs', () => {
    const program = squares()
    const [first, second, last] = program.operations.map(({ nodes }) => nodes[0]!)
    const events = [
      { cat: 'Session', name: 'model_run', ts: 10, dur: 900 },
      { cat: 'Node', name: `${first}_kernel_time`, ts: 11, dur: 1000 },
      { cat: 'Node', name: `fused ${second}/${last}_kernel_time`, ts: 12, dur: 2000 },
      { cat: 'Node', name: 'made_up_kernel_time', ts: 13, dur: 4000 },
      { cat: 'Node', name: `${first}_fence_before`, ts: 14, dur: 8000 },
    ]
    const profile = readProfile(JSON.stringify(events), program)
    expect(profile.operations.map(({ milliseconds }) => milliseconds)).toEqual([1, 2, 0])
    expect(profile).toMatchObject({ runs: 1, otherMilliseconds: 4 })
  })
})
