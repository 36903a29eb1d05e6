import { add } from '../engine/ops/add.ts'
import { crossEntropy } from '../engine/ops/cross-entropy.ts'
import { exponential } from '../engine/ops/exponential.ts'
import { multiply } from '../engine/ops/multiply.ts'
import { reshape } from '../engine/ops/reshape.ts'
import { scale } from '../engine/ops/scale.ts'
import { sum } from '../engine/ops/sum.ts'
import { product } from '../engine/dimension.ts'
import type { Tensor } from '../engine/tensor.ts'
import type { Prediction } from '../models/family.ts'
import { mixedNegativeLogLikelihood } from '../models/next-token.ts'

export interface TokenLossInputs {
  readonly prediction: Prediction
  /** What should have been predicted, `[batch, length]`; any id where the weight is 0. */
  readonly targets: Tensor
  /** 1 at target tokens, 0 elsewhere; `[batch, length]`. */
  readonly weights: Tensor
  /** 1 / the number of target tokens of the whole step, all its accumulated batches together; `[]`. */
  readonly inverseCount: Tensor
  /** Source tokens `[batch, source]`, for models with a copy head. */
  readonly source?: Tensor
  /** The share of the target's probability spread over the vocabulary (Szegedy et al., 2015). */
  readonly labelSmoothing: number
}

export interface TokenLoss {
  /** What is minimised. */
  readonly loss: Tensor
  /** The same without label smoothing: what perplexity is computed from. */
  readonly negativeLogLikelihood: Tensor
}

/**
 * The one place where a language-modelling loss is normalised: summed over target tokens and divided once by their
 * number in the whole step, so that neither padding nor gradient accumulation changes what a token weighs.
 */
export function tokenLoss(inputs: TokenLossInputs): TokenLoss {
  const { prediction, targets, weights, inverseCount, source, labelSmoothing } = inputs
  const rows = product(targets.shape)
  const flat = reshape(prediction.logits, [rows, prediction.logits.shape[2]!])
  const { negativeLogLikelihood, uniformLoss } = crossEntropy(flat, reshape(targets, [rows]))
  const nll =
    prediction.copy === undefined || source === undefined
      ? negativeLogLikelihood
      : reshape(
          mixedNegativeLogLikelihood(
            prediction.copy,
            reshape(exponential(scale(negativeLogLikelihood, -1)), targets.shape),
            source,
            targets,
          ),
          [rows],
        )
  const smoothed =
    labelSmoothing === 0 ? nll : add(scale(nll, 1 - labelSmoothing), scale(uniformLoss, labelSmoothing))
  const mean = (losses: Tensor) =>
    multiply(sum(multiply(losses, reshape(weights, [rows])), [0]), inverseCount)
  return { loss: mean(smoothed), negativeLogLikelihood: mean(nll) }
}
