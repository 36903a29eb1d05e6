import { shapeError } from '../call-site.ts'
import { formatShape, sameShape, type Shape } from '../dimension.ts'
import { record, type Tensor } from '../tensor.ts'
import { add } from './add.ts'
import { multiply } from './multiply.ts'
import { selectiveScanGradient } from './selective-scan-gradient.ts'
import { nextState, stepsOf, togetherAgain } from './selective-scan-steps.ts'
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
 * The runtime takes one step after the other (`Lowering.scan`) over what belongs to it alone, so that the state stays near the processor, and one
 * program serves any length, decoding's single steps among them. Every exponent is at most 0, and nothing is divided by.
 * A step of Δ = 0 leaves the state as it is, which is how sequences of different lengths are padded.
 * The gradient is in `selective-scan-gradient.ts`.
 */
export function selectiveScan(inputs: SelectiveScanInputs): SelectiveScan {
  checkShapes(inputs)
  const { x, delta, b, c, d, forget } = inputs
  // Inside, the state comes before the width: what is multiplied together then runs along the memory.
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
    ],
    lower(lowering, [input, steps, rates, writes, reads, before, forgotten], [y, after]) {
      const row = [batch, 1, width!]
      const span = forgotten === undefined ? steps! : lowering.emit('Add', [steps!, forgotten])
      const [last, results] = lowering.scan(
        {
          states: [{ name: before!, shape: start.shape }],
          along: [
            { name: stepsOf(lowering, span, row), shape: row },
            { name: stepsOf(lowering, lowering.emit('Mul', [steps!, input!]), row), shape: row },
            { name: stepsOf(lowering, writes!, [batch, size!, 1]), shape: [batch, size!, 1] },
            { name: stepsOf(lowering, reads!, [batch, 1, size!]), shape: [batch, 1, size!] },
          ],
        },
        ([state], [step, value, write, read]) => {
          const next = nextState(lowering, {
            state: state!,
            step: step!,
            rates: rates!,
            write: write!,
            value: value!,
          })
          return {
            states: [next.state],
            results: [{ name: lowering.emit('MatMul', [read!, next.state]), shape: row }],
          }
        },
      )
      togetherAgain(lowering, results!, width!, y!)
      lowering.emit('Identity', [last!], { outputs: [after!] })
    },
    gradient: ({ gradients: [dy, dEnd] }) =>
      selectiveScanGradient({ x, delta, a, b, c, start, forget, dy, dEnd }),
  })
  const result = d === undefined ? output! : add(output!, multiply(x, d))
  return { output: result, state: transpose(end!, [0, 2, 1]) }
}

function checkShapes({ x, delta, a, b, c, d, state, forget }: SelectiveScanInputs): void {
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
}
