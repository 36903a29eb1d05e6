import { add } from '../engine/ops/add.ts'
import { equal } from '../engine/ops/equal.ts'
import { expand } from '../engine/ops/expand.ts'
import { logarithm } from '../engine/ops/logarithm.ts'
import { multiply } from '../engine/ops/multiply.ts'
import { reshape } from '../engine/ops/reshape.ts'
import { scatterAdd } from '../engine/ops/scatter-add.ts'
import { softmax } from '../engine/ops/softmax.ts'
import { subtract } from '../engine/ops/subtract.ts'
import { sum } from '../engine/ops/sum.ts'
import { scalar, type Tensor } from '../engine/tensor.ts'
import type { CopyHead, TokenScores } from './family.ts'

/** Keeps the logarithm of a probability finite. */
const floor = 1e-9

/**
 * Scores of every next token, `[batch, length, vocabulary]`: the logits, or with a copy head the logarithm of
 * gate · softmax(logits) + (1 − gate) · copied, where `copied` adds the attention on each source position to its token.
 * `source` is `[batch, source]`.
 */
export function nextTokenScores({ logits, copy }: TokenScores, source: Tensor): Tensor {
  if (copy === undefined) return logits
  const { attention, gate } = copy
  const ids = expand(reshape(source, [source.shape[0]!, 1, source.shape[1]!]), attention.shape)
  const generated = multiply(softmax(logits), gate)
  const copied = multiply(attention, subtract(scalar(1), gate))
  return logarithm(add(scatterAdd(generated, ids, copied, -1), scalar(floor)))
}

/**
 * −log of the same mixture at the targets alone, which needs no distribution over the vocabulary: the copied part is the
 * attention on those source positions that hold the target. `generated`, the probability of each
 * target by the vocabulary, and `targets` are `[batch, length]`.
 */
export function mixedNegativeLogLikelihood(
  copy: CopyHead,
  generated: Tensor,
  source: Tensor,
  targets: Tensor,
): Tensor {
  const [batch, length] = targets.shape
  const matches = equal(
    reshape(targets, [batch!, length!, 1]),
    reshape(source, [batch!, 1, source.shape[1]!]),
  )
  const copied = sum(multiply(copy.attention, matches), [-1])
  const gate = reshape(copy.gate, [batch!, length!])
  const mixture = add(multiply(gate, generated), multiply(subtract(scalar(1), gate), copied))
  return multiply(logarithm(add(mixture, scalar(floor))), scalar(-1))
}
