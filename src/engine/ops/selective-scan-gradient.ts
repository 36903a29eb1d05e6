import { microsoft } from '../onnx.ts'
import { record, type Tensor } from '../tensor.ts'
import { valueAfter } from './emit-order.ts'
import { nextState, stepsOf, togetherAgain } from './selective-scan-steps.ts'
import { zeros } from './zeros.ts'

/**
 * The gradient of h[t] = a[t] · h[t−1] + B[t] ⊗ u[t], y[t] = C[t] · h[t] with a[t] = exp(Δ[t] ⊗ A) and u = Δ · x. With
 * dh[t] = C[t] ⊗ dy[t] + a[t+1] · dh[t+1], a scan from the end:
 *
 * dC[t] = Σ dy[t] · h[t] and dB[t] = Σ u[t] · dh[t] over the width, du[t] = Σ B[t] · dh[t] over the state, and with
 * the slope of the exponents g[t] = dh[t] · a[t] · h[t−1]: dA = Σ Δ[t] · g[t] over batch and steps,
 * dΔ[t] = Σ A · g[t] over the state + x[t] · du[t], dx[t] = Δ[t] · du[t].
 *
 * No state is kept from the forward run: all are computed again here, and held while this runs, batch · length · state · width numbers, for one
 * layer at a time. As a composition of single operations every layer would hold more than that from its forward run on.
 */
export function selectiveScanGradient(given: {
  readonly x: Tensor
  readonly delta: Tensor
  /** `[state, width]`. */
  readonly a: Tensor
  readonly b: Tensor
  readonly c: Tensor
  /** The state before the first step, `[batch, state, width]`. */
  readonly start: Tensor
  /** `[batch or 1, length, 1]`. */
  readonly forget: Tensor | undefined
  readonly dy: Tensor | undefined
  /** The gradient of the state after the last step, `[batch, state, width]`. */
  readonly dEnd: Tensor | undefined
}): Tensor[] {
  const { x, delta, a, b, c, start, forget } = given
  const { dy = zeros(x.shape), dEnd = zeros(start.shape) } = given
  const [size, width] = a.shape as number[]
  const batch = x.shape[0]!
  const [row, column] = [
    [batch, 1, width!],
    [batch, size!, 1],
  ]
  return record({
    name: 'selectiveScanGradient',
    inputs: [x, delta, a, b, c, start, dy, dEnd, ...(forget ? [forget] : [])],
    outputs: [x, delta, a, b, c, start].map(({ shape }) => ({ shape, dtype: 'float32' as const })),
    lower(lowering, [input, steps, rates, writes, reads, begin, slope, last, forgotten], outputs) {
      const emit = (type: string, ...operands: string[]) => lowering.emit(type, operands)
      const overWidth = (line: string, value: string) =>
        lowering.emit('FusedMatMul', [line, value], { domain: microsoft, attributes: { transB: 1 } })
      const total = (value: string, axis: number, keepdims: number) =>
        lowering.emit('ReduceSum', [value, lowering.integers([axis])], { attributes: { keepdims } })

      // Else the runtime takes what is computed of the steps here for what the forward run computed, and keeps that.
      const late = valueAfter(lowering, steps!, [slope!])
      const span = {
        name: stepsOf(lowering, forgotten === undefined ? late : emit('Add', late, forgotten), row!),
        shape: row!,
      }
      const value = { name: stepsOf(lowering, emit('Mul', late, input!), row!), shape: row! }
      const slopes = { name: stepsOf(lowering, slope!, row!), shape: row! }
      const write = { name: stepsOf(lowering, writes!, column!), shape: column! }
      const read = { name: stepsOf(lowering, reads!, column!), shape: column! }

      const [, befores, dReads] = lowering.scan(
        { states: [{ name: begin!, shape: start.shape }], along: [span, value, write, slopes] },
        ([state], [step, own, line, dOwn]) => {
          const next = nextState(lowering, {
            state: state!,
            step: step!,
            rates: rates!,
            write: line!,
            value: own!,
          })
          return {
            states: [next.state],
            results: [
              { name: state!, shape: start.shape },
              { name: overWidth(dOwn!, next.state), shape: [batch, 1, size!] },
            ],
          }
        },
      )

      const none = lowering.emit('Mul', [rates!, lowering.float(0)])
      const [dBegin, dRates, dWrites, dValues, dSteps] = lowering.scan(
        {
          states: [
            { name: last!, shape: start.shape },
            { name: none, shape: a.shape },
          ],
          along: [span, value, write, read, slopes, { name: befores!, shape: start.shape }],
          backwards: true,
        },
        ([later, sum], [step, own, line, look, dOwn, before]) => {
          const here = emit('Add', emit('Mul', look!, dOwn!), later!)
          const decay = emit('Exp', emit('Mul', step!, rates!))
          const flow = emit('Mul', decay, here)
          const exponent = emit('Mul', flow, before!)
          return {
            states: [flow, emit('Add', sum!, total(emit('Mul', exponent, step!), 0, 0))],
            results: [
              { name: overWidth(own!, here), shape: [batch, 1, size!] },
              {
                name: lowering.emit('FusedMatMul', [line!, here], {
                  domain: microsoft,
                  attributes: { transA: 1 },
                }),
                shape: row!,
              },
              { name: total(emit('Mul', exponent, rates!), 1, 1), shape: row! },
            ],
          }
        },
      )

      const [dx, dDelta, da, db, dc, dStart] = outputs
      const [dValue, dStep] = [lowering.fresh('slope'), lowering.fresh('slope')]
      togetherAgain(lowering, dValues!, width!, dValue)
      togetherAgain(lowering, dSteps!, width!, dStep)
      togetherAgain(lowering, dWrites!, size!, db!)
      togetherAgain(lowering, dReads!, size!, dc!)
      lowering.emit('Add', [emit('Mul', input!, dValue), dStep], { outputs: [dDelta!] })
      lowering.emit('Mul', [late, dValue], { outputs: [dx!] })
      lowering.emit('Identity', [dRates!], { outputs: [da!] })
      lowering.emit('Identity', [dBegin!], { outputs: [dStart!] })
    },
  })
}
