import { shapeError } from '../call-site.ts'
import { formatShape } from '../dimension.ts'
import { record, type Tensor } from '../tensor.ts'
import { normalizationGradient } from './normalization-gradient.ts'

/**
 * y = x · r · w with r = 1 / √(mean(x²) + ε) over the last axis (Zhang and Sennrich, 2019).
 * dx = r · (g − x̂ · mean(g · x̂)) with x̂ = x · r and g = dy · w; dw = Σ dy · x̂.
 */
export function rmsNormalization(x: Tensor, weight: Tensor, epsilon: number): Tensor {
  const width = x.shape.at(-1)
  if (typeof width !== 'number' || weight.shape[0] !== width) {
    throw shapeError(
      `rmsNormalization: ${formatShape(x.shape)} does not fit a weight of ${formatShape(weight.shape)}`,
    )
  }
  return record({
    name: 'rmsNormalization',
    inputs: [x, weight],
    outputs: [
      { shape: x.shape, dtype: 'float32' },
      { shape: [...x.shape.slice(0, -1), 1], dtype: 'float32' },
    ],
    lower(lowering, inputs, outputs) {
      lowering.emit('SimplifiedLayerNormalization', inputs, {
        outputs,
        attributes: { axis: -1, epsilon: { float: epsilon }, stash_type: 1 },
      })
    },
    gradient: ({ gradients: [dy], outputs: [, inverse] }) =>
      normalizationGradient({ dy: dy!, x, weight, inverse: inverse!, learns: weight.requiresGradient }),
  })[0]!
}
