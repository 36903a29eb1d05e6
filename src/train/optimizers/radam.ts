import { momentsState, updateByMoments, type AdamWOptions } from './adamw.ts'
import type { Optimizer } from './optimizer.ts'

/**
 * RAdam (Liu et al., 2020), as torch.optim.RAdam with decoupled weight decay: AdamW without a warm-up of its own, since the
 * square's mean is left out until enough steps make it worth something, and is then weighed by how much.
 */
export function radam({ beta1, beta2, epsilon, weightDecay }: AdamWOptions): Optimizer {
  const longest = 2 / (1 - beta2) - 1
  return {
    name: 'radam',
    state: momentsState,
    update(parameters, { step, learningRate, gradientFactor }) {
      const correction = 1 - beta2 ** step
      // The length of the simple moving average that the exponential one is worth.
      const length = longest - (2 * step * (1 - correction)) / correction
      const unbiased = 1 / (1 - beta1 ** step)
      const rectified = length > 5
      const rectification = Math.sqrt(
        ((length - 4) * (length - 2) * longest) / ((longest - 4) * (longest - 2) * length),
      )
      updateByMoments(parameters, {
        beta1,
        beta2,
        learningRate,
        weightDecay,
        correction: rectified ? unbiased * rectification * Math.sqrt(correction) : unbiased,
        // Divided by √square + ε, or by one.
        root: rectified ? 1 : 0,
        epsilon: rectified ? epsilon : 1,
        gradientFactor,
      })
    },
  }
}
