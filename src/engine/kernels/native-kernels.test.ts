import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { describe, expect, it } from 'vitest'
import { HostMemory } from '../memory.ts'
import { buildNativeLibrary } from '../native-library.ts'
import { nativeHindrance } from '../native-testing.ts'
import { randomSource } from '../testing.ts'
import type { Kernels } from './kernels.ts'
import { nativeKernels } from './native-kernels.ts'

const hindrance = await nativeHindrance()

/** Weights and both means after some steps over the same gradients, some of them tiny. */
async function afterSteps(length: number, threads: number | undefined): Promise<Buffer> {
  const [w, g, m, v] = new HostMemory().allocate([length, length, length, length])
  const kernels: Kernels = threads === undefined ? w!.kernels : await nativeKernels(w!, threads)
  const random = randomSource(7)
  w!.data.forEach((_, index) => (w!.data[index] = random() * 2 - 1))
  for (let step = 1; step <= 3; step++) {
    g!.data.forEach((_, index) => (g!.data[index] = (random() - 0.4) * (index % 5 === 0 ? 1e-21 : 3)))
    const root = 1 / Math.sqrt(1 - 0.95 ** step)
    const rate = 1e-2 / (1 - 0.9 ** step)
    const places = [w!.pointer, g!.pointer, m!.pointer, v!.pointer] as const
    kernels.adamw(...places, w!.paddedLength, 0.9, 0.95, rate, root, 1e-8, 1 - 1e-3, 0.7)
  }
  return Buffer.concat(
    [w!, m!, v!].map(({ data, pointer, paddedLength }) =>
      Buffer.from(data.buffer, pointer, 4 * paddedLength),
    ),
  )
}

describe.skipIf(hindrance !== undefined)('kernels of the native library', () => {
  it.each([1, 31, 32, 1000, 131_072, 300_001])(
    'update %i weights as those in WebAssembly, to the bit',
    async (length) => {
      const wanted = await afterSteps(length, undefined)
      for (const threads of [1, 2, 3])
        expect(Buffer.compare(await afterSteps(length, threads), wanted)).toBe(0)
    },
  )

  it.each([1, 32, 1000, 300_001])('sum up the squares of %i numbers alike on any threads', async (length) => {
    const [x] = new HostMemory().allocate([length])
    const random = randomSource(5)
    x!.data.forEach((_, index) => (x!.data[index] = (random() - 0.5) * (index % 3 === 0 ? 1e-15 : 1e12)))
    const wanted = x!.kernels.sumOfSquares(x!.pointer, x!.paddedLength)
    const found = new Set<number>()
    for (const threads of [1, 2, 3]) {
      const { sumOfSquares } = await nativeKernels(x!, threads)
      found.add(sumOfSquares(x!.pointer, x!.paddedLength))
    }
    expect(found.size).toBe(1)
    expect([...found][0]! / wanted).toBeCloseTo(1, 12)
  })

  it('serve threads of JavaScript that ask at once, and ones that ended since', async () => {
    const library = JSON.stringify(await buildNativeLibrary())
    const sums = `
      const { parentPort } = require('node:worker_threads')
      const library = require(${library})
      const memory = new WebAssembly.Memory({ initial: 64 }).buffer
      new Float32Array(memory).fill(1)
      const sums = Array.from({ length: 300 }, (_, turn) => library.sumOfSquares(memory, 0, 65_536 * (1 + turn % 15), 3))
      parentPort.postMessage(sums.every((sum, turn) => sum === 65_536 * (1 + turn % 15)))`
    for (let round = 0; round < 3; round++) {
      const answers = Array.from({ length: 3 }, async () => {
        const worker = new Worker(sums, { eval: true })
        const [isRight] = (await once(worker, 'message')) as [boolean]
        await worker.terminate()
        return isRight
      })
      expect(await Promise.all(answers)).toEqual([true, true, true])
    }
  })

  it('refuse an array that is not within the memory', async () => {
    const [w] = new HostMemory().allocate([32])
    const { adamw, sumOfSquares } = await nativeKernels(w!, 2)
    expect(() => sumOfSquares(0, 2 ** 31)).toThrow(/within the memory/)
    expect(() => adamw(0, 0, 0, 2 ** 31, 32, 0.9, 0.9, 1, 1, 1, 1, 1)).toThrow(/within the memory/)
  })
})
