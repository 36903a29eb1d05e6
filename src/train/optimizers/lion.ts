import { elementCount } from '../../engine/dimension.ts'
import { kept, type Optimizer } from './optimizer.ts'

export interface LionOptions {
  readonly beta1: number
  readonly beta2: number
  readonly weightDecay: number
}

/** Lion (Chen et al., 2023): every weight moves by the learning rate, which is therefore 3 to 10 times smaller than AdamW's. */
export function lion({ beta1, beta2, weightDecay }: LionOptions): Optimizer {
  return {
    name: 'lion',
    state: (shape) => ({ mean: elementCount(shape) }),
    update(parameters, { learningRate, gradientFactor }) {
      for (const parameter of parameters) {
        const { weights, gradient, state, rateFactor } = parameter
        const rate = learningRate * rateFactor
        weights.kernels.lion(
          weights.pointer,
          gradient.pointer,
          state.mean!.pointer,
          weights.paddedLength,
          beta1,
          beta2,
          rate,
          kept(parameter, rate, weightDecay),
          gradientFactor,
        )
      }
    },
  }
}
