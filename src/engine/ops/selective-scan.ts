import { shapeError } from '../call-site.ts'
import { formatShape, sameShape, type Shape } from '../dimension.ts'
import { record, type Tensor } from '../tensor.ts'
import { microsoft } from '../onnx.ts'
import { YuksuError } from '../../errors.ts'
import { add } from './add.ts'
import { valueAfter } from './emit-order.ts'
import { multiply } from './multiply.ts'
import { carryOverChunks, cutInChunks, joinSteps, stepsOf, type Chunks } from './selective-scan-chunks.ts'
import { selectiveScanGradient } from './selective-scan-gradient.ts'
import { transpose } from './transpose.ts'
import { zeros } from './zeros.ts'

export interface SelectiveScanInputs {
  /** The sequence, `[batch, length, width]`. */
  readonly x: Tensor
  /** Δ, how far each step goes, `[batch, length, width]`, not negative. */
  readonly delta: Tensor
  /** A, the rates of decay, `[width, state]`, not positive. */
  readonly a: Tensor
  /** B, what each step writes to the state, `[batch, length, state]`. */
  readonly b: Tensor
  /** C, what each step reads from it, `[batch, length, state]`. */
  readonly c: Tensor
  /** D, what goes past the state, `[width]`. */
  readonly d?: Tensor
  /** h before the first step, `[batch, width, state]`; zeros by default. */
  readonly state?: Tensor
  /**
   * Added to Δ where the state decays, and nowhere else, `[batch or 1, length, 1]`: 0 keeps the state, and a large number forgets what came before
   * the step, as where another text begins. Nothing flows back to it.
   */
  readonly forget?: Tensor
}

export interface SelectiveScan {
  /** y, `[batch, length, width]`. */
  readonly output: Tensor
  /** h after the last step, `[batch, width, state]`, to go on from. */
  readonly state: Tensor
}

/**
 * The selective scan of Mamba (Gu and Dao, 2023): h[t] = exp(Δ[t] · A) · h[t−1] + Δ[t] · B[t] · x[t] and
 * y[t] = C[t] · h[t] + D · x[t], with a state of its own for each channel and Δ, B and C differing from step to step.
 *
 * The sequence is cut into chunks of `chunk` steps. All chunks take their first step together, then their second, from
 * an empty state; then the states at their ends are carried from chunk to chunk, h[end] = exp(Σ Δ · A) · h[start] +
 * h'[end]; and each step adds what is left of the state its chunk began with, C[t] · exp(A · Σ Δ up to t) · h[start].
 * So 256 steps are 16 + 16 things in a row, in about ten passes over `[batch, length, state, width]`, each made and used
 * up one step of all chunks at a time. Every exponent is a sum of Δ · A, so none is above 0, and nothing is divided by.
 *
 * Chosen at width 1,536, state 16 and 256 steps by the time of one thread: 27 ms in chunks of 16 (300 nodes), 21 in
 * chunks of 32 (540), 19 in chunks of 64 (1,040), 14 token by token (2,060); the runtime's `LinearAttention` takes 52. A
 * scan by doubling has log₂ chunk passes where this has one, and the decay matrices of Mamba-2 need one decay for all of
 * a head's state: here each channel and state has its own, which would be chunk² / 2 exponentials instead of chunk.
 *
 * Of a length not known yet the chunks are full ones, the last filled up, and their number is known when the program runs: the states at their
 * ends are then carried by a `Scan` of as many rounds. For a step or two that would be mostly padding, so decoding says `chunk: 'none'`, which
 * takes `LinearAttention`, each channel a head of its own, and has no gradient.
 * A step of Δ = 0 leaves the state as it is, which is how sequences of different lengths are padded.
 * The gradient is in `selective-scan-gradient.ts`.
 */
export function selectiveScan(
  inputs: SelectiveScanInputs,
  options: { readonly chunk?: number | 'none' } = {},
): SelectiveScan {
  const { chunk = 16 } = options
  checkShapes(inputs, chunk)
  const { x, d } = inputs
  const { output, state } =
    chunk === 'none' ? scanSteps(inputs) : scanChunks(inputs, cutInChunks(x.shape[1]!, chunk))
  return { output: d === undefined ? output : add(output, multiply(x, d)), state }
}

function checkShapes(
  { x, delta, a, b, c, d, state, forget }: SelectiveScanInputs,
  chunk: number | 'none',
): void {
  const [batch, length, width] = x.shape
  const size = a.shape[1]
  const expected: (readonly [string, Tensor | undefined, Shape])[] = [
    ['x', x, [batch!, length!, width!]],
    ['delta', delta, [batch!, length!, width!]],
    ['a', a, [width!, size!]],
    ['b', b, [batch!, length!, size!]],
    ['c', c, [batch!, length!, size!]],
    ['d', d, [width!]],
    ['state', state, [batch!, width!, size!]],
    ['forget', forget, [forget?.shape[0] === 1 ? 1 : batch!, length!, 1]],
  ]
  if (x.shape.length !== 3 || typeof width !== 'number' || typeof size !== 'number') {
    throw shapeError(
      `selectiveScan: x of ${formatShape(x.shape)} and a of ${formatShape(a.shape)} are not [batch, length, width] and [width, state]`,
    )
  }
  for (const [name, tensor, shape] of expected) {
    if (tensor !== undefined && !sameShape(tensor.shape, shape)) {
      throw shapeError(
        `selectiveScan: ${name} is ${formatShape(tensor.shape)}, but x of ${formatShape(x.shape)} and a of ${formatShape(a.shape)} ask for ${formatShape(shape)}`,
      )
    }
  }
  if (chunk !== 'none' && (!Number.isInteger(chunk) || chunk < 1)) {
    throw new YuksuError('setting', `selectiveScan: a chunk must be a whole number of steps, given ${chunk}`)
  }
}

/** Inside, the state comes before the width: what is multiplied together then runs along the memory. */
function scanChunks(inputs: SelectiveScanInputs, chunks: Chunks): SelectiveScan {
  const { x, delta, b, c, forget } = inputs
  const a = transpose(inputs.a, [1, 0])
  const [size, width] = a.shape as number[]
  const batch = x.shape[0]!
  const start =
    inputs.state === undefined ? zeros([batch, size!, width!]) : transpose(inputs.state, [0, 2, 1])
  const [output, end] = record({
    name: 'selectiveScan',
    inputs: [x, delta, a, b, c, start, ...(forget ? [forget] : [])],
    outputs: [
      { shape: x.shape, dtype: 'float32' },
      { shape: start.shape, dtype: 'float32' },
      // The states that the chunks begin with, for the gradient.
      { shape: [batch, chunks.count, size!, width!], dtype: 'float32' },
    ],
    lower(lowering, [input, steps, rates, writes, reads, before, forgotten], [y, after, starts]) {
      const emit = (type: string, ...operands: string[]) => lowering.emit(type, operands)
      const reshaped = (value: string, shape: number[]) => emit('Reshape', value, lowering.integers(shape))
      const decay = (step: string) => emit('Exp', emit('Mul', step, rates!))
      const count = typeof chunks.count === 'number' ? chunks.count : -1
      const span = forgotten === undefined ? steps! : emit('Add', steps!, forgotten)

      const row = stepsOf(lowering, span, width!, chunks)
      const value = stepsOf(lowering, emit('Mul', steps!, input!), width!, chunks)
      const write = stepsOf(lowering, writes!, size!, chunks).map((step) =>
        reshaped(step, [0, count, size!, 1]),
      )
      const read = stepsOf(lowering, reads!, size!, chunks)
      // A single chunk has nothing to wait for.
      const alone = count === 1
      let state = alone
        ? lowering.emit('Reshape', [before!, lowering.integers([0, 1, size!, width!])], {
            outputs: [starts!],
          })
        : undefined
      const results: string[] = []
      row.forEach((step, at) => {
        const next = at === 0 ? value[at]! : valueAfter(lowering, value[at]!, [results[at - 1]!])
        const added = emit('Mul', write[at]!, next)
        state = state === undefined ? added : emit('Add', emit('Mul', decay(step), state), added)
        results.push(emit('MatMul', read[at]!, state))
      })
      if (alone) {
        lowering.emit('Reshape', [state!, lowering.integers([0, size!, width!])], { outputs: [after!] })
        joinSteps(lowering, results, width!, chunks, [y!, input!])
        return
      }
      const totals = row.reduce<string[]>(
        (sums, step) => [...sums, sums.length === 0 ? step : emit('Add', sums.at(-1)!, step)],
        [],
      )
      const decays = totals.map(decay)
      carryOverChunks(
        lowering,
        {
          start: before!,
          left: decays.at(-1)!,
          added: state!,
          shape: start.shape,
          outputs: { before: starts!, last: after! },
        },
        chunks,
      )
      const carried = decays.map((left, at) =>
        emit('Add', results[at]!, emit('MatMul', read[at]!, emit('Mul', left, starts!))),
      )
      joinSteps(lowering, carried, width!, chunks, [y!, input!])
    },
    gradient: ({ gradients: [dy, dEnd], outputs: [, , starts] }) =>
      selectiveScanGradient({ x, delta, a, b, c, forget, starts: starts!, dy, dEnd, chunks }),
  })
  return { output: output!, state: transpose(end!, [0, 2, 1]) }
}

function scanSteps({ x, delta, a, b, c, state, forget }: SelectiveScanInputs): SelectiveScan {
  const [width, size] = a.shape as number[]
  const batch = x.shape[0]!
  const before = state ?? zeros([batch, width!, size!])
  const [output, end] = record({
    name: 'selectiveScan',
    inputs: [x, delta, a, b, c, before, ...(forget ? [forget] : [])],
    outputs: [
      { shape: x.shape, dtype: 'float32' },
      { shape: before.shape, dtype: 'float32' },
    ],
    lower(lowering, [input, steps, rates, writes, reads, start, forgotten], [y, after]) {
      const reshape = (value: string, shape: number[], outputs?: string[]) =>
        lowering.emit('Reshape', [value, lowering.integers(shape)], outputs && { outputs })
      const span = forgotten === undefined ? steps! : lowering.emit('Add', [steps!, forgotten])
      const exponents = lowering.emit('Mul', [reshape(span, [0, 0, width!, 1]), rates!])
      const operands = [
        reads!,
        writes!,
        lowering.emit('Mul', [steps!, input!]),
        reshape(start!, [0, width!, size!, 1]),
        reshape(exponents, [0, 0, width! * size!]),
      ]
      const last = lowering.fresh('state')
      lowering.emit('LinearAttention', operands, {
        outputs: [y!, last],
        domain: microsoft,
        attributes: { q_num_heads: 1, kv_num_heads: width!, update_rule: 'gated', scale: { float: 1 } },
      })
      reshape(last, [0, width!, size!], [after!])
    },
    gradient() {
      throw new YuksuError(
        'no-gradient',
        "selectiveScan: there is no gradient with chunk: 'none'; leave it out where the model is trained",
      )
    },
  })
  return { output: output!, state: end! }
}
