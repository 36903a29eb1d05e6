import { add } from '../engine/ops/add.ts'
import { concatenate } from '../engine/ops/concatenate.ts'
import { crossEntropy, ignoring, type CrossEntropy } from '../engine/ops/cross-entropy.ts'
import { exponential } from '../engine/ops/exponential.ts'
import { klDivergence } from '../engine/ops/kl-divergence.ts'
import { linearCrossEntropy } from '../engine/ops/linear-cross-entropy.ts'
import { multiply } from '../engine/ops/multiply.ts'
import { logSoftmax } from '../engine/ops/log-softmax.ts'
import { reshape } from '../engine/ops/reshape.ts'
import { scale } from '../engine/ops/scale.ts'
import { boundedBy } from '../engine/ops/soft-cap.ts'
import { split } from '../engine/ops/split.ts'
import { sum } from '../engine/ops/sum.ts'
import { product } from '../engine/dimension.ts'
import type { Tensor } from '../engine/tensor.ts'
import type { TokenScores } from '../models/family.ts'
import { mixedNegativeLogLikelihood, nextTokenScores } from '../models/next-token.ts'

export interface TokenLossInputs {
  readonly prediction: TokenScores
  /** What should have been predicted, `[batch, length]`; any id where the weight is 0, or `ignoreIndex`. */
  readonly targets: Tensor
  /** 1 at target tokens, 0 elsewhere; `[batch, length]`. */
  readonly weights: Tensor
  /** 1 / the number of target tokens of the whole step, all its accumulated batches together; `[]`. */
  readonly inverseCount: Tensor
  /** Source tokens `[batch, source]`, for models with a copy head. */
  readonly source?: Tensor
  /** The share of the target's probability spread over the vocabulary (Szegedy et al., 2015). */
  readonly labelSmoothing: number
  /** The target that stands for none, as −100 does elsewhere: it has no loss, whatever its weight. */
  readonly ignoreIndex?: number
  /** The weight of the squared logarithm of what the logits sum up to, which keeps them from drifting (PaLM, 2022). */
  readonly zLossWeight?: number
  /** Never hold the logits, but look at so many words of the vocabulary at a time, where they come from a plain linear layer. */
  readonly vocabularyChunk?: number | undefined
  /**
   * How much it counts that the two halves of the batch, the same rows dropped out differently, disagree, with `weights` of `[2, batch / 2, length]`; 0 by
   * default. Logits are held for it, whatever `vocabularyChunk`.
   */
  readonly disagreementWeight?: number | undefined
}

export interface TokenLoss {
  /** What is minimised. */
  readonly loss: Tensor
  /** The same without label smoothing and z-loss: what perplexity is computed from. */
  readonly negativeLogLikelihood: Tensor
}

/**
 * The one place where a language-modelling loss is normalised: summed over target tokens and divided once by their
 * number in the whole step, so that neither padding nor gradient accumulation changes what a token weighs.
 */
export function tokenLoss(inputs: TokenLossInputs): TokenLoss {
  const { prediction, targets, weights, inverseCount, source } = inputs
  const { labelSmoothing, ignoreIndex, disagreementWeight = 0 } = inputs
  const rows = product(targets.shape)
  const { negativeLogLikelihood, uniformLoss, zLoss } = rowLosses(inputs)
  const { kept } = ignoring(reshape(targets, [rows]), ignoreIndex)
  const nll =
    prediction.copy === undefined || source === undefined
      ? negativeLogLikelihood
      : // Copying mixes a loss into rows that had none.
        kept(
          reshape(
            mixedNegativeLogLikelihood(
              prediction.copy,
              reshape(exponential(scale(negativeLogLikelihood, -1)), targets.shape),
              source,
              targets,
            ),
            [rows],
          ),
        )
  const smoothed =
    labelSmoothing === 0 ? nll : add(scale(nll, 1 - labelSmoothing), scale(uniformLoss, labelSmoothing))
  const penalized = zLoss === undefined ? smoothed : add(smoothed, zLoss)
  const trained =
    disagreementWeight === 0
      ? penalized
      : add(penalized, scale(kept(disagreement(inputs)), disagreementWeight / 2))
  const mean = (losses: Tensor) =>
    multiply(sum(multiply(losses, reshape(weights, [rows])), [0]), inverseCount)
  return { loss: mean(trained), negativeLogLikelihood: mean(nll) }
}

/**
 * KL(this ‖ other) for every token of a batch whose second half repeats its first, `[rows]`: `other` is what the model said of the same
 * token in the other half. Summed over both halves that is the divergence in both directions (R-Drop, Liang et al., 2021).
 */
function disagreement({ prediction: { logits, copy }, weights, source }: TokenLossInputs): Tensor {
  const scores =
    copy === undefined || source === undefined
      ? logSoftmax(logits)
      : nextTokenScores({ logits, copy }, source)
  const halves = reshape(scores, [...weights.shape, scores.shape[2]!])
  const [one, other] = split(halves, [1, 1], 0)
  return reshape(concatenate([klDivergence(one!, other!), klDivergence(other!, one!)], 0), [
    product(weights.shape),
  ])
}

function rowLosses(inputs: TokenLossInputs): CrossEntropy {
  const { prediction, targets, ignoreIndex, zLossWeight, vocabularyChunk } = inputs
  const rows = product(targets.shape)
  const flat = (tensor: Tensor) => reshape(tensor, [rows, tensor.shape[2]!])
  const ids = reshape(targets, [rows])
  const options = { ignoreIndex, zLossWeight: zLossWeight === 0 ? undefined : zLossWeight }
  const layer = vocabularyChunk === undefined ? undefined : lastLayer(prediction.logits)
  if (layer === undefined) return crossEntropy(flat(prediction.logits), ids, options)
  const { hidden, weight, ...rest } = layer
  return linearCrossEntropy(flat(hidden), weight, ids, { ...options, ...rest, chunk: vocabularyChunk! })
}

/** The linear layer that the logits are, bounded or not, where they are one. */
function lastLayer(
  logits: Tensor,
): { hidden: Tensor; weight: Tensor; bias?: Tensor; softCap?: number } | undefined {
  const bounded = boundedBy(logits)
  const { origin } = bounded?.x ?? logits
  if (origin.kind !== 'node' || origin.node.name !== 'linear') return undefined
  const [hidden, weight, bias] = origin.node.inputs
  return {
    hidden: hidden!,
    weight: weight!,
    ...(bias && { bias }),
    ...(bounded && { softCap: bounded.cap }),
  }
}
