import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { engineOperations } from '../scripts/support-matrix.ts'
import {
  compile,
  constant,
  floats,
  gradients,
  type HostTensor,
  input,
  multiply,
  type Program,
  Session,
  sum,
} from '../src/engine/index.ts'
import { Lowering } from '../src/engine/lowering.ts'
import { createEngineModel } from '../src/generate/engine-model.ts'
import { generate } from '../src/generate/generate.ts'
import type { GenerationOptions } from '../src/generate/options.ts'
import type { Model } from '../src/models/model.ts'
import { causal } from '../src/train/objectives/causal.ts'
import type { Objective } from '../src/train/objectives/objective.ts'
import { sequenceToSequence } from '../src/train/objectives/sequence-to-sequence.ts'
import { randomExamples, stepOptions, tinyBart, tinyLlama } from '../src/train/testing.ts'
import { TrainingStep } from '../src/train/training-step.ts'
import { BrowserPage, chromiumPath, documentedCode } from './browser-page.ts'
import { operationCases, operationProgram } from './operation-cases.ts'
import { recordRuns, type RecordedRun } from './recorded-runs.ts'

/* A program gives in a browser what it gives in Node: what is compared are runs of Node, made again by the page. */

describe('the programs of the operations', () => {
  it('are there for every operation, with a gradient where there is one', () => {
    const operations = engineOperations()
    const names = operations.map(({ name }) => name)
    expect(
      names.filter((name) => !(name in operationCases)),
      'those that test/operation-cases.ts lacks',
    ).toEqual([])
    for (const { name } of operations.filter(({ gradient }) => gradient)) {
      const differentiated = operationCases[name]!.some((one) => operationProgram(one).differentiated)
      expect.soft(differentiated, name).toBe(true)
    }
  })

  it('hold every operator of ONNX that the engine emits', () => {
    const emitted = vi.spyOn(Lowering.prototype, 'emit')
    for (const one of Object.values(operationCases).flat()) operationProgram(one)
    const seen = new Set(emitted.mock.calls.map(([type]) => type))
    emitted.mockRestore()
    const engine = resolve(import.meta.dirname, '../src/engine')
    const sources = readdirSync(join(engine, 'ops'))
      .filter((name) => !name.endsWith('.test.ts'))
      .map((name) => join(engine, 'ops', name))
      .concat(join(engine, 'lowering.ts'))
    // Nothing else in quotes begins with a capital there.
    const named = sources.flatMap((path) => [...readFileSync(path, 'utf8').matchAll(/'([A-Z][A-Za-z]+)'/g)])
    // Those of the native library are for the machine that it is built on.
    const library = resolve(import.meta.dirname, '../native')
    const native = readdirSync(library)
      .filter((name) => name.endsWith('.c'))
      .flatMap((name) => [
        ...readFileSync(join(library, name), 'utf8').matchAll(/(?:\.name = |^ACTIVATION\(\w+, )"(\w+)"/gm),
      ])
    for (const [, type] of native) seen.add(type!)
    expect([...new Set(named.map(([, type]) => type!))].filter((type) => !seen.has(type))).toEqual([])
    expect(named.length).toBeGreaterThan(100)
  })
})

describe.skipIf(!chromiumPath)('in a browser (skipped where no Chromium is installed)', () => {
  const page = new BrowserPage()
  beforeAll(() => {
    const x = input('x', ['batch', 3], 'float32', true)
    const loss = sum(multiply(x, x), [0, 1])
    return page.open(chromiumPath!, compile({ loss, dx: gradients(loss, [x])[0]! }))
  }, 60_000)
  afterAll(() => page.close())

  /** Makes the runs of Node again in the page and compares every output. Returns how many programs and runs there were. */
  async function compare(recorded: ReadonlyMap<Program, readonly RecordedRun[]>, tolerance = 1e-5) {
    const counts = { programs: 0, runs: 0 }
    for (const [program, runs] of recorded) {
      const results = await page.run(
        program,
        runs.map(({ feeds }) => feeds),
      )
      runs.forEach(({ outputs }, run) => {
        for (const { name } of program.outputs) {
          // The same added to every key moves no attention: what is left of this gradient is rounding.
          const measure = name.replace(/\bk_proj\.bias$/, 'k_proj.weight')
          const difference = relativeDifference(results[run]![name]!, outputs[name]!, outputs[measure])
          expect.soft(difference, `run ${run}: ${name}`).toBeLessThanOrEqual(tolerance)
        }
      })
      counts.programs += 1
      counts.runs += runs.length
    }
    return counts
  }

  it.each(Object.entries(operationCases))('%s', async (_, cases) => {
    for (const one of cases) {
      const { program, feeds } = operationProgram(one)
      const recorded = await recordRuns(async () => {
        const session = await Session.create(program)
        await session.run(feeds)
        await session.release()
      })
      expect(await compare(recorded, one.tolerance)).toEqual({ programs: 1, runs: 1 })
    }
  })

  const models: [string, () => Model, Objective][] = [
    ['a decoder', () => tinyLlama(), causal],
    [
      'an encoder–decoder with a copy head and dropout',
      () => tinyBart({ copyHead: true, dropout: 0.1 }),
      sequenceToSequence,
    ],
  ]

  it.each(models)(
    'the loss and all gradients of %s, over batches of several sizes',
    async (_, make, objective) => {
      const model = make()
      const examples = randomExamples(7)
      const step = new TrainingStep(model, objective, stepOptions)
      const recorded = await recordRuns(async () => {
        await step.run([examples.slice(0, 2)], 1, 1e-3)
        await step.run([examples.slice(2)], 2, 1e-3)
        // Gradients that are added to those of the batch before.
        await step.run([examples.slice(0, 4), examples.slice(4)], 3, 1e-3)
      })
      await step.release()
      const [first] = recorded.keys()
      expect(first!.outputs.map(({ name }) => name)).toEqual(
        expect.arrayContaining(step.parameters.map(({ name }) => `gradient.${name}`)),
      )
      expect(await compare(recorded)).toEqual({ programs: 2, runs: 4 })
    },
  )

  const decoding: [string, () => Model][] = [
    ['a decoder', () => tinyLlama()],
    ['an encoder–decoder with a copy head', () => tinyBart({ copyHead: true })],
  ]

  it.each(decoding)('decoding by %s with a cache, row by row and by beams', async (_, make) => {
    const model = make()
    const engine = createEngineModel(model)
    const inputIds = [
      [5, 9, 4, 2],
      [7, 2],
    ]
    const options: GenerationOptions = { maxNewTokens: 3, minNewTokens: 3, eosTokenId: 2, padTokenId: 1 }
    const recorded = await recordRuns(async () => {
      for (const numBeams of [1, 3])
        await generate(engine, { inputIds }, { ...options, numBeams, decoderStartTokenId: 0 })
    })
    await engine.release()
    const inputs = [...recorded.keys()].flatMap((program) => program.inputs.map(({ name }) => name))
    expect(inputs.filter((name) => name.startsWith('past.')).length).toBeGreaterThan(0)
    expect(inputs).toContain('origins')
    const { runs } = await compare(recorded)
    expect(runs).toBeGreaterThanOrEqual(6)
  })

  it('gives the memory of a program back when it is released', async () => {
    const mebibytes = 4
    const table = constant(new Float32Array(mebibytes * 2 ** 18).fill(0.5), [mebibytes * 2 ** 18])
    const program = compile({ y: sum(multiply(input('x', [1]), table), [0]) })
    const feeds = [{ x: floats(Float32Array.of(1), [1]) }]
    await page.run(program, feeds)
    const before = await page.memoryBytes()
    expect(before).toBeGreaterThan(mebibytes * 2 ** 20)
    await page.run(program, feeds, 20)
    expect(await page.memoryBytes()).toBe(before)
  })

  it('the example of the documentation printed what it says, and nothing went wrong unseen', async () => {
    const [, says] = /console\.log\(.*\) \/\/ (.+)/.exec(await documentedCode())!
    expect(page).toMatchObject({ messages: [says], problems: [] })
  })
})

/**
 * The largest difference as a share of the largest value of `measure`; NaN where type or shape differ or a value is not
 * finite, so that it never passes for small.
 */
function relativeDifference(actual: HostTensor, expected: HostTensor, measure = expected): number {
  if (actual.dtype !== expected.dtype || String(actual.shape) !== String(expected.shape)) return Number.NaN
  const [found, wanted] = [numbers(actual), numbers(expected)]
  const difference = largest(wanted.map((value, index) => value - found[index]!))
  return difference === 0 ? 0 : difference / largest(numbers(measure))
}

function numbers({ data }: HostTensor): number[] {
  return Array.from({ length: data.length }, (_, index) => Number(data[index]))
}

function largest(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
}
