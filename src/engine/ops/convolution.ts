import { shapeError } from '../call-site.ts'
import { formatShape, type Dimension } from '../dimension.ts'
import { recordOne, type Tensor } from '../tensor.ts'
import { YuksuError } from '../../errors.ts'
import { convolutionAttributes, gradientOfInput, gradientOfWeight } from './convolution-gradients.ts'
import { sum } from './sum.ts'

export interface ConvolutionOptions {
  /** `[out]`, added to every place. */
  readonly bias?: Tensor
  /** Places from one window to the next: one number for all spatial axes, or one for each; 1 by default. */
  readonly stride?: number | readonly number[]
  /** Zeros before and after: one number for all spatial axes, or `[before, after]` for each; none by default. */
  readonly padding?: number | readonly (readonly [before: number, after: number])[]
  /** Places from one tap of the kernel to the next: one number for all spatial axes, or one for each; 1 by default. */
  readonly dilation?: number | readonly number[]
  /** The channels are convolved in so many groups, each by itself; as many as channels is a depthwise convolution. */
  readonly groups?: number
}

/** A convolution's options with one entry for each spatial axis. */
export interface ConvolutionSettings {
  readonly stride: readonly number[]
  readonly before: readonly number[]
  readonly after: readonly number[]
  readonly dilation: readonly number[]
  readonly groups: number
}

/**
 * y[n, o, t] = b[o] + Σ w[o, i, k] · x[n, i, stride · t + dilation · k − before], zeros outside x (a cross-correlation,
 * as in LeCun et al., 1989, and every framework since), for x of `[batch, channels, length]` or
 * `[batch, channels, height, width]`, a weight of `[out, channels / groups, …kernel]`, and a result of `[batch, out, …]`
 * whose spatial sizes are ⌊(size + before + after − dilation · (kernel − 1) − 1) / stride⌋ + 1. A size not known yet keeps
 * its name where it does not change. db = Σ dy; dx and dw as `convolution-gradients.ts` explains.
 *
 * For the causal convolution of a state space model, in the layout `[batch, length, width]`, see `causalConvolution`.
 */
export function convolution(x: Tensor, weight: Tensor, options: ConvolutionOptions = {}): Tensor {
  const settings = resolve(x, weight, options)
  const kernel = weight.shape.slice(2) as number[]
  const sizes = x.shape.slice(2).map((size, axis) => outputSize(size, kernel[axis]!, axis, settings))
  if (sizes.some((size) => typeof size === 'number' && size < 1)) {
    throw shapeError(
      `convolution: a kernel of ${formatShape(kernel)} is larger than ${formatShape(x.shape)} with its padding`,
    )
  }
  const { bias } = options
  return recordOne({
    name: 'convolution',
    inputs: bias === undefined ? [x, weight] : [x, weight, bias],
    output: { shape: [x.shape[0]!, weight.shape[0]!, ...sizes], dtype: 'float32' },
    products: [[x.shape[0]!, weight.shape[0]!, ...sizes, ...weight.shape.slice(1)]],
    lower(lowering, inputs, outputs) {
      lowering.emit('Conv', inputs, { outputs, attributes: convolutionAttributes(settings) })
    },
    gradient: ({ gradients: [dy] }) => [
      x.requiresGradient ? gradientOfInput(dy!, x, weight, settings) : undefined,
      weight.requiresGradient ? gradientOfWeight(dy!, x, weight, settings) : undefined,
      bias?.requiresGradient ? sum(dy!, [0, ...sizes.map((_, axis) => axis + 2)]) : undefined,
    ],
  })
}

function outputSize(size: Dimension, kernel: number, axis: number, settings: ConvolutionSettings): Dimension {
  const { stride, before, after, dilation } = settings
  const step = stride[axis]!
  const slack = before[axis]! + after[axis]! - dilation[axis]! * (kernel - 1) - 1
  if (typeof size === 'number') return Math.floor((size + slack) / step) + 1
  if (step === 1 && slack === -1) return size
  // A name of its own; the sign of a product in it would be taken for one.
  const name = size.replaceAll('*', '·')
  const shift = slack + step
  return `floor((${name}${shift < 0 ? '' : '+'}${shift})/${step})`
}

function resolve(x: Tensor, weight: Tensor, options: ConvolutionOptions): ConvolutionSettings {
  const { bias, stride = 1, padding = 0, dilation = 1, groups = 1 } = options
  const axes = x.shape.slice(2)
  const [out, inner, ...kernel] = weight.shape
  const channels = x.shape[1]
  const fits =
    (axes.length === 1 || axes.length === 2) &&
    kernel.length === axes.length &&
    [channels, out, inner, ...kernel].every((size) => typeof size === 'number') &&
    Number.isInteger(groups) &&
    Number.isInteger((out as number) / groups) &&
    channels === (inner as number) * groups &&
    (bias === undefined || (bias.shape.length === 1 && bias.shape[0] === out))
  if (!fits) {
    throw shapeError(
      `convolution: an input of ${formatShape(x.shape)} does not fit a weight of ${formatShape(weight.shape)} in ${groups} groups` +
        (bias === undefined ? '' : ` with a bias of ${formatShape(bias.shape)}`),
    )
  }
  const pairs = typeof padding === 'number' ? axes.map(() => [padding, padding] as const) : padding
  const perAxis = (value: number | readonly number[]) =>
    typeof value === 'number' ? axes.map(() => value) : value
  const settings = {
    stride: perAxis(stride),
    before: pairs.map((pair) => pair[0]),
    after: pairs.map((pair) => pair[1]),
    dilation: perAxis(dilation),
    groups,
  }
  const whole = (values: readonly number[], least: number) =>
    values.length === axes.length && values.every((value) => Number.isInteger(value) && value >= least)
  const { before, after } = settings
  if (
    ![before, after].every((pads) => whole(pads, 0)) ||
    !whole(settings.stride, 1) ||
    !whole(settings.dilation, 1)
  ) {
    throw new YuksuError(
      'setting',
      `convolution: stride ${formatShape(settings.stride)}, padding ${formatShape(before)} before and ${formatShape(after)} after, and dilation ${formatShape(settings.dilation)} must be whole numbers for each of the ${axes.length} spatial axes`,
    )
  }
  return settings
}
