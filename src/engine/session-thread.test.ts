import { setMaxListeners } from 'node:events'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compile } from './lowering.ts'
import { SessionThread } from './session-thread.ts'
import { floats, Session } from './session.ts'
import { input } from './tensor.ts'
import { matmul } from './ops/matmul.ts'
import { tanh } from './ops/tanh.ts'

const built = resolve(import.meta.dirname, '../../dist/engine/session-worker.js')
const code = pathToFileURL(built)
const size = 64
const program = compile({ y: tanh(matmul(input('x', ['rows', size]), input('w', [size, size]))) })
const values = (rows: number, start: number) =>
  floats(
    Float32Array.from({ length: rows * size }, (_, index) => Math.sin(index + start)),
    [rows, size],
  )

describe.skipIf(!existsSync(built))(
  'a program in a thread of its own (skipped before `npm run build`)',
  () => {
    let thread: SessionThread
    beforeAll(async () => {
      thread = await SessionThread.create(program, { kept: { w: values(size, 7) }, code })
    })
    afterAll(() => thread.release())

    it('gives what it gives in this thread, to the bit, the kept values and what is fed unharmed', async () => {
      await using here = await Session.create(program)
      const x = values(5, 1)
      for (let run = 0; run < 3; run++) {
        const { y } = await thread.run({ x })
        expect(y).toEqual((await here.run({ x, w: values(size, 7) })).y)
      }
      expect(x).toEqual(values(5, 1))
    })

    it('gives errors back with their code, and goes on', async () => {
      await expect(thread.run({ x: floats(new Float32Array(6), [2, 3]) })).rejects.toMatchObject({
        code: 'input-shape',
      })
      expect((await thread.run({ x: values(2, 0) })).y!.shape).toEqual([2, size])
    })

    it('leaves this thread free while it runs', async () => {
      let turns = 0
      const timer = setInterval(() => (turns += 1), 1)
      const x = values(20_000, 0)
      for (let run = 0; run < 5; run++) await thread.run({ x })
      clearInterval(timer)
      expect(turns).toBeGreaterThan(5)
    })

    it('does not begin a run that is aborted while it waits', async () => {
      const abort = new AbortController()
      setMaxListeners(0, abort.signal)
      const large = values(20_000, 0)
      const began = performance.now()
      await thread.run({ x: large })
      const one = performance.now() - began
      const first = thread.run({ x: large })
      const waiting = Array.from({ length: 200 }, () => thread.run({ x: large }, { signal: abort.signal }))
      abort.abort(new Error('enough'))
      const restarted = performance.now()
      for (const run of waiting) await expect(run).rejects.toThrow('enough')
      await first
      // What follows does not wait for two hundred runs that nobody wants.
      await thread.run({ x: values(1, 0) })
      expect(performance.now() - restarted).toBeLessThan(50 * one)
      await expect(thread.run({ x: large }, { signal: abort.signal })).rejects.toThrow('enough')
    })

    it('ends what runs when it is released, and says so afterwards', async () => {
      const other = await SessionThread.create(program, { code })
      const feeds = { x: values(20_000, 0), w: values(size, 7) }
      await Promise.all([
        expect(other.run(feeds)).rejects.toMatchObject({ code: 'program-released' }),
        Promise.resolve().then(() => other.release()),
      ])
      await expect(other.run(feeds)).rejects.toMatchObject({ code: 'program-released' })
    })
  },
)
