import { describe, expect, it } from 'vitest'
import { gradients } from './gradient.ts'
import { input, type NodeOrigin, type Tensor } from './tensor.ts'
import { gelu } from './ops/gelu.ts'
import { matmul } from './ops/matmul.ts'
import { sum } from './ops/sum.ts'
import { YuksuError } from '../errors.ts'

/** The line of this file that calls it, by the engine's own account of a stack. */
function lineHere(): number {
  return Number(/call-site\.test\.ts:(\d+)/.exec(new Error().stack!.split('\n')[2]!)![1])
}

const nodeOf = (tensor: Tensor) => (tensor.origin as NodeOrigin).node

describe('the line that asked for an operation', () => {
  it('is the one outside the engine, however the operation is made', () => {
    const x = input('x', [2, 3])
    const expected = lineHere() + 1
    const y = gelu(x)
    expect(nodeOf(y).site.line).toBe(`engine/call-site.test.ts:${expected}`)
    expect(nodeOf(y).backward).toBe(false)
  })

  it('is for a gradient the line whose gradient it is', () => {
    const [a, b] = [input('a', [2, 3], 'float32', true), input('b', [3, 4], 'float32', true)]
    const expected = lineHere() + 1
    const product = matmul(a, b)
    const found = gradients(sum(product, [0, 1]), [a, b])
    for (const tensor of found) {
      expect(nodeOf(tensor)).toMatchObject({ name: 'matmul', backward: true })
      expect(nodeOf(tensor).site.line).toBe(`engine/call-site.test.ts:${expected}`)
    }
  })

  it('is in the message where shapes do not fit, beside the operation and the shapes', () => {
    const expected = lineHere() + 1
    const wrong = () => matmul(input('a', [2, 3]), input('b', [4, 5]))
    expect(wrong).toThrow(YuksuError)
    expect(wrong).toThrow(
      new RegExp(`matmul.*\\[2, 3\\].*\\[4, 5\\].*engine/call-site\\.test\\.ts:${expected}`),
    )
  })

  it('leaves the limit of stack traces as it was', () => {
    const before = Error.stackTraceLimit
    gelu(input('x', [1]))
    expect(Error.stackTraceLimit).toBe(before)
  })
})
