import { describe, expect, it } from 'vitest'
import { planProgram } from '../src/engine/plan.ts'
import { runtimeOrder } from '../src/engine/runtime-order.ts'
import { floats, namedSizes, type HostTensor } from '../src/engine/session.ts'
import { valueSizes } from '../src/engine/value-sizes.ts'
import type { Model } from '../src/models/model.ts'
import { DropoutMasks } from '../src/train/dropout-masks.ts'
import { causal } from '../src/train/objectives/causal.ts'
import type { Objective } from '../src/train/objectives/objective.ts'
import { sequenceToSequence } from '../src/train/objectives/sequence-to-sequence.ts'
import { randomExamples, tinyBart, tinyLlama } from '../src/train/testing.ts'
import { compileGradients, traceGradients } from '../src/train/training-program.ts'
import { recordNodes } from './node-record.ts'
import { operationCases, operationProgram } from './operation-cases.ts'

/* What is planned, against what the runtime tells of its runs. */

/** Its rows are those routed to an expert, of which there may be fewer than planned. */
const dataDependent = new Set(['mixExperts'])

describe('the sizes of all values', () => {
  it.each(Object.entries(operationCases))('of %s are those of the run', async (name, cases) => {
    for (const one of cases) {
      const { program, feeds } = operationProgram(one)
      const found = valueSizes(program, namedSizes(program.inputs, feeds))
      const nodes = new Map(program.graph.nodes.map((node) => [node.name, node]))
      for (const record of await recordNodes(program, feeds)) {
        const values = (nodes.get(record.name)?.outputs ?? []).map((output) => found.get(output)!)
        record.outputs.forEach(({ dtype, shape }, index) => {
          const value = values[index]
          if (value === undefined) return
          expect.soft(value.dtype, `${record.name} of ${name}`).toBe(dtype)
          if (dataDependent.has(name)) return
          // The runtime may move a transposition past another node.
          expect.soft(value.shape.toSorted(), `${record.name} of ${name}`).toEqual(shape.toSorted())
        })
      }
    }
  })
})

const models: [string, Model, Objective][] = [
  ['decoder', tinyLlama({ layers: 2, width: 64, headWidth: 16, feedForwardWidth: 96 }), causal],
  ['encoder–decoder', tinyBart({ width: 64, copyHead: true, dropout: 0.1 }), sequenceToSequence],
]

describe.each(models)('the plan of a training step of a tiny %s', (_, model, objective) => {
  const shape = { batch: 'batch', source: 'source', target: 'target' }
  const program = compileGradients(traceGradients(model, objective, { shape, labelSmoothing: 0 }))
  const feedsOf = (rows: number): Record<string, HostTensor> => {
    const feeds = {
      ...model.feeds(),
      ...objective.collate(model, randomExamples(rows)).feeds,
      inverseCount: floats(new Float32Array([1]), []),
    }
    const sizes = namedSizes(program.inputs, feeds)
    return {
      ...feeds,
      ...new DropoutMasks(1, program.inputs).fill(program.inputs, sizes, { step: 1, part: 0 }),
    }
  }

  it.each([40, 200])('has the runtime’s own count of bytes, for %i rows', async (rows) => {
    const feeds = feedsOf(rows)
    const { temporaries, arena } = planProgram(program, namedSizes(program.inputs, feeds))
    const nodes = await recordNodes(program, feeds)
    const requested = Math.max(...nodes.map((node) => node.requested))
    expect(requested).toBeGreaterThan(100_000)
    expect(temporaries / requested).toBeGreaterThan(0.97)
    expect(temporaries / requested).toBeLessThan(1.03)
    // Touched pages lie within what was taken from the system.
    expect(arena).toBeGreaterThanOrEqual(temporaries)
    expect(arena).toBeLessThanOrEqual(Math.max(...nodes.map(({ held }) => held)) + 4096)
  })

  it('has nearly the runtime’s order', async () => {
    const constants = program.graph.constants.map(({ name }) => name)
    const { steps } = runtimeOrder(
      program.graph.nodes,
      constants,
      program.outputs.map(({ name }) => name),
    )
    const ran = (await recordNodes(program, feedsOf(4))).map(({ name }) => name)
    const planned = steps.map(({ node }) => node.name).filter((name) => ran.includes(name))
    const both = ran.filter((name) => planned.includes(name))
    expect(both.length).toBeGreaterThan(0.8 * ran.length)
    // Fused nodes take places of their own and shift others; what follows what hardly changes.
    const place = new Map(planned.map((name, index) => [name, index]))
    const rising = both.filter((name, index) => index > 0 && place.get(name)! > place.get(both[index - 1]!)!)
    expect(rising.length / both.length).toBeGreaterThan(0.9)
  })
})
