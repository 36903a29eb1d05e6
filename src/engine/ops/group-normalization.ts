import { shapeError } from '../call-site.ts'
import { formatShape, sameShape } from '../dimension.ts'
import { record, type Tensor } from '../tensor.ts'
import { divide } from './divide.ts'
import { expand } from './expand.ts'
import { countAlong } from './count-along.ts'
import { multiply } from './multiply.ts'
import { reshape } from './reshape.ts'
import { scale } from './scale.ts'
import { subtract } from './subtract.ts'
import { sum } from './sum.ts'

/**
 * y = x̂ · w + b with x̂ = (x − mean) · r, r = 1 / √(variance + ε) over each group of channels and all places of one
 * example (Wu and He, 2018). `x` is `[batch, channels, …spatial]`, `weight` and `bias` are `[channels]`. One group is a
 * layer normalization over channels and places, as many groups as channels an instance normalization.
 *
 * dx = r · (g − mean(g) − x̂ · mean(g · x̂)) with g = dy · w; dw = Σ dy · x̂, db = Σ dy. The means over a group are made
 * of the sums of each channel, which dw and db need anyway.
 */
export function groupNormalization(
  x: Tensor,
  weight: Tensor,
  bias: Tensor,
  groups: number,
  epsilon: number,
): Tensor {
  const [batch, channels, ...spatial] = x.shape
  const fits =
    typeof channels === 'number' &&
    groups > 0 &&
    Number.isInteger(groups) &&
    Number.isInteger(channels / groups) &&
    sameShape(weight.shape, [channels]) &&
    sameShape(bias.shape, [channels])
  if (!fits) {
    throw shapeError(
      `groupNormalization: ${formatShape(x.shape)} in ${groups} groups does not fit a weight of ${formatShape(weight.shape)} and a bias of ${formatShape(bias.shape)}`,
    )
  }
  const size = channels / groups
  const ones = spatial.map(() => 1)
  const places = spatial.map((_, index) => index + 2)
  const statistics = { shape: [batch!, groups, 1], dtype: 'float32' as const }
  return record({
    name: 'groupNormalization',
    inputs: [x, weight, bias],
    outputs: [{ shape: x.shape, dtype: 'float32' }, statistics, statistics],
    lower(lowering, [input, w, b], [output, mean, inverse]) {
      const emit = (type: string, ...operands: string[]) => lowering.emit(type, operands)
      const reshaped = (data: string, shape: number[]) => emit('Reshape', data, lowering.integers(shape))
      const average = (data: string, outputs: string[]) =>
        lowering.emit('ReduceMean', [data, lowering.integers([2])], { outputs })
      const grouped = reshaped(input!, [0, groups, -1])
      average(grouped, [mean!])
      // Centred before it is squared: the difference of two means of squares loses all digits where the mean is large.
      const centred = emit('Sub', grouped, mean!)
      const variance = average(emit('Mul', centred, centred), [lowering.fresh('variance')])
      const deviation = emit('Sqrt', emit('Add', variance, lowering.float(epsilon)))
      lowering.emit('Reciprocal', [deviation], { outputs: [inverse!] })
      // r · w is one small factor a channel, so that the values are passed over once.
      const factor = reshaped(emit('Mul', inverse!, reshaped(w!, [groups, size])), [0, channels, ...ones])
      const restored = emit('Reshape', centred, emit('Shape', input!))
      const offset = reshaped(b!, [channels, ...ones])
      lowering.emit('Add', [emit('Mul', restored, factor), offset], { outputs: [output!] })
    },
    gradient({ gradients: [dy], outputs: [, mean, inverse] }) {
      const perChannel = (tensor: Tensor) =>
        reshape(expand(tensor, [batch!, groups, size]), [batch!, channels, ...ones])
      const normalized = multiply(subtract(x, perChannel(mean!)), perChannel(inverse!))
      const ofBias = sum(dy!, places)
      const ofWeight = sum(multiply(dy!, normalized), places)
      const count = scale(countAlong(x, places), size)
      const groupMean = (sums: Tensor) => {
        const grouped = reshape(multiply(sums, weight), [batch!, groups, size])
        return perChannel(divide(sum(grouped, [2], true), count))
      }
      const ofNormalized = multiply(dy!, reshape(weight, [channels, ...ones]))
      const inner = subtract(
        subtract(ofNormalized, groupMean(ofBias)),
        multiply(normalized, groupMean(ofWeight)),
      )
      return [multiply(inner, perChannel(inverse!)), sum(ofWeight, [0]), sum(ofBias, [0])]
    },
  })[0]!
}
