import { shapeError } from '../call-site.ts'
import { formatShape, sameShape } from '../dimension.ts'
import type { Tensor } from '../tensor.ts'
import { divide } from './divide.ts'
import { mean } from './mean.ts'
import { multiply } from './multiply.ts'
import { oneHot } from './one-hot.ts'
import { reshape } from './reshape.ts'
import { scale } from './scale.ts'
import { softmax } from './softmax.ts'
import { sum } from './sum.ts'
import { topK } from './top-k.ts'

export interface RoutingOptions {
  /**
   * Divide the weights of a token's experts by their sum, as Mixtral does (Jiang et al., 2024). Not for k = 1: every
   * weight would be 1, and the gate would learn nothing from the results.
   */
  readonly renormalize?: boolean
  /** 1 for each token that counts and 0 for padding, `[tokens]`: whose choices the balance loss looks at. */
  readonly mask?: Tensor
}

export interface Routing {
  /** How many experts there are. */
  readonly count: number
  /** Each token's experts, the most probable first, int64 `[tokens, k]`. */
  readonly experts: Tensor
  /** What the results of these experts are multiplied by, `[tokens, k]`. */
  readonly weights: Tensor
  /** `[]`: the loss that keeps the experts equally busy, to be added to the model's own at a weight of about 0.01. */
  readonly balanceLoss: Tensor
}

/**
 * Chooses the k most probable experts of each token: p = softmax(logits) over all experts, `logits` being
 * `[tokens, experts]`, and the weights are the k largest p. Their gradient goes back to the logits; the choice has none.
 *
 * The balance loss is that of Switch Transformers (Fedus et al., 2021): experts · Σ f · P with f the share of the tokens
 * that chose an expert and P the mean of its p. Only P has a gradient. It is k where all are equally busy.
 */
export function routeToExperts(logits: Tensor, k: number, options: RoutingOptions = {}): Routing {
  const { renormalize = false, mask } = options
  const [tokens, count] = logits.shape
  if (
    logits.shape.length !== 2 ||
    typeof count !== 'number' ||
    (mask !== undefined && !sameShape(mask.shape, [tokens!]))
  ) {
    throw shapeError(
      `routeToExperts: logits of ${formatShape(logits.shape)}${mask === undefined ? '' : ` and a mask of ${formatShape(mask.shape)}`} are not [tokens, experts]${mask === undefined ? '' : ' and [tokens]'}`,
    )
  }
  const probabilities = softmax(logits)
  const { values, indices } = topK(probabilities, k)
  const average = (rows: Tensor) =>
    mask === undefined
      ? mean(rows, [0])
      : divide(sum(multiply(rows, reshape(mask, [tokens!, 1])), [0]), sum(mask, [0]))
  const shares = average(sum(oneHot(indices, count), [1]))
  return {
    count,
    experts: indices,
    weights: renormalize ? divide(values, sum(values, [-1], true)) : values,
    balanceLoss: scale(sum(multiply(shares, average(probabilities)), [0]), count),
  }
}
