import type { Shape } from '../dimension.ts'
import type { Lowering } from '../lowering.ts'

/** `[batch, length, …]` with the steps first, `[length, …shape]`, where `shape` is that of one step and begins with the batch. */
export function stepsOf(lowering: Lowering, value: string, shape: Shape): string {
  const turned = lowering.emit('Transpose', [value], { attributes: { perm: [1, 0, 2] } })
  const ones = shape.slice(1).map((size) => (size === 1 ? 1 : -1))
  return lowering.emit('Reshape', [turned, lowering.integers([0, 0, ...ones])])
}

/** What steps gave, `[length, batch, …]` with one axis of `width` and one of 1, as `[batch, length, width]`. */
export function togetherAgain(lowering: Lowering, value: string, width: number, output: string): void {
  const rows = lowering.emit('Reshape', [value, lowering.integers([0, 0, width])])
  lowering.emit('Transpose', [rows], { outputs: [output], attributes: { perm: [1, 0, 2] } })
}

/** One step: what decay leaves of the state, and the state with what is written to it, all `[batch, state, width]`. */
export function nextState(
  lowering: Lowering,
  given: {
    readonly state: string
    readonly step: string
    readonly rates: string
    readonly write: string
    readonly value: string
  },
): { decay: string; left: string; state: string } {
  const decay = lowering.emit('Exp', [lowering.emit('Mul', [given.step, given.rates])])
  const left = lowering.emit('Mul', [decay, given.state])
  const state = lowering.emit('Add', [left, lowering.emit('Mul', [given.write, given.value])])
  return { decay, left, state }
}
