import { describe, expect, it } from 'vitest'
import { compileSegments, type BoundProgram } from './segments.ts'
import { input, stopGradient, type Tensor } from './tensor.ts'
import { add } from './ops/add.ts'
import { linear } from './ops/linear.ts'
import { sum } from './ops/sum.ts'
import { tanh } from './ops/tanh.ts'
import { YuksuError } from '../errors.ts'

const width = 4

/** Layers x ← x + tanh(x · Wᵀ) with a boundary after each; what stands between them is checked by the tests of the training step. */
function stack(count: number, frozen = 0) {
  const parameters = new Map<string, Tensor>()
  const boundaries: Tensor[] = []
  let x = input('x', ['batch', width])
  for (let layer = 0; layer < count; layer++) {
    const weight = input(`w${layer}`, [width, width], 'float32', layer >= frozen)
    if (layer >= frozen) parameters.set(`w${layer}`, weight)
    x = add(x, tanh(linear(x, weight)))
    boundaries.push(x)
  }
  return { loss: sum(x, [0, 1]), parameters, boundaries }
}

const names = (program: BoundProgram | undefined) => program && [...program.inputs.values()].toSorted()

describe('the parts of a program', () => {
  it('are the same program for layers alike, over other values', () => {
    const { loss, parameters, boundaries } = stack(5)
    const { segments } = compileSegments({
      loss,
      parameters,
      boundaries,
      results: { loss },
      accumulate: false,
    })
    const bytes = (pick: (segment: (typeof segments)[number]) => BoundProgram | undefined, from: number) =>
      new Set(
        segments
          .slice(from, -1)
          .map((segment) => Buffer.from(pick(segment)!.program.bytes).toString('base64')),
      )
    expect(segments.length).toBe(6)
    // The first reads the input, through which no gradient flows.
    expect(bytes(({ forward }) => forward, 0).size).toBe(1)
    expect(bytes(({ backward }) => backward, 1).size).toBe(1)
    expect(segments.slice(0, -1).map(({ forward }) => names(forward))).toEqual([
      ['w0', 'x'],
      ['boundary.0', 'w1'],
      ['boundary.1', 'w2'],
      ['boundary.2', 'w3'],
      ['boundary.3', 'w4'],
    ])
    expect(names(segments[2]!.backward)).toEqual(['boundary.1', 'gradient.boundary.2', 'w2'])
    expect([...segments[2]!.backward!.outputs.values()]).toEqual(['gradient.boundary.1', 'gradient.w2'])
  })

  it('add to what several of them give, and to nothing else', () => {
    const shared = input('shared', [width, width], 'float32', true)
    const first = tanh(linear(input('x', ['batch', width]), shared))
    const second = tanh(linear(first, shared))
    // The first is used again at the end.
    const loss = sum(add(first, second), [0, 1])
    const { accumulated } = compileSegments({
      loss,
      parameters: new Map([['shared', shared]]),
      boundaries: [first, second],
      results: {},
      accumulate: false,
    })
    expect(accumulated).toEqual(new Set(['gradient.shared', 'gradient.boundary.0']))
  })

  it('do not go back below what is trained', () => {
    const { loss, parameters, boundaries } = stack(4, 2)
    const { segments } = compileSegments({
      loss,
      parameters,
      boundaries,
      results: { loss },
      accumulate: false,
    })
    expect(segments.map(({ backward }) => backward !== undefined)).toEqual([false, false, true, true, true])
    expect(names(segments[2]!.backward)).not.toContain('gradient.boundary.1')
  })

  it('are refused where a parameter has no part in the loss', () => {
    const { parameters, boundaries } = stack(2)
    const loss = sum(stopGradient(boundaries[1]!), [0, 1])
    expect(() => compileSegments({ loss, parameters, boundaries, results: {}, accumulate: false })).toThrow(
      YuksuError,
    )
  })
})
