import { describe, expect, it } from 'vitest'
import { gradients } from './gradient.ts'
import { compile } from './lowering.ts'
import { operationTable, sumRows } from './operation-table.ts'
import { input, type Tensor } from './tensor.ts'
import { convolution } from './ops/convolution.ts'
import { linear } from './ops/linear.ts'
import { sum } from './ops/sum.ts'
import { tanh } from './ops/tanh.ts'

const [batch, width] = [5, 8]

/** Three layers of one line. */
function layers(): { loss: Tensor; weights: Tensor[] } {
  const weights = [0, 1, 2].map((layer) => input(`w${layer}`, [width, width], 'float32', true))
  let x = input('x', ['batch', width])
  for (const weight of weights) x = tanh(linear(x, weight))
  return { loss: sum(x, [0, 1]), weights }
}

describe('the table of operations', () => {
  it('has a row for what one line asked for with the same shapes', () => {
    const rows = operationTable(compile({ loss: layers().loss }), { batch })
    expect(rows.map(({ name, count }) => [name, count])).toEqual([
      ['linear', 3],
      ['tanh', 3],
      ['sum', 1],
    ])
    expect(rows[0]).toMatchObject({
      inputs: ['[batch, 8]', '[8, 8]'],
      outputs: ['[batch, 8]'],
      backward: false,
    })
    expect(rows[0]!.line).toMatch(/^engine\/operation-table\.test\.ts:\d+$/)
  })

  it('counts multiplications and moved bytes for the sizes', () => {
    const [product, curve] = operationTable(compile({ loss: layers().loss }), { batch })
    expect(product!.multiplications).toBe(3 * batch * width * width)
    expect(product!.bytes).toBe(3 * 4 * (2 * batch * width + width * width))
    expect(curve).toMatchObject({ multiplications: 0, bytes: 3 * 4 * 2 * batch * width })
  })

  it('tells gradients apart: of each product but the first there are two', () => {
    const { loss, weights } = layers()
    const found = gradients(loss, weights)
    const program = compile({
      loss,
      ...Object.fromEntries(found.map((tensor, index) => [`d${index}`, tensor])),
    })
    const rows = operationTable(program, { batch })
    const sums = sumRows(rows, ({ backward }) => String(backward))
    const of = (name: string) => sums.find((entry) => entry.name === name)!.multiplications
    // The input of the first layer takes no gradient.
    expect(of('true')).toBe((5 / 3) * of('false'))
  })

  it('counts a convolution by its taps', () => {
    const y = convolution(input('x', [2, 6, 10]), input('w', [4, 3, 5]), { groups: 2 })
    expect(y.shape).toEqual([2, 4, 6])
    expect(operationTable(compile({ y }), {})[0]!.multiplications).toBe(2 * 4 * 6 * 3 * 5)
  })
})
