import { describe, expect, it } from 'vitest'
import { gradients } from './gradient.ts'
import { compile } from './lowering.ts'
import { add } from './ops/add.ts'
import { exponential } from './ops/exponential.ts'
import { keyDistances } from './ops/key-distances.ts'
import { matmul } from './ops/matmul.ts'
import { multiply } from './ops/multiply.ts'
import { reshape } from './ops/reshape.ts'
import { sine } from './ops/sine.ts'
import { sum } from './ops/sum.ts'
import { takeRows } from './ops/take-rows.ts'
import { tanh } from './ops/tanh.ts'
import { planProgram } from './plan.ts'
import { input } from './tensor.ts'

const x = input('x', ['rows', 8])
const [rows, value] = [100, 4 * 100 * 8]

describe('planProgram', () => {
  it('counts what goes in and comes out, and what lives between', () => {
    const program = compile({ y: tanh(exponential(x)) })
    expect(planProgram(program, { rows })).toMatchObject({
      inputs: value,
      outputs: value,
      temporaries: value,
    })
  })

  it('lets a value live until what reads it last', () => {
    const [first, second] = [exponential(x), sine(x)]
    const chain = compile({ y: tanh(exponential(first)) })
    // Both are there where the second is made of the first.
    expect(planProgram(chain, { rows }).temporaries).toBe(2 * value)
    const kept = compile({ y: add(tanh(exponential(second)), second) })
    expect(planProgram(kept, { rows }).temporaries).toBe(3 * value)
  })

  it('gives a value of another shape no memory of its own', () => {
    const flat = reshape(exponential(x), [4, 'rows', 2])
    expect(planProgram(compile({ y: tanh(flat) }), { rows }).temporaries).toBe(value)
    // Nor does it forget the memory while one of both is read.
    const both = compile({ y: tanh(multiply(tanh(flat), flat)) })
    expect(planProgram(both, { rows }).temporaries).toBe(3 * value)
  })

  it('knows how many numbers there are in a range', () => {
    const mask = input('mask', [1, 1, 'rows', 'rows'])
    // Two ranges, and whole numbers of 8 bytes for each pair before they are floats.
    const { temporaries } = planProgram(compile({ y: keyDistances(mask) }), { rows })
    expect(temporaries).toBeGreaterThanOrEqual(8 * rows * rows)
    expect(temporaries).toBeLessThan(8 * rows * rows + 3 * 8 * rows + 200)
  })

  it('takes equal computations for one', () => {
    const program = compile({ y: tanh(add(exponential(x), exponential(x))) })
    expect(planProgram(program, { rows }).temporaries).toBe(2 * value)
  })

  it('counts what follows from constants alone as what the session keeps', () => {
    const table = input('table', [1000, 8], 'float32', true)
    const ids = input('ids', ['rows'], 'int64')
    const loss = sum(exponential(takeRows(table, ids)), [0, 1])
    const program = compile({ slope: gradients(loss, [table])[0]! })
    // The zeros to which the rows of the gradient are added.
    const { constants, temporaries } = planProgram(program, { rows })
    expect(constants).toBeGreaterThanOrEqual(4 * 1000 * 8)
    expect(constants).toBeLessThan(4 * 1000 * 8 + 1000)
    expect(temporaries).toBeLessThan(8 * value)
  })

  it('has the most of all runs, and an arena that holds every one of them', () => {
    const program = compile({ y: tanh(matmul(exponential(x), input('w', [8, 8]))) })
    const plan = (...sizes: number[]) => planProgram(program, ...sizes.map((rows) => ({ rows })))
    for (const order of [
      [10, 5000, 300],
      [5000, 300, 10],
    ]) {
      expect(plan(...order).temporaries).toBe(plan(5000).temporaries)
      expect(plan(...order).arena).toBeGreaterThanOrEqual(plan(5000).arena)
    }
    expect(plan(5000).arena).toBeGreaterThanOrEqual(plan(5000).temporaries)
  })

  it('names a size that has no number', () => {
    expect(planProgram(compile({ y: tanh(x) }), { rows }).inputs).toBe(value)
    expect(() => planProgram(compile({ y: tanh(x) }), { columns: 3 })).toThrow(/'rows'/)
  })
})
