import { record, type Tensor } from '../tensor.ts'
import { microsoft } from '../onnx.ts'
import { valueAfter } from './emit-order.ts'
import { carryOverChunks, firstChunk, joinSteps, stepsOf, type Chunks } from './selective-scan-chunks.ts'
import { zeros } from './zeros.ts'

/**
 * The gradient of h[t] = a[t] · h[t−1] + B[t] ⊗ u[t], y[t] = C[t] · h[t] with a[t] = exp(Δ[t] ⊗ A) and u = Δ · x. With
 * dh[t] = C[t] ⊗ dy[t] + a[t+1] · dh[t+1], a scan from the end:
 *
 * dC[t] = Σ dy[t] · h[t] and dB[t] = Σ u[t] · dh[t] over the width, du[t] = Σ B[t] · dh[t] over the state, and with
 * the slope of the exponents g[t] = dh[t] · a[t] · h[t−1]: dA = Σ Δ[t] · g[t] over batch and steps,
 * dΔ[t] = Σ A · g[t] over the state + x[t] · du[t], dx[t] = Δ[t] · du[t].
 *
 * Only the states at the starts of the chunks are kept from the forward run. Here the others are computed again, chunk
 * by chunk at once as in the forward run; then the slopes at the ends of the chunks are carried from the last to the
 * first, and each chunk goes through its steps from there. While it runs it holds a[t] and a[t] · h[t−1] of every step,
 * 2 · batch · length · state · width numbers, for one layer at a time. As a composition of single operations every
 * layer would hold more than that from its forward run on. It takes twice the time of the forward run, in twice the nodes.
 */
export function selectiveScanGradient(given: {
  readonly x: Tensor
  readonly delta: Tensor
  /** `[state, width]`. */
  readonly a: Tensor
  readonly b: Tensor
  readonly c: Tensor
  /** `[batch or 1, length, 1]`. */
  readonly forget: Tensor | undefined
  /** The states before the chunks, `[batch, chunks, state, width]`. */
  readonly starts: Tensor
  readonly dy: Tensor | undefined
  /** The gradient of the state after the last step, `[batch, state, width]`. */
  readonly dEnd: Tensor | undefined
  readonly chunks: Chunks
}): Tensor[] {
  const { x, delta, a, b, c, forget, starts, chunks } = given
  const [size, width] = a.shape as number[]
  const end = [x.shape[0]!, size!, width!]
  const { dy = zeros(x.shape), dEnd = zeros(end) } = given
  return record({
    name: 'selectiveScanGradient',
    inputs: [x, delta, a, b, c, starts, dy, dEnd, ...(forget ? [forget] : [])],
    outputs: [...[x, delta, a, b, c].map(({ shape }) => shape), end].map((shape) => ({
      shape,
      dtype: 'float32' as const,
    })),
    lower(lowering, [input, steps, rates, writes, reads, begin, slope, last, forgotten], outputs) {
      const emit = (type: string, ...operands: string[]) => lowering.emit(type, operands)
      const reshaped = (value: string, shape: number[]) => emit('Reshape', value, lowering.integers(shape))
      const count = typeof chunks.count === 'number' ? chunks.count : -1
      const columns = (rows: string[]) => rows.map((row) => reshaped(row, [0, count, size!, 1]))
      const overWidth = (row: string, value: string) =>
        lowering.emit('FusedMatMul', [row, value], { domain: microsoft, attributes: { transB: 1 } })
      const total = (value: string, axes: number[], keepDimensions: number) =>
        lowering.emit('ReduceSum', [value, lowering.integers(axes)], {
          attributes: { keepdims: keepDimensions },
        })

      // Else the runtime takes what is computed of the steps here for what the forward run computed, and keeps that.
      const late = valueAfter(lowering, steps!, [slope!])

      const span = forgotten === undefined ? late : emit('Add', late, forgotten)
      const row = stepsOf(lowering, span, width!, chunks)
      const value = stepsOf(lowering, emit('Mul', late, input!), width!, chunks)
      const slopes = stepsOf(lowering, slope!, width!, chunks)
      const writeRows = stepsOf(lowering, writes!, size!, chunks)
      const write = columns(writeRows)
      const read = columns(stepsOf(lowering, reads!, size!, chunks))

      let state = begin!
      const decays: string[] = []
      const kept: string[] = []
      const dReads: string[] = []
      row.forEach((step, at) => {
        const next = at === 0 ? value[at]! : valueAfter(lowering, value[at]!, [dReads[at - 1]!])
        const decay = emit('Exp', emit('Mul', step, rates!))
        const left = emit('Mul', decay, state)
        decays.push(decay)
        kept.push(left)
        state = emit('Add', left, emit('Mul', write[at]!, next))
        dReads.push(overWidth(slopes[at]!, state))
      })

      const backwards = row.map((_, at) => row.length - 1 - at)
      let dState = reshaped(last!, [0, 1, size!, width!])
      if (count !== 1) {
        // What each chunk's own results say about the state before it.
        let local: string | undefined
        for (const at of backwards) {
          const here = emit('Mul', read[at]!, slopes[at]!)
          local = emit('Mul', decays[at]!, local === undefined ? here : emit('Add', here, local))
        }
        const sum = row.reduce((before, step) => emit('Add', before, step))
        const left = emit('Exp', emit('Mul', sum, rates!))
        const carried = { start: last!, left, added: local!, shape: end, backwards: true }
        dState = carryOverChunks(lowering, carried, chunks).before
      }

      const dWrites: string[] = []
      const dValues: string[] = []
      const dSteps: string[] = []
      const dRates: string[] = []
      let before: string[] = []
      for (const at of backwards) {
        const next = before.length === 0 ? slopes[at]! : valueAfter(lowering, slopes[at]!, before)
        const here = emit('Add', emit('Mul', read[at]!, next), dState)
        const exponent = emit('Mul', here, kept[at]!)
        dWrites.unshift(overWidth(value[at]!, here))
        dValues.unshift(emit('MatMul', writeRows[at]!, here))
        dSteps.unshift(total(emit('Mul', exponent, rates!), [2], 1))
        dRates.push(total(emit('Mul', exponent, row[at]!), [0, 1], 0))
        before = [dWrites[0]!, dValues[0]!, dSteps[0]!, dRates.at(-1)!]
        dState = emit('Mul', decays[at]!, here)
      }

      const [dx, dDelta, da, db, dc, dStart] = outputs
      const [dValue, dStep] = [lowering.fresh('slope'), lowering.fresh('slope')]
      joinSteps(lowering, dValues, width!, chunks, [dValue, input!])
      joinSteps(lowering, dSteps, width!, chunks, [dStep, input!])
      joinSteps(lowering, dWrites, size!, chunks, [db!, input!])
      joinSteps(lowering, dReads, size!, chunks, [dc!, input!])
      lowering.emit('Add', [emit('Mul', input!, dValue), dStep], { outputs: [dDelta!] })
      lowering.emit('Sum', dRates, { outputs: [da!] })
      lowering.emit('Reshape', [firstChunk(lowering, dState), lowering.integers([0, size!, width!])], {
        outputs: [dStart!],
      })
      // The layer before goes on from dx: by then everything here is to be done and forgotten, not put off to the end.
      const done = valueAfter(lowering, steps!, [dDelta!, da!, db!, dc!])
      lowering.emit('Mul', [done, dValue], { outputs: [dx!] })
    },
  })
}
