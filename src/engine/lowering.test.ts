import { describe, expect, it } from 'vitest'
import { gradients } from './gradient.ts'
import { compile } from './lowering.ts'
import { floats, integers, Session, type HostTensor } from './session.ts'
import { randomSource, runOnce } from './testing.ts'
import { constant, input, randomMask, record, recordOne, scalar, type Tensor } from './tensor.ts'
import { valueSizes } from './value-sizes.ts'
import { product, type Dimension } from './dimension.ts'
import { add } from './ops/add.ts'
import { attention } from './ops/attention.ts'
import { crossEntropy } from './ops/cross-entropy.ts'
import { embedding } from './ops/embedding.ts'
import { expand } from './ops/expand.ts'
import { layerNormalization } from './ops/layer-normalization.ts'
import { linear } from './ops/linear.ts'
import { multiply } from './ops/multiply.ts'
import { reshape } from './ops/reshape.ts'
import { sum } from './ops/sum.ts'
import { transpose } from './ops/transpose.ts'

const vocabulary = 11
const width = 6
const heads = 2

const weights: Record<string, number[]> = {
  table: [vocabulary, width],
  'norm.weight': [width],
  'norm.bias': [width],
  'query.weight': [width, width],
  'query.bias': [width],
  'output.weight': [vocabulary, width],
}

/** A little language model of one attention: loss, logits and the gradient of every weight. */
function model(batch: Dimension, length: Dimension) {
  const parameter = Object.fromEntries(
    Object.entries(weights).map(([name, shape]) => [name, input(name, shape, 'float32', true)]),
  )
  const tokens = input('tokens', [batch, length], 'int64')
  const targets = input('targets', [batch, length], 'int64')
  const bias = input('bias', [batch, 1, 1, length])
  const x = embedding(parameter.table!, tokens)
  const normalized = layerNormalization(x, parameter['norm.weight']!, parameter['norm.bias']!, 1e-5)
  const query = linear(normalized, parameter['query.weight']!, parameter['query.bias'])
  const split = (tensor: Tensor) =>
    transpose(reshape(tensor, [batch, length, heads, width / heads]), [0, 2, 1, 3])
  const mixed = attention(split(query), split(normalized), split(x), { scale: 0.5, mask: bias })
  const joined = reshape(transpose(mixed, [0, 2, 1, 3]), [batch, length, width])
  const logits = linear(add(x, joined), parameter['output.weight']!)
  const rows = product([batch, length])
  const { negativeLogLikelihood, uniformLoss } = crossEntropy(
    reshape(logits, [rows, vocabulary]),
    reshape(targets, [rows]),
  )
  const loss = sum(add(negativeLogLikelihood, multiply(uniformLoss, scalar(0.1))), [0])
  const slopes = gradients(loss, Object.values(parameter))
  return compile({
    loss,
    logits,
    ...Object.fromEntries(Object.keys(weights).map((name, index) => [`gradient.${name}`, slopes[index]!])),
  })
}

function feeds(batch: number, length: number): Record<string, HostTensor> {
  const random = randomSource(51)
  const values = (shape: readonly number[]) =>
    floats(
      Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random() * 2 - 1),
      shape,
    )
  const given = Object.fromEntries(Object.entries(weights).map(([name, shape]) => [name, values(shape)]))
  const ids = () =>
    integers(
      Array.from({ length: batch * length }, () => Math.floor(random() * vocabulary)),
      [batch, length],
    )
  return { ...given, tokens: ids(), targets: ids(), bias: values([batch, 1, 1, length]) }
}

function expectClose(actual: HostTensor, expected: HostTensor): void {
  expect(actual.shape).toEqual(expected.shape)
  const [a, b] = [actual.data as Float32Array, expected.data as Float32Array]
  expect(a.length).toBe(b.length)
  a.forEach((value, index) => expect(Math.abs(value - b[index]!)).toBeLessThan(1e-5))
}

const ramp = (...shape: number[]) =>
  floats(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, index) => index),
    shape,
  )

describe('a program of symbolic sizes', () => {
  it.each([
    { named: 'both', batch: 'batch', length: 'length' },
    { named: 'the batch', batch: 'batch', length: 4 },
    { named: 'the length', batch: 2, length: 'length' },
  ])('gives what the static program of each size gives, $named named', async ({ batch, length }) => {
    const symbolic = await Session.create(model(batch, length))
    const sizes = [
      [2, 4],
      [5, 4],
      [2, 1],
      [1, 1],
      [2, 9],
    ].filter(
      ([b, l]) => (typeof batch === 'string' || b === batch) && (typeof length === 'string' || l === length),
    )
    for (const [b, l] of sizes) {
      const given = feeds(b!, l!)
      const fixed = await Session.create(model(b!, l!))
      const expected = await fixed.run(given)
      const actual = await symbolic.run(given)
      expect(Object.keys(actual)).toEqual(Object.keys(expected))
      for (const [name, value] of Object.entries(expected)) expectClose(actual[name]!, value)
      await fixed.release()
    }
    await symbolic.release()
  })

  it('merges and splits axes whose sizes are not known', async () => {
    const x = input('x', ['batch', 'length', 6])
    const outputs = {
      merged: reshape(x, [product(['batch', 'length']), 6]),
      allMerged: reshape(x, [product(['batch', 'length', 6])]),
      lastMerged: reshape(x, ['batch', product(['length', 6])]),
      split: reshape(x, ['batch', 'length', 2, 3]),
      moved: reshape(x, ['length', 'batch', 6]),
      splitAgain: reshape(reshape(x, [product(['batch', 'length', 2]), 3]), ['batch', 2, 'length', 3]),
    }
    for (const [batch, length] of [
      [2, 3],
      [1, 1],
      [3, 1],
    ] as const) {
      const results = await runOnce(outputs, { x: ramp(batch, length, 6) })
      const shapes = {
        merged: [batch * length, 6],
        allMerged: [batch * length * 6],
        lastMerged: [batch, length * 6],
        split: [batch, length, 2, 3],
        moved: [length, batch, 6],
        splitAgain: [batch, 2, length, 3],
      }
      for (const [name, shape] of Object.entries(shapes)) {
        expect(results[name]!.shape).toEqual(shape)
        expect([...(results[name]!.data as Float32Array)]).toEqual([...ramp(...shape).data])
      }
    }
  })

  it('repeats to a size read from another input', async () => {
    const y = input('y', ['length', 2])
    const outputs = { repeated: add(expand(input('x', [1, 2]), ['length', 2]), y) }
    const results = await runOnce(outputs, { x: ramp(1, 2), y: ramp(3, 2) })
    expect([...(results.repeated!.data as Float32Array)]).toEqual([0, 2, 2, 4, 4, 6])
  })

  it('refuses a size that no input has', () => {
    const x = expand(input('x', [1, 1]), ['somewhere', 'else'])
    expect(() => compile({ y: x })).toThrow("no input of the program has an axis of size 'somewhere'")
  })
})

describe('compile', () => {
  it('gives inputs and constants out as they are, and one tensor under several names', async () => {
    const x = input('x', [2])
    const y = add(x, x)
    const numbers = constant(BigInt64Array.of(1n, -2n), [2])
    const results = await runOnce({ same: x, y, again: y, numbers }, { x: ramp(2) })
    expect([...(results.same!.data as Float32Array)]).toEqual([0, 1])
    expect([...(results.y!.data as Float32Array)]).toEqual([0, 2])
    expect([...(results.again!.data as Float32Array)]).toEqual([0, 2])
    expect(results.numbers!.data).toEqual(BigInt64Array.of(1n, -2n))
  })

  it('keeps constants of the same bytes but another type or shape apart', async () => {
    const row = constant(Float32Array.of(1, 2), [1, 2])
    const column = constant(Float32Array.of(1, 2), [2, 1])
    const results = await runOnce({ table: multiply(row, column), zero: add(scalar(0), scalar(-0)) }, {})
    expect([...(results.table!.data as Float32Array)]).toEqual([1, 2, 2, 4])
  })

  it('lists only the inputs its outputs depend on, a mask with its rate', () => {
    const [x] = [input('x', [2]), input('unused', [2])]
    const program = compile({ y: multiply(x, randomMask('layer.dropout', [2], 0.1)) })
    expect(program.inputs).toEqual([
      { name: 'x', shape: [2], dtype: 'float32' },
      { name: 'layer.dropout', shape: [2], dtype: 'float32', random: { rate: 0.1 } },
    ])
    expect(program.outputs).toEqual([{ name: 'y', shape: [2], dtype: 'float32' }])
  })

  it('takes one name for one input, and refuses two that differ', () => {
    const shared = compile({ y: add(input('x', [2]), input('x', [2])) })
    expect(shared.inputs.length).toBe(1)
    expect(() => compile({ y: add(input('x', [2]), input('x', [1])) })).toThrow(
      "the input 'x' is used as float32 [2] and as float32 [1]",
    )
  })

  it('gives an input back under its own name, and refuses other values under it', async () => {
    const x = input('x', [2])
    const { x: same } = await runOnce({ x }, { x: floats(Float32Array.of(3, 4), [2]) })
    expect([...same!.data]).toEqual([3, 4])
    expect(() => compile({ x: add(x, x) })).toThrow("an input 'x' and an output of that name")
  })
})

it('an operation may go on using the lists it emitted with', async () => {
  const x = input('x', [2])
  const y = recordOne({
    name: 'doubleNegative',
    inputs: [x],
    output: { shape: x.shape, dtype: x.dtype },
    lower(lowering, inputs, outputs) {
      const names = [inputs[0]!]
      const results = [lowering.fresh('once')]
      names[0] = lowering.emit('Neg', names, { outputs: results })
      results[0] = outputs[0]!
      lowering.emit('Neg', names, { outputs: results })
    },
  })
  const result = await runOnce({ y }, { x: floats(Float32Array.of(3, -4), [2]) })
  expect([...(result.y!.data as Float32Array)]).toEqual([3, -4])
})

describe('what a program does not need', () => {
  it('is left out: results of an operation that nothing reads, and what they alone were made of', async () => {
    const x = input('x', [4, 3])
    const { negativeLogLikelihood, uniformLoss } = crossEntropy(x, input('y', [4], 'int64'))
    const [one, both] = [compile({ negativeLogLikelihood }), compile({ negativeLogLikelihood, uniformLoss })]
    expect(one.nodeCount).toBe(both.nodeCount - 3)
    const names = (program: { bytes: Uint8Array }) => Buffer.from(program.bytes).toString('latin1')
    expect(names(both)).toContain('ReduceMean')
    expect(names(one)).not.toContain('ReduceMean')
  })
})

describe('a choice between two branches', () => {
  /** x doubled where its first number is above 0, and otherwise each row's size added; the size is used after it too. */
  const choice = (x: Tensor) =>
    recordOne({
      name: 'choice',
      inputs: [x],
      output: { shape: x.shape, dtype: x.dtype },
      lower(lowering, [data], outputs) {
        const flat = lowering.emit('Reshape', [data!, lowering.integers([-1])])
        const first = lowering.emit('Gather', [flat, lowering.integers([0])])
        const size = () => lowering.emit('Cast', [lowering.shape(['length'])], { attributes: { to: 1 } })
        const chosen = lowering.choose(
          lowering.emit('Greater', [first, lowering.float(0)]),
          {
            whenTrue: () => lowering.emit('Add', [data!, data!]),
            whenFalse: () => lowering.emit('Add', [data!, size()]),
          },
          { shape: x.shape, dtype: x.dtype },
        )
        lowering.emit('Add', [chosen, size()], { outputs })
      },
    })

  it.each([
    { given: [1, 2, 3], expected: [5, 7, 9] },
    { given: [-1, 2, 3, 4], expected: [7, 10, 11, 12] },
  ])('takes the one that the values ask for: $given', async ({ given, expected }) => {
    const x = floats(Float32Array.from(given), [given.length])
    const { y } = await runOnce({ y: choice(input('x', ['length'])) }, { x })
    expect([...(y!.data as Float32Array)]).toEqual(expected)
  })
})

describe('steps one after the other', () => {
  /** h[t] = r · h[t∓1] + x[t] over `[length, width]`, and h[t] before x[t] is added; the last h after that. */
  const running = (x: Tensor, rates: Tensor, start: Tensor, backwards: boolean) =>
    record({
      name: 'running',
      inputs: [x, rates, start],
      outputs: [start, x, x].map(({ shape, dtype }) => ({ shape, dtype })),
      lower(lowering, [data, r, before], outputs) {
        const { shape } = start
        const results = lowering.scan(
          { states: [{ name: before!, shape }], along: [{ name: data!, shape }], backwards },
          ([state], [step]) => {
            const left = lowering.emit('Mul', [r!, state!])
            const next = lowering.emit('Add', [left, step!])
            return {
              states: [next],
              results: [
                { name: next, shape },
                { name: left, shape },
              ],
            }
          },
        )
        results.forEach((name, index) => lowering.emit('Identity', [name], { outputs: [outputs[index]!] }))
      },
    })

  it.each([false, true])('carry a state and gather what each gives, backwards: %j', async (backwards) => {
    const tensors = [input('x', ['length', 2]), input('rates', [2]), input('start', [2])] as const
    const [last, sums, left] = running(...tensors, backwards)
    const program = compile({ last: last!, sums: sums!, left: left! })
    const session = await Session.create(program)
    for (const length of [1, 3]) {
      const x = Float32Array.from({ length: 2 * length }, (_, index) => index + 1)
      const [rates, start] = [Float32Array.of(0.5, 2), Float32Array.of(8, -1)]
      const state = [...start]
      const expected = { sums: [...x], left: [...x] }
      const steps = Array.from({ length }, (_, step) => (backwards ? length - 1 - step : step))
      for (const step of steps) {
        for (const at of [0, 1]) {
          expected.left[2 * step + at] = state[at]! * rates[at]!
          expected.sums[2 * step + at] = state[at] = state[at]! * rates[at]! + x[2 * step + at]!
        }
      }
      const found = await session.run({
        x: floats(x, [length, 2]),
        rates: floats(rates, [2]),
        start: floats(start, [2]),
      })
      expect([...found.last!.data]).toEqual(state)
      expect([...found.sums!.data]).toEqual(expected.sums)
      expect([...found.left!.data]).toEqual(expected.left)
      // What it takes is known beforehand, too.
      const sizes = valueSizes(program, { length })
      const scan = program.graph.nodes.find(({ type }) => type === 'Scan')!
      expect(scan.outputs.map((name) => sizes.get(name)?.shape)).toEqual([[2], [length, 2], [length, 2]])
    }
    await session.release()
  })
})
