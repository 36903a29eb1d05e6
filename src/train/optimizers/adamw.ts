import { elementCount } from '../../engine/dimension.ts'
import { kept, type OptimizedParameter, type Optimizer, type OptimizerStep } from './optimizer.ts'

export interface AdamWOptions {
  readonly beta1: number
  readonly beta2: number
  readonly epsilon: number
  readonly weightDecay: number
}

/** AdamW (Loshchilov and Hutter, 2019), as torch.optim.AdamW. */
export function adamw(options: AdamWOptions): Optimizer {
  return {
    name: 'adamw',
    state: momentsState,
    update: (parameters, step) => updateByMoments(parameters, correctedMoments(options, step)),
  }
}

/** The settings of one step by two moments; `correction` and `root` make up for their having begun at zero. */
export interface MomentsStep extends AdamWOptions {
  readonly learningRate: number
  readonly correction: number
  readonly root: number
  readonly gradientFactor: number
}

/** AdamW's, with 1 / (1 − β₁ᵗ) and 1 / √(1 − β₂ᵗ). */
export function correctedMoments(
  options: AdamWOptions,
  { step, learningRate, gradientFactor }: OptimizerStep,
): MomentsStep {
  return {
    ...options,
    learningRate,
    correction: 1 / (1 - options.beta1 ** step),
    root: 1 / Math.sqrt(1 - options.beta2 ** step),
    gradientFactor,
  }
}

/** The moving means of gradients and of their squares. */
export function momentsState(shape: readonly number[]): Record<string, number> {
  const length = elementCount(shape)
  return { mean: length, square: length }
}

/** w ← keep · w − rate · correction · mean / (√square · root + ε), after both means took in the gradient. */
export function updateByMoments(parameters: readonly OptimizedParameter[], options: MomentsStep): void {
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
