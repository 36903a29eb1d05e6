import { elementCount } from '../../engine/dimension.ts'
import { kept, type OptimizedParameter, type Optimizer } from './optimizer.ts'

export interface AdamWOptions {
  readonly beta1: number
  readonly beta2: number
  readonly epsilon: number
  readonly weightDecay: number
}

/** AdamW (Loshchilov and Hutter, 2019), as torch.optim.AdamW. */
export function adamw({ beta1, beta2, epsilon, weightDecay }: AdamWOptions): Optimizer {
  return {
    name: 'adamw',
    state: momentsState,
    update(parameters, { step, learningRate, gradientFactor }) {
      updateByMoments(parameters, {
        beta1,
        beta2,
        learningRate,
        weightDecay,
        correction: 1 / (1 - beta1 ** step),
        root: 1 / Math.sqrt(1 - beta2 ** step),
        epsilon,
        gradientFactor,
      })
    },
  }
}

/** The moving means of gradients and of their squares. */
export function momentsState(shape: readonly number[]): Record<string, number> {
  const length = elementCount(shape)
  return { mean: length, square: length }
}

/** w ← keep · w − rate · correction · mean / (√square · root + ε), after both means took in the gradient. */
export function updateByMoments(
  parameters: readonly OptimizedParameter[],
  options: {
    beta1: number
    beta2: number
    learningRate: number
    weightDecay: number
    correction: number
    root: number
    epsilon: number
    gradientFactor: number
  },
): void {
  for (const parameter of parameters) {
    const { weights, gradient, state, rateFactor } = parameter
    const rate = options.learningRate * rateFactor
    weights.kernels.adamw(
      weights.pointer,
      gradient.pointer,
      state.mean!.pointer,
      state.square!.pointer,
      weights.paddedLength,
      options.beta1,
      options.beta2,
      rate * options.correction,
      options.root,
      options.epsilon,
      kept(parameter, rate, options.weightDecay),
      options.gradientFactor,
    )
  }
}
