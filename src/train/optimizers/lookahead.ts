import { elementCount } from '../../engine/dimension.ts'
import type { Optimizer } from './optimizer.ts'

export interface LookaheadOptions {
  /** Steps that the inner optimizer takes between two of the slow weights. */
  readonly every: number
  /** How far the slow weights then go towards the fast ones, 0 to 1. */
  readonly share: number
}

/**
 * Lookahead (Zhang et al., 2019): slow weights follow those of another optimizer every few steps, which then goes on from
 * them. Over RAdam it is known as Ranger.
 */
export function lookahead(inner: Optimizer, { every, share }: LookaheadOptions): Optimizer {
  return {
    name: `lookahead(${inner.name})`,
    state: (shape) => ({ ...inner.state(shape), slow: elementCount(shape) }),
    update(parameters, step) {
      if (step.step === 1) for (const { weights, state } of parameters) state.slow!.data.set(weights.data)
      inner.update(parameters, step)
      if (step.step % every !== 0) return
      for (const { weights, state } of parameters) {
        const { pointer, paddedLength } = weights
        weights.kernels.blend(state.slow!.pointer, pointer, paddedLength, 1 - share, share)
        weights.data.set(state.slow!.data)
      }
    },
  }
}
