import type { HostArray } from '../../engine/memory.ts'

/** A parameter with its gradient and what its optimizer keeps of it, all in one memory. */
export interface OptimizedParameter {
  readonly name: string
  readonly shape: readonly number[]
  readonly weights: HostArray
  readonly gradient: HostArray
  /** What the optimizer keeps, by its own names; zeros before the first step. */
  readonly state: Readonly<Record<string, HostArray>>
  /** Weight decay is left out for norms and biases, which it would only pull away from where they belong. */
  readonly decays: boolean
  /** What the learning rate is multiplied by for this parameter. */
  readonly rateFactor: number
}

export interface OptimizerStep {
  /** Counted from 1. */
  readonly step: number
  readonly learningRate: number
  /** Scales every gradient first, which is how clipping is applied. */
  readonly gradientFactor: number
}

/** A rule by which gradients change weights: host kernels in place, over memory that whoever trains provides. */
export interface Optimizer {
  readonly name: string
  /** The arrays that are kept for a parameter of the shape, with their lengths in floats. */
  state(shape: readonly number[]): Readonly<Record<string, number>>
  /** Takes one step, in place; gradients are used up. */
  update(parameters: readonly OptimizedParameter[], step: OptimizerStep): void
}

/** What a step multiplies the weights of a parameter by: decoupled weight decay (Loshchilov and Hutter, 2019). */
export function kept({ decays }: OptimizedParameter, rate: number, weightDecay: number): number {
  return decays ? 1 - rate * weightDecay : 1
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
