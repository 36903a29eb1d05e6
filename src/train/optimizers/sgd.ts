import { elementCount } from '../../engine/dimension.ts'
import { kept, type Optimizer } from './optimizer.ts'

export interface SgdOptions {
  /** The share of the last direction that is kept; 0 for plain gradient descent. */
  readonly momentum: number
  /** Look ahead along the momentum (Nesterov, 1983; as Sutskever et al., 2013, write it). */
  readonly nesterov?: boolean
  /** Decoupled, unlike torch's, which adds it to the gradient: with momentum that is not the same. */
  readonly weightDecay: number
}

/** Stochastic gradient descent with momentum, as torch.optim.SGD but for its weight decay. */
export function sgd({ momentum, nesterov = false, weightDecay }: SgdOptions): Optimizer {
  return {
    name: 'sgd',
    state: (shape) => ({ momentum: elementCount(shape) }),
    update(parameters, { learningRate, gradientFactor }) {
      for (const parameter of parameters) {
        const { weights, gradient, state, rateFactor } = parameter
        const rate = learningRate * rateFactor
        weights.kernels.sgd(
          weights.pointer,
          gradient.pointer,
          state.momentum!.pointer,
          weights.paddedLength,
          momentum,
          nesterov ? 1 : 0,
          rate,
          kept(parameter, rate, weightDecay),
          gradientFactor,
        )
      }
    },
  }
}
