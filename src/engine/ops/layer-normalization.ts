import { shapeError } from '../call-site.ts'
import { formatShape } from '../dimension.ts'
import { record, type Tensor } from '../tensor.ts'
import { normalizationGradient } from './normalization-gradient.ts'

/**
 * y = x̂ · w + b with x̂ = (x − mean) · r, r = 1 / √(variance + ε) over the last axis (Ba et al., 2016).
 * dx = r · (g − mean(g) − x̂ · mean(g · x̂)) with g = dy · w; dw = Σ dy · x̂, db = Σ dy.
 */
export function layerNormalization(x: Tensor, weight: Tensor, bias: Tensor, epsilon: number): Tensor {
  const width = x.shape.at(-1)
  if (typeof width !== 'number' || weight.shape[0] !== width || bias.shape[0] !== width) {
    throw shapeError(
      `layerNormalization: ${formatShape(x.shape)} does not fit weights of ${formatShape(weight.shape)}`,
    )
  }
  const statistics = { shape: [...x.shape.slice(0, -1), 1], dtype: 'float32' as const }
  return record({
    name: 'layerNormalization',
    inputs: [x, weight, bias],
    outputs: [{ shape: x.shape, dtype: 'float32' }, statistics, statistics],
    lower(lowering, inputs, outputs) {
      lowering.emit('LayerNormalization', inputs, {
        outputs,
        attributes: { axis: -1, epsilon: { float: epsilon }, stash_type: 1 },
      })
    },
    gradient: ({ gradients: [dy], outputs: [, mean, inverse] }) =>
      normalizationGradient({
        dy: dy!,
        x,
        weight,
        mean: mean!,
        inverse: inverse!,
        learns: weight.requiresGradient || bias.requiresGradient,
      }),
  })[0]!
}
