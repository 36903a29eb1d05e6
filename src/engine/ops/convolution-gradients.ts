import type { Shape } from '../dimension.ts'
import type { Lowering } from '../lowering.ts'
import { microsoft, type OnnxAttribute } from '../onnx.ts'
import { recordOne, type Tensor } from '../tensor.ts'
import type { ConvolutionSettings } from './convolution.ts'

/**
 * The gradients of y[n, o, t] = Σ w[o, i, k] · x[n, i, s · t + d · k − before].
 *
 * dx[n, i, j] = Σ w[o, i, k] · dy[n, o, t] over all t and k with s · t + d · k − before = j. For strides of 1 that is a
 * convolution itself, of the kernel turned round: `Conv` has a fast path for depthwise kernels, where `ConvTranspose`
 * took seven times as long (1,536 channels, kernel 4). Other strides take `ConvTranspose`, with the places that no
 * window reached at the end as its output padding, so that the size comes out exactly.
 *
 * dw[o, i, k] = Σ dy[n, o, t] · x[n, i, s · t + d · k − before] over n and t. Few taps are one matrix product each, over
 * all places at once, of dy and the strided window of x that the tap saw: up to four times as fast as the other way.
 * Many taps (patches of an image) are a `Conv` of x by dy with batch and channels exchanged, stride and dilation too.
 */

/** Above so many taps the columns of `Conv` fill the matrix product, and a node a tap would be many. */
const fewTaps = 16

export function convolutionAttributes(settings: ConvolutionSettings): Record<string, OnnxAttribute> {
  const { stride, before, after, dilation, groups } = settings
  return { strides: stride, pads: [...before, ...after], dilations: dilation, group: groups }
}

/** How many places the kernel spans beyond its first along each axis. */
function spans(weight: Tensor, { dilation }: ConvolutionSettings): number[] {
  return dilation.map((step, axis) => step * ((weight.shape[axis + 2] as number) - 1))
}

export function gradientOfInput(
  dy: Tensor,
  x: Tensor,
  weight: Tensor,
  settings: ConvolutionSettings,
): Tensor {
  const { stride, before, after } = settings
  const span = spans(weight, settings)
  const pads = [before, after].map((pad) => pad.map((count, axis) => span[axis]! - count))
  const turned = stride.every((step) => step === 1) && pads.flat().every((count) => count >= 0)
  const sizes = x.shape.slice(2)
  const known = sizes.every((size) => typeof size === 'number')
  return recordOne({
    name: 'convolutionInputGradient',
    inputs: known || turned ? [dy, weight] : [dy, weight, x],
    output: { shape: x.shape, dtype: 'float32' },
    products: [[...dy.shape, ...weight.shape.slice(1)]],
    lower(lowering, [slope, w, input], outputs) {
      if (turned) {
        const attributes = convolutionAttributes({ ...settings, before: pads[0]!, after: pads[1]! })
        const kernel = turnRound(lowering, w!, weight.shape as number[], settings.groups)
        lowering.emit('Conv', [slope!, kernel], { outputs, attributes })
        return
      }
      // Where a size is not known yet, as much as there can be, and what is too much is cut off.
      const rest = sizes.map((size, axis) =>
        typeof size === 'number'
          ? (size + before[axis]! + after[axis]! - span[axis]! - 1) % stride[axis]!
          : stride[axis]! - 1,
      )
      const whole = lowering.emit('ConvTranspose', [slope!, w!], {
        ...(known && { outputs }),
        attributes: { ...convolutionAttributes(settings), output_padding: rest },
      })
      if (known) return
      const axes = sizes.map((_, axis) => axis + 2)
      const end = lowering.emit('Shape', [input!], { attributes: { start: 2 } })
      const start = lowering.integers(axes.map(() => 0))
      lowering.emit('Slice', [whole, start, end, lowering.integers(axes)], { outputs })
    },
  })
}

/** `[groups · out, in, …kernel]` as `[groups · in, out, …kernel]` with every spatial axis reversed. */
function turnRound(lowering: Lowering, weight: string, shape: readonly number[], groups: number): string {
  const [out, inner, ...kernel] = shape
  const rest = kernel.map((_, axis) => axis + 3)
  const grouped = lowering.emit('Reshape', [
    weight,
    lowering.integers([groups, out! / groups, inner!, ...kernel]),
  ])
  const swapped = lowering.emit('Transpose', [grouped], { attributes: { perm: [0, 2, 1, ...rest] } })
  const flat = lowering.emit('Reshape', [
    swapped,
    lowering.integers([groups * inner!, out! / groups, ...kernel]),
  ])
  const [starts, ends, axes] = [-1, -(2 ** 31), undefined].map((value) =>
    lowering.integers(kernel.map((_, axis) => value ?? axis + 2)),
  )
  return lowering.emit('Slice', [flat, starts!, ends!, axes!, starts!])
}

export function gradientOfWeight(
  dy: Tensor,
  x: Tensor,
  weight: Tensor,
  settings: ConvolutionSettings,
): Tensor {
  const shape = weight.shape as number[]
  const taps = shape.slice(2).reduce((total, size) => total * size, 1)
  return recordOne({
    name: 'convolutionWeightGradient',
    inputs: [x, dy],
    output: { shape, dtype: 'float32' },
    products: [[...dy.shape, ...shape.slice(1)]],
    lower(lowering, [input, slope], [output]) {
      if (taps > fewTaps) convolveExchanged(lowering, input!, slope!, shape, settings, output!)
      else multiplyTaps(lowering, input!, slope!, shape, settings, output!)
    },
  })
}

/** dw[:, :, k] = dyᵀ · window k of x, both as rows of places by columns of channels, for each group. */
function multiplyTaps(
  lowering: Lowering,
  x: string,
  dy: string,
  shape: readonly number[],
  settings: ConvolutionSettings,
  output: string,
): void {
  const [out, inner, ...kernel] = shape
  const { before, after, groups } = settings
  const axes = kernel.map((_, axis) => axis + 2)
  const rows = (value: string, channels: number) =>
    lowering.emit('Reshape', [value, lowering.integers([groups, -1, channels])])
  const channelsLast = (value: string, channels: number) =>
    lowering.emit('Transpose', [grouped(lowering, value, groups, channels)], {
      attributes: { perm: [1, 0, ...axes.map((axis) => axis + 1), 2] },
    })
  // One channel by itself is no matrix: the products are summed where they lie, without a transposition.
  const depthwise = inner === 1 && out === groups
  const pads = depthwise ? [0, 0, ...before, 0, 0, ...after] : [0, 0, ...before, 0, 0, 0, ...after, 0]
  const source = depthwise ? x : channelsLast(x, inner!)
  const padded = lowering.emit('Pad', [source, lowering.integers(pads)])
  const slopes = depthwise ? dy : rows(channelsLast(dy, out! / groups), out! / groups)
  const products = windowsOf(lowering, padded, dy, kernel, settings).map((window) => {
    const product = depthwise
      ? lowering.emit('ReduceSum', [lowering.emit('Mul', [slopes, window]), lowering.integers([0, ...axes])])
      : lowering.emit('FusedMatMul', [slopes, rows(window, inner!)], {
          domain: microsoft,
          attributes: { transA: 1 },
        })
    return lowering.emit('Reshape', [product, lowering.integers([out!, inner!, 1])])
  })
  const joined = lowering.emit('Concat', products, { attributes: { axis: 2 } })
  lowering.emit('Reshape', [joined, lowering.integers(shape)], { outputs: [output] })
}

/** What each tap of the kernel saw of x, whose spatial axes begin with its third: as many places as dy has. */
function windowsOf(
  lowering: Lowering,
  x: string,
  dy: string,
  kernel: readonly number[],
  { stride, dilation }: ConvolutionSettings,
): string[] {
  const steps = lowering.integers(stride)
  const axes = lowering.integers(kernel.map((_, axis) => axis + 2))
  const ones = lowering.integers(kernel.map(() => 1))
  const places = lowering.emit('Shape', [dy], { attributes: { start: 2 } })
  // The last place of a window, counted from its first.
  const last = lowering.emit('Mul', [lowering.emit('Sub', [places, ones]), steps])
  return indices(kernel).map((tap) => {
    const first = tap.map((index, axis) => index * dilation[axis]!)
    const end = lowering.emit('Add', [last, lowering.integers(first.map((index) => index + 1))])
    return lowering.emit('Slice', [x, lowering.integers(first), end, axes, steps])
  })
}

/** dw as the convolution of x, `[in, groups · batch, …]`, by dy, `[out, batch, …]`. */
function convolveExchanged(
  lowering: Lowering,
  x: string,
  dy: string,
  shape: readonly number[],
  settings: ConvolutionSettings,
  output: string,
): void {
  const [, inner, ...kernel] = shape
  const { stride, dilation, groups } = settings
  const axes = kernel.map((_, axis) => axis + 2)
  const exchange = (value: string, outputs?: string[]) =>
    lowering.emit('Transpose', [value], {
      ...(outputs && { outputs }),
      attributes: { perm: [1, 0, ...axes] },
    })
  const sizes = lowering.emit('Shape', [x], { attributes: { start: 2 } })
  const byChannel = lowering.emit('Transpose', [grouped(lowering, x, groups, inner!)], {
    attributes: { perm: [2, 1, 0, ...axes.map((axis) => axis + 1)] },
  })
  const target = lowering.emit('Concat', [lowering.integers([inner!, -1]), sizes], {
    attributes: { axis: 0 },
  })
  const attributes = convolutionAttributes({ ...settings, stride: dilation, dilation: stride })
  const whole = lowering.emit('Conv', [lowering.emit('Reshape', [byChannel, target]), exchange(dy)], {
    attributes,
  })
  // Places that no window reached make taps that the kernel does not have.
  const [start, end] = [lowering.integers(kernel.map(() => 0)), lowering.integers(kernel)]
  exchange(lowering.emit('Slice', [whole, start, end, lowering.integers(axes)]), [output])
}

/** `[batch, groups · channels, …]` as `[batch, groups, channels, …]`. */
function grouped(lowering: Lowering, value: string, groups: number, channels: number): string {
  const batch = lowering.emit('Shape', [value], { attributes: { end: 1 } })
  const sizes = lowering.emit('Shape', [value], { attributes: { start: 2 } })
  const target = lowering.emit('Concat', [batch, lowering.integers([groups, channels]), sizes], {
    attributes: { axis: 0 },
  })
  return lowering.emit('Reshape', [value, target])
}

/** Every index into a shape, the last axis fastest. */
function indices(shape: Shape): number[][] {
  return shape.reduce<number[][]>(
    (all, size) => all.flatMap((index) => Array.from({ length: size as number }, (_, at) => [...index, at])),
    [[]],
  )
}
