import type { HostArray } from '../../engine/memory.ts'

export interface AdamWOptions {
  readonly beta1: number
  readonly beta2: number
  readonly epsilon: number
  readonly weightDecay: number
}

/** A parameter with what its optimizer keeps, all in one memory. */
export interface OptimizedParameter {
  readonly name: string
  readonly weights: HostArray
  readonly gradient: HostArray
  /** The moving mean of gradients. */
  readonly mean: HostArray
  /** The moving mean of squared gradients. */
  readonly square: HostArray
  /** Weight decay is left out for norms and biases, which it would only pull away from where they belong. */
  readonly decays: boolean
}

/**
 * One AdamW step (Loshchilov and Hutter, 2019), as torch.optim.AdamW takes it, in place. `step` counts from 1;
 * `gradientFactor` scales every gradient first, which is how clipping is applied.
 */
export function adamWStep(
  parameters: readonly OptimizedParameter[],
  options: AdamWOptions,
  { step, learningRate, gradientFactor }: { step: number; learningRate: number; gradientFactor: number },
): void {
  const { beta1, beta2, epsilon, weightDecay } = options
  const stepSize = learningRate / (1 - beta1 ** step)
  const root = 1 / Math.sqrt(1 - beta2 ** step)
  for (const { weights, gradient, mean, square, decays } of parameters) {
    weights.kernels.adamw(
      weights.pointer,
      gradient.pointer,
      mean.pointer,
      square.pointer,
      weights.paddedLength,
      beta1,
      beta2,
      stepSize,
      root,
      epsilon,
      1 - learningRate * (decays ? weightDecay : 0),
      gradientFactor,
    )
  }
}

/** The Euclidean norm of all gradients taken together. */
export function globalNorm(parameters: readonly OptimizedParameter[]): number {
  let total = 0
  for (const { gradient } of parameters) {
    total += gradient.kernels.sumOfSquares(gradient.pointer, gradient.paddedLength)
  }
  return Math.sqrt(total)
}

/** What scales gradients so that their norm is at most `maximum` (Pascanu et al., 2013), as torch clips. */
export function clippingFactor(norm: number, maximum: number): number {
  return Math.min(1, maximum / (norm + 1e-6))
}
