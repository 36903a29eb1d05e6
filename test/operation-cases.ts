import * as engine from '../src/engine/index.ts'
import {
  compile,
  type Dimension,
  gradients,
  input,
  type Program,
  type Shape,
  type Tensor,
} from '../src/engine/index.ts'
import { resolveShape } from '../src/engine/dimension.ts'
import { quantizedLinear, type QuantizedLinearOptions } from '../src/engine/ops/quantized-linear.ts'
import {
  quantizeInt4Blocks,
  quantizeInt8,
  quantizeNf4,
  type QuantizedWeight,
} from '../src/engine/quantized.ts'
import { floats, integers, type HostTensor } from '../src/engine/session.ts'
import { randomSource } from '../src/engine/testing.ts'

/*
 * For every operation of the engine programs that use it in each way its lowering knows, small, and with sizes that are
 * known only at the run where it allows that.
 */

interface Operand {
  readonly shape: Shape
  readonly dtype: 'float32' | 'int64' | 'bool'
  readonly lowest: number
  /** Never reached. */
  readonly highest: number
  readonly differentiated: boolean
}

interface Case {
  readonly operands: readonly Operand[]
  /** How far two runtimes may be apart, where each rounds as its processor likes; 1e-5 by default. */
  readonly tolerance?: number
  readonly apply: (...operands: Tensor[]) => Tensor | readonly Tensor[]
}

const number = { dtype: 'float32', lowest: -2, highest: 2, differentiated: true } as const
const numbers = (...shape: Shape): Operand => ({ ...number, shape })
const within = (lowest: number, highest: number, ...shape: Shape): Operand => ({
  ...number,
  shape,
  lowest,
  highest,
})
/** Numbers to which no gradient flows. */
const given = (...shape: Shape): Operand => ({ ...number, shape, differentiated: false })
const ids = (below: number, ...shape: Shape): Operand => ({
  ...given(...shape),
  dtype: 'int64',
  lowest: 0,
  highest: below,
})
const flags = (...shape: Shape): Operand => ({ ...ids(2, ...shape), dtype: 'bool' })

const sizes = { batch: 4, length: 6 }
const [batch, length] = ['batch', 'length'] as const

/** Rows of five, and a column and a row to broadcast against them. */
const [rows, column, row] = [numbers(batch, 5), numbers(batch, 1), numbers(5)]
const steps = numbers(batch, length, 3)

const unary = (apply: Case['apply'], operand = rows): Case[] => [{ operands: [operand], apply }]
const binary = (apply: Case['apply']): Case[] => [
  { operands: [rows, rows], apply },
  { operands: [column, row], apply },
]
const reduction = (
  apply: (x: Tensor, axes: readonly number[], keepDimensions: boolean) => Tensor,
): Case[] => [
  { operands: [steps], apply: (x) => apply(x!, [1], false) },
  { operands: [steps], apply: (x) => apply(x!, [0, 2], true) },
]

export const operationCases: Readonly<Record<string, readonly Case[]>> = {
  absolute: unary((x) => engine.absolute(x!)),
  add: binary((a, b) => engine.add(a!, b!)),
  attention: [
    {
      operands: [numbers(batch, 2, length, 3), numbers(batch, 2, 'keys', 3), numbers(batch, 2, 'keys', 5)],
      apply: (q, k, v) => engine.attention(q!, k!, v!, { scale: 0.5 }),
    },
    {
      operands: [
        numbers(batch, 4, length, 3),
        numbers(batch, 2, length, 3),
        numbers(batch, 2, length, 3),
        numbers(1, 4, length, length),
        given(batch, 1, 1, length),
      ],
      apply: (q, k, v, bias, mask) =>
        engine.attention(q!, k!, v!, { scale: 0.5, softCap: 2, bias: bias!, mask: mask! }),
    },
  ],
  causalConvolution: [
    {
      // The state is joined to the steps, which needs their number.
      operands: [numbers(batch, 6, 3), numbers(3, 1, 4), numbers(3), numbers(batch, 3, 3)],
      apply(x, weight, bias, state) {
        const { output, state: after } = engine.causalConvolution(x!, weight!, { bias: bias!, state: state! })
        return [output, after]
      },
    },
    {
      operands: [steps, numbers(3, 1, 2)],
      apply: (x, weight) => engine.causalConvolution(x!, weight!).output,
    },
  ],
  clip: unary((x) => engine.clip(x!, -0.5, 1)),
  concatenate: [
    { operands: [rows, numbers(batch, 2), rows], apply: (...x) => engine.concatenate(x, 1) },
    // A size that is made of others has no gradient.
    { operands: [given(batch, 2), given(length, 2)], apply: (...x) => engine.concatenate(x, 0) },
  ],
  convolution: [
    {
      operands: [numbers(batch, 4, length), numbers(6, 2, 3), numbers(6)],
      apply: (x, weight, bias) => engine.convolution(x!, weight!, { bias: bias!, groups: 2, padding: 1 }),
    },
    {
      operands: [numbers(batch, 3, length), numbers(3, 1, 3)],
      apply: (x, weight) => engine.convolution(x!, weight!, { groups: 3, padding: 2, dilation: 2 }),
    },
    {
      operands: [numbers(batch, 2, 5, 6), numbers(3, 2, 3, 2)],
      apply: (x, weight) =>
        engine.convolution(x!, weight!, {
          stride: 2,
          padding: [
            [1, 0],
            [1, 1],
          ],
        }),
    },
    // So many taps that the gradient is a convolution too.
    {
      operands: [numbers(batch, 2, 9, 9), numbers(3, 2, 5, 5)],
      apply: (x, weight) => engine.convolution(x!, weight!, { stride: 2, padding: 2 }),
    },
  ],
  cosine: unary((x) => engine.cosine(x!)),
  crossEntropy: [
    {
      operands: [numbers(batch, 7), ids(7, batch)],
      apply: (logits, targets) => engine.crossEntropy(logits!, targets!).negativeLogLikelihood,
    },
    // Logits so far apart that the other branch is taken.
    {
      operands: [within(-400, 400, batch, 7), ids(7, batch)],
      apply: (logits, targets) => engine.crossEntropy(logits!, targets!).negativeLogLikelihood,
    },
    {
      operands: [numbers(batch, 7), ids(7, batch)],
      apply: (logits, targets) =>
        Object.values(engine.crossEntropy(logits!, targets!, { ignoreIndex: 1, zLossWeight: 1e-2 })),
    },
  ],
  cumulativeSum: [
    ...unary((x) => engine.cumulativeSum(x!, 1)),
    ...unary((x) => engine.cumulativeSum(x!, 0, { exclusive: true, reverse: true })),
  ],
  divide: [
    { operands: [rows, within(0.5, 2, batch, 1)], apply: (a, b) => engine.divide(a!, b!) },
    { operands: [row, within(0.5, 2, batch, 5)], apply: (a, b) => engine.divide(a!, b!) },
  ],
  embedding: [
    { operands: [numbers(7, 3), ids(7, batch, length)], apply: (table, at) => engine.embedding(table!, at!) },
  ],
  equal: [{ operands: [ids(3, batch, 1), ids(3, 5)], apply: (a, b) => engine.equal(a!, b!) }],
  errorFunction: unary((x) => engine.errorFunction(x!)),
  expand: unary((x) => engine.expand(x!, [3, batch, 5]), column),
  exponential: unary((x) => engine.exponential(x!)),
  gather: [{ operands: [rows, ids(5, batch, 3)], apply: (x, at) => engine.gather(x!, at!, 1) }],
  gelu: unary((x) => engine.gelu(x!)),
  geluTanh: unary((x) => engine.geluTanh(x!)),
  greater: binary((a, b) => engine.greater(a!, b!)),
  greaterOrEqual: binary((a, b) => engine.greaterOrEqual(a!, b!)),
  groupNormalization: [
    {
      operands: [numbers(batch, 4, length), numbers(4), numbers(4)],
      apply: (x, weight, bias) => engine.groupNormalization(x!, weight!, bias!, 2, 1e-5),
    },
  ],
  hinge: unary((x) => engine.hinge(x!)),
  indicator: unary((x) => engine.indicator(x!), flags(batch, 5)),
  keyDistances: unary((x) => engine.keyDistances(x!), given(batch, 1, 2, length)),
  klDivergence: binary((a, b) => engine.klDivergence(engine.logSoftmax(a!), engine.logSoftmax(b!))).slice(
    0,
    1,
  ),
  lastPosition: unary((x) => engine.lastPosition(x!), steps),
  layerNormalization: [
    {
      operands: [steps, numbers(3), numbers(3)],
      apply: (x, weight, bias) => engine.layerNormalization(x!, weight!, bias!, 1e-5),
    },
  ],
  less: binary((a, b) => engine.less(a!, b!)),
  lessOrEqual: binary((a, b) => engine.lessOrEqual(a!, b!)),
  linear: [
    { operands: [rows, numbers(2, 5)], apply: (x, weight) => engine.linear(x!, weight!) },
    {
      operands: [steps, numbers(7, 3), numbers(7)],
      apply: (x, weight, bias) => engine.linear(x!, weight!, bias!),
    },
  ],
  linearCrossEntropy: [
    {
      operands: [numbers(batch, 3), numbers(7, 3), ids(7, batch), numbers(7)],
      apply: (hidden, weight, targets, bias) =>
        Object.values(
          engine.linearCrossEntropy(hidden!, weight!, targets!, { bias: bias!, chunk: 3, zLossWeight: 1e-2 }),
        ),
    },
  ],
  logarithm: unary((x) => engine.logarithm(x!), within(0.1, 3, batch, 5)),
  logSigmoid: unary((x) => engine.logSigmoid(x!)),
  logSoftmax: unary((x) => engine.logSoftmax(x!)),
  logSumExp: reduction(engine.logSumExp),
  matmul: [
    { operands: [steps, numbers(3, 5)], apply: (a, b) => engine.matmul(a!, b!) },
    {
      operands: [numbers(2, 3, length), numbers(batch, 1, 5, 3)],
      apply: (a, b) => engine.matmul(a!, b!, { transposeA: true, transposeB: true, scale: 0.5 }),
    },
  ],
  maximum: binary((a, b) => engine.maximum(a!, b!)),
  mean: reduction(engine.mean),
  meanSquaredError: binary((a, b) => engine.meanSquaredError(a!, b!)).slice(0, 1),
  minimum: binary((a, b) => engine.minimum(a!, b!)),
  mixExperts: [
    {
      operands: [numbers(length, 3), numbers(length, 3), numbers(2, 3), numbers(2, 3), numbers(2, 3)],
      apply: (x, logits, ...weights) =>
        engine.mixExperts(x!, engine.routeToExperts(logits!, 2), (tokens, expert) =>
          engine.linear(tokens, weights[expert]!),
        ),
    },
  ],
  multiply: binary((a, b) => engine.multiply(a!, b!)),
  oneHot: unary((x) => engine.oneHot(x!, 5), ids(5, batch, length)),
  pad: [
    ...unary((x) =>
      engine.pad(
        x!,
        [
          [0, 0],
          [2, 1],
        ],
        1.5,
      ),
    ),
    ...unary((x) =>
      engine.pad(x!, [
        [0, 0],
        [0, 2],
      ]),
    ),
  ],
  power: unary((x) => engine.power(x!, 2.5), within(0.1, 3, batch, 5)),
  quantizedLinear: quantizedCases(),
  reduceMaximum: reduction(engine.reduceMaximum),
  reduceMinimum: reduction(engine.reduceMinimum),
  relu: unary((x) => engine.relu(x!)),
  reshape: unary((x) => engine.reshape(x!, [engine.product([batch, length]), 3]), steps),
  rmsNormalization: [
    { operands: [steps, numbers(3)], apply: (x, weight) => engine.rmsNormalization(x!, weight!, 1e-5) },
  ],
  // The second turns half of each head.
  rotary: [4, 2].map((pairs) => ({
    operands: [numbers(batch, 2, length, 8), ids(9, batch, length), given(9, pairs), given(9, pairs)],
    apply: (x, positions, cosines, sines) =>
      engine.rotary(x!, positions!, cosines!, sines!, { interleaved: pairs === 2 }),
  })),
  routeToExperts: [
    {
      operands: [numbers(length, 4), flags(length)],
      apply(logits, mask) {
        const options = { renormalize: true, mask: engine.indicator(mask!) }
        const { experts, weights, balanceLoss } = engine.routeToExperts(logits!, 2, options)
        return [experts, weights, balanceLoss]
      },
    },
  ],
  scale: unary((x) => engine.scale(x!, -1.5)),
  scatterAdd: [
    {
      operands: [rows, ids(5, batch, 7), numbers(batch, 7)],
      apply: (x, at, values) => engine.scatterAdd(x!, at!, values!, 1),
    },
  ],
  selectiveScan: [
    { operands: scanOperands(6), apply: (...operands) => scan(operands) },
    { operands: scanOperands(length), apply: (...operands) => scan(operands) },
  ],
  sigmoid: unary((x) => engine.sigmoid(x!)),
  sign: unary((x) => engine.sign(x!)),
  silu: unary((x) => engine.silu(x!)),
  gatedSilu: binary((gate, up) => engine.gatedSilu(gate!, up!)).slice(0, 1),
  sine: unary((x) => engine.sine(x!)),
  slice: unary((x) => engine.slice(x!, 1, 1, 4)),
  softCap: unary((x) => engine.softCap(x!, 1.5)),
  softmax: unary((x) => engine.softmax(x!)),
  softplus: unary((x) => engine.softplus(x!)),
  split: unary((x) => engine.split(x!, [2, 3], 1)),
  squareRoot: unary((x) => engine.squareRoot(x!), within(0.1, 3, batch, 5)),
  squaredRelu: unary((x) => engine.squaredRelu(x!)),
  straightThroughRound: unary((x) => engine.straightThroughRound(x!)),
  subtract: binary((a, b) => engine.subtract(a!, b!)),
  sum: reduction(engine.sum),
  takeRows: [{ operands: [rows, ids(4, length, 2)], apply: (x, at) => engine.takeRows(x!, at!) }],
  tanh: unary((x) => engine.tanh(x!)),
  toIntegers: unary((x) => engine.toIntegers(x!)),
  topK: unary((x) => Object.values(engine.topK(x!, 2))),
  transpose: unary((x) => engine.transpose(x!, [2, 0, 1]), steps),
  variance: reduction((x, axes, keepDimensions) => engine.variance(x, axes, { keepDimensions })),
  where: [
    {
      operands: [given(batch, 1), rows, row],
      apply: (c, a, b) => engine.where(engine.less(c!, engine.scalar(0)), a!, b!),
    },
    { operands: [flags(5), column, row], apply: (c, a, b) => engine.where(c!, a!, b!) },
  ],
  zeros: [{ operands: [given(batch, 5)], apply: (x) => [engine.zeros([batch, 3]), x!] }],
}

/** A weight in every format, and of each everything it can be multiplied by. */
function quantizedCases(): Case[] {
  const shape = [5, 40] as const
  const random = randomSource(3)
  const weight = Float32Array.from({ length: 200 }, () => random() * 2 - 1)
  const symmetric = quantizeInt4Blocks(weight, shape)
  const asymmetric = quantizeInt4Blocks(weight, shape, { symmetric: false })
  const cases: [QuantizedWeight, QuantizedLinearOptions][] = [
    [quantizeInt8(weight, shape), {}],
    [quantizeInt8(weight, shape), { product: 'int8' }],
    [quantizeInt8(weight, shape, { blockSize: 16 }), {}],
    [symmetric, {}],
    [symmetric, { product: 'blocks' }],
    [asymmetric, {}],
    [asymmetric, { product: 'blocks' }],
    [quantizeNf4(weight, shape), {}],
  ]
  return cases.map(([of, options]) => ({
    operands: [numbers(batch, length, 40), numbers(5)],
    // A browser's runtime multiplies blocks in f32, where Node's may round x to 8 bits.
    ...(options.product === 'blocks' && { tolerance: 1e-2 }),
    apply: (x, bias) => quantizedLinear(x!, of, bias!, options),
  }))
}

function scanOperands(steps: Dimension): Operand[] {
  return [
    numbers(batch, steps, 3),
    within(0, 1, batch, steps, 3),
    within(-2, 0, 3, 2),
    numbers(batch, steps, 2),
    numbers(batch, steps, 2),
    numbers(3),
    numbers(batch, 3, 2),
  ]
}

function scan(operands: readonly Tensor[]): Tensor[] {
  const [x, delta, a, b, c, d, state] = operands as [Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]
  return Object.values(engine.selectiveScan({ x, delta, a, b, c, d, state }))
}

/** The outputs of a case, and the gradients of half the sum of their squares, as a program with values to feed it. */
export function operationProgram({ operands, apply }: Case): {
  readonly program: Program
  readonly feeds: Readonly<Record<string, HostTensor>>
  readonly differentiated: boolean
} {
  const names = operands.map((_, index) => `operand${index}`)
  const tensors = operands.map(({ shape, dtype, differentiated }, index) =>
    input(names[index]!, shape, dtype, differentiated),
  )
  const found = [apply(...tensors)].flat()
  const targets = tensors.filter(({ requiresGradient }) => requiresGradient)
  const learned = found.filter(({ requiresGradient }) => requiresGradient)
  const halves = learned.map((tensor) => {
    const axes = tensor.shape.map((_, axis) => axis)
    return engine.scale(engine.sum(engine.multiply(tensor, tensor), axes), 0.5)
  })
  const slopes =
    halves.length === 0
      ? []
      : gradients(
          halves.reduce((a, b) => engine.add(a, b)),
          targets,
        )
  const random = randomSource(7)
  const feeds = operands.map((operand, index) => [names[index]!, values(operand, random)] as const)
  return {
    program: compile({
      ...Object.fromEntries(found.map((tensor, index) => [`output${index}`, tensor])),
      ...Object.fromEntries(slopes.map((tensor, index) => [`gradient${index}`, tensor])),
    }),
    feeds: Object.fromEntries(feeds),
    differentiated: slopes.length > 0,
  }
}

function values({ shape, dtype, lowest, highest }: Operand, random: () => number): HostTensor {
  const resolved = resolveShape(shape, { ...sizes, keys: 5 })
  const size = resolved.reduce((total, dimension) => total * dimension, 1)
  const drawn = Array.from({ length: size }, () => lowest + random() * (highest - lowest))
  if (dtype === 'float32') return floats(Float32Array.from(drawn), resolved)
  const whole = drawn.map(Math.floor)
  return dtype === 'int64'
    ? integers(whole, resolved)
    : { dtype, data: Uint8Array.from(whole), shape: resolved }
}
