import { shapeError } from '../call-site.ts'
import { formatShape, type Dimension } from '../dimension.ts'
import { constant, record, scalar, type Tensor } from '../tensor.ts'
import { add } from './add.ts'
import { equal } from './equal.ts'
import { expand } from './expand.ts'
import { multiply } from './multiply.ts'
import { reshape } from './reshape.ts'
import { scale } from './scale.ts'
import { scatterAdd } from './scatter-add.ts'
import { subtract } from './subtract.ts'
import { where } from './where.ts'

export interface CrossEntropyOptions {
  /** The target that stands for none, often −100: such rows have no loss and give no gradient. */
  readonly ignoreIndex?: number
  /** What the z-loss is weighed by, where it is asked for; 1e-4 in PaLM. */
  readonly zLossWeight?: number
}

export interface CrossEntropy {
  /** −log p[target] of each row, `[rows]`. */
  readonly negativeLogLikelihood: Tensor
  /** The mean of −log p over the vocabulary of each row, `[rows]`: what label smoothing mixes in (Szegedy et al., 2015). */
  readonly uniformLoss: Tensor
  /** weight · (log Σ eˣ)² of each row, `[rows]`, where a weight was given: it keeps logits from drifting (PaLM, 2022). */
  readonly zLoss?: Tensor
}

/**
 * Cross-entropy of `logits` `[rows, vocabulary]` against `targets` `[rows]`, not yet reduced.
 * With p = softmax(logits), row gradients g of the first, u of the second and z of log Σ eˣ:
 * dlogits = (g + u + z) · p − g · onehot(target) − u / vocabulary.
 */
export function crossEntropy(
  logits: Tensor,
  targets: Tensor,
  options: CrossEntropyOptions = {},
): CrossEntropy {
  const [rows, vocabulary] = logits.shape
  if (logits.shape.length !== 2 || typeof vocabulary !== 'number' || targets.shape[0] !== rows) {
    throw shapeError(
      `crossEntropy: logits of ${formatShape(logits.shape)} do not fit targets of ${formatShape(targets.shape)}`,
    )
  }
  const { zLossWeight } = options
  const { known, kept } = ignoring(targets, options.ignoreIndex)
  const losses = rowLosses(logits, known, zLossWeight !== undefined)
  return {
    negativeLogLikelihood: kept(losses.negativeLogLikelihood),
    uniformLoss: kept(losses.uniformLoss),
    ...(zLossWeight !== undefined && { zLoss: kept(weighedSquare(losses.normalizer!, zLossWeight)) }),
  }
}

/** Targets that are all within the vocabulary, and what takes the losses of ignored ones out. */
export function ignoring(
  targets: Tensor,
  ignoreIndex: number | undefined,
): { known: Tensor; kept: (losses: Tensor) => Tensor } {
  if (ignoreIndex === undefined) return { known: targets, kept: (losses) => losses }
  const integer = (value: number) => constant(BigInt64Array.of(BigInt(value)), [])
  const ignored = equal(targets, integer(ignoreIndex))
  return {
    known: where(ignored, integer(0), targets),
    kept: (losses) => where(ignored, scalar(0), losses),
  }
}

/** weight · x². */
export function weighedSquare(x: Tensor, weight: number): Tensor {
  return scale(multiply(x, x), weight)
}

/** Above this a probability in float32 has all its digits. */
const leastExact = 1e-30

function rowLosses(
  logits: Tensor,
  targets: Tensor,
  normalized: boolean,
): CrossEntropy & { readonly normalizer: Tensor | undefined } {
  const [rows, vocabulary] = logits.shape as [Dimension, number]
  const row = { shape: [rows], dtype: 'float32' as const }
  const [negativeLogLikelihood, uniformLoss, , normalizer] = record({
    name: 'crossEntropy',
    inputs: [logits, targets],
    outputs: [row, row, { shape: logits.shape, dtype: 'float32' }, ...(normalized ? [row] : [])],
    lower(lowering, [x, y], [loss, uniform, probabilities, normalization]) {
      lowering.emit('Softmax', [x!], { outputs: [probabilities!], attributes: { axis: -1 } })
      const column = lowering.emit('Unsqueeze', [y!, lowering.integers([1])])
      const gather = (data: string) =>
        lowering.emit('GatherElements', [data, column], { attributes: { axis: 1 } })
      const squeeze = (data: string) => lowering.emit('Squeeze', [data, lowering.integers([1])])
      const reduce = (type: string, data: string) =>
        lowering.emit(type, [data, lowering.integers([1])], { attributes: { keepdims: 0 } })
      const [ofTarget, probability] = [squeeze(gather(x!)), squeeze(gather(probabilities!))]
      // log Σ eˣ = max x − log max p does not underflow, but looks at all logits twice.
      const exact = () => {
        const [top, highest] = [
          reduce('ReduceMax', x!),
          lowering.emit('Log', [reduce('ReduceMax', probabilities!)]),
        ]
        // The differences are taken first: they are exact where the logits themselves are large.
        const below = lowering.emit('Sub', [top, ofTarget])
        return { top, highest, operands: [below, highest] }
      }
      if (normalization === undefined) {
        const smallest = lowering.emit('ReduceMin', [probability], { attributes: { keepdims: 0 } })
        const condition = lowering.emit('Greater', [smallest, lowering.float(leastExact)])
        const branches = {
          whenTrue: () => lowering.emit('Neg', [lowering.emit('Log', [probability])]),
          whenFalse: () => lowering.emit('Sub', exact().operands),
        }
        lowering.choose(condition, branches, row, loss!)
      } else {
        const { top, highest, operands } = exact()
        lowering.emit('Sub', operands, { outputs: [loss!] })
        lowering.emit('Sub', [top, highest], { outputs: [normalization] })
      }
      const toTarget = lowering.emit('Sub', [ofTarget, reduce('ReduceMean', x!)])
      lowering.emit('Add', [toTarget, loss!], { outputs: [uniform!] })
    },
    gradient({ gradients: [g, u, , z], outputs: [loss, , p] }) {
      const column = (tensor: Tensor) => reshape(tensor, [rows, 1])
      // With the rows' gradients outside, the layer before can apply them to something narrower.
      if (u === undefined && z === undefined) {
        const minusOne = expand(scalar(-1), [rows, 1])
        return [multiply(scatterAdd(p!, column(targets), minusOne, -1, { after: loss! }), column(g!))]
      }
      const weight = [g, u, z].filter((tensor) => tensor !== undefined).reduce((a, b) => add(a, b))
      let gradient = multiply(p!, column(weight))
      if (u !== undefined) gradient = subtract(gradient, column(scale(u, 1 / vocabulary)))
      return [g === undefined ? gradient : scatterAdd(gradient, column(targets), column(scale(g, -1)), -1)]
    },
  })
  return { negativeLogLikelihood: negativeLogLikelihood!, uniformLoss: uniformLoss!, normalizer }
}
