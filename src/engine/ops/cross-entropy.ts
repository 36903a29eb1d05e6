import { formatShape } from '../dimension.ts'
import { record, scalar, type Tensor } from '../tensor.ts'
import { YuksuError } from '../../errors.ts'
import { add } from './add.ts'
import { expand } from './expand.ts'
import { multiply } from './multiply.ts'
import { reshape } from './reshape.ts'
import { scale } from './scale.ts'
import { scatterAddLast } from './scatter-add-last.ts'
import { subtract } from './subtract.ts'

export interface CrossEntropy {
  /** −log p[target] of each row, `[rows]`. */
  readonly negativeLogLikelihood: Tensor
  /** The mean of −log p over the vocabulary of each row, `[rows]`: what label smoothing mixes in (Szegedy et al., 2015). */
  readonly uniformLoss: Tensor
}

/**
 * Cross-entropy of `logits` `[rows, vocabulary]` against `targets` `[rows]`, not yet reduced.
 * With p = softmax(logits), row gradients g of the first and u of the second:
 * dlogits = (g + u) · p − g · onehot(target) − u / vocabulary.
 */
export function crossEntropy(logits: Tensor, targets: Tensor): CrossEntropy {
  const [rows, vocabulary] = logits.shape
  if (logits.shape.length !== 2 || typeof vocabulary !== 'number' || targets.shape[0] !== rows) {
    throw new YuksuError(
      'shape',
      `crossEntropy: logits of ${formatShape(logits.shape)} do not fit targets of ${formatShape(targets.shape)}`,
    )
  }
  const row = { shape: [rows!], dtype: 'float32' as const }
  const [negativeLogLikelihood, uniformLoss] = record({
    name: 'crossEntropy',
    inputs: [logits, targets],
    outputs: [row, row, { shape: logits.shape, dtype: 'float32' }],
    lower(lowering, [x, y], [loss, uniform, probabilities]) {
      lowering.emit('Softmax', [x!], { outputs: [probabilities!], attributes: { axis: -1 } })
      const column = lowering.emit('Unsqueeze', [y!, lowering.integers([1])])
      const gather = (data: string) =>
        lowering.emit('GatherElements', [data, column], { attributes: { axis: 1 } })
      const squeeze = (data: string) => lowering.emit('Squeeze', [data, lowering.integers([1])])
      // log Σ eˣ = max x − log max p never underflows, unlike the logarithm of the target's own probability.
      const reduce = (type: string, data: string) =>
        lowering.emit(type, [data, lowering.integers([1])], { attributes: { keepdims: 0 } })
      const top = reduce('ReduceMax', x!)
      const highest = lowering.emit('Log', [reduce('ReduceMax', probabilities!)])
      // The differences are taken first: they are exact where the logits themselves are large.
      const below = (value: string, output: string) =>
        lowering.emit('Sub', [lowering.emit('Sub', [top, value]), highest], { outputs: [output] })
      below(squeeze(gather(x!)), loss!)
      below(reduce('ReduceMean', x!), uniform!)
    },
    gradient({ gradients: [g, u], outputs: [, , p] }) {
      const column = (tensor: Tensor) => reshape(tensor, [rows!, 1])
      // With the rows' gradients outside, the layer before can apply them to something narrower.
      if (u === undefined) {
        const minusOne = expand(scalar(-1), [rows!, 1])
        return [multiply(scatterAddLast(p!, column(targets), minusOne), column(g!))]
      }
      const weight = g === undefined ? u : add(g, u)
      let gradient = multiply(p!, column(weight))
      gradient = subtract(gradient, column(scale(u, 1 / vocabulary)))
      return [g === undefined ? gradient : scatterAddLast(gradient, column(targets), column(scale(g, -1)))]
    },
  })
  return { negativeLogLikelihood: negativeLogLikelihood!, uniformLoss: uniformLoss! }
}
