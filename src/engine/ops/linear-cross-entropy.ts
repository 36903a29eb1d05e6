/**
 * The cross-entropy of logits = hidden · weightᵀ + bias without the logits: the vocabulary is gone through in chunks, so
 * that no tensor of `[rows, vocabulary]` exists, forward or backward; two of `[rows, chunk]` are the most at any time.
 *
 * Forward, of each chunk c the largest logit mᶜ and sᶜ = Σ eˣ⁻ᵐ are kept. With m = max mᶜ and S = Σ sᶜ · eᵐᶜ⁻ᵐ: the
 * logarithm of the sum is m + ln S, and the chunk's share of all probability σᶜ = sᶜ · eᵐᶜ⁻ᵐ / S. Backward computes the
 * chunk's logits again: with pᶜ their softmax within the chunk, row gradients g of the loss and z of the logarithm, and
 * rᶜ = (g + z) · σᶜ, a number a row that moves onto the narrow side of each product:
 * dhidden = Σ rᶜ ∘ (pᶜ · Wᶜ) − g ∘ W[target]; dWᶜ = pᶜᵀ · (rᶜ ∘ hidden), from whose target rows g ∘ hidden is taken.
 * Where logits are bounded, y = cap · tanh(x / cap), p and g are multiplied by the slope at their own logit, 1 − (y / cap)².
 *
 * Chunks are cut from the vocabulary and not from the rows: its size is known when the program is traced where that of a
 * batch is not; the gradient of the weight, the largest that is left, is then made piece by piece instead of being summed
 * once for every chunk; and a chunk's loss needs nothing of the others but two numbers a row.
 */
import { shapeError } from '../call-site.ts'
import { formatShape, type Dimension } from '../dimension.ts'
import type { Lowering } from '../lowering.ts'
import { record, type Tensor } from '../tensor.ts'
import { YuksuError } from '../../errors.ts'
import { add } from './add.ts'
import { emitAddToRows } from './emit-add-to-rows.ts'
import { numberAfter } from './emit-order.ts'
import { emitSplit } from './emit-split.ts'
import { ignoring, weighedSquare, type CrossEntropy, type CrossEntropyOptions } from './cross-entropy.ts'
import { linear } from './linear.ts'
import { matmul } from './matmul.ts'
import { mean } from './mean.ts'
import { multiply } from './multiply.ts'
import { reshape } from './reshape.ts'
import { scale } from './scale.ts'
import { softCap, softCapSlope } from './soft-cap.ts'
import { subtract } from './subtract.ts'
import { sum } from './sum.ts'

export interface LinearCrossEntropyOptions extends CrossEntropyOptions {
  /** Added to the logits, `[vocabulary]`. */
  readonly bias?: Tensor
  /** Bounds the logits as `softCap` does. Their mean, which label smoothing asks for, is then taken of all of them together. */
  readonly softCap?: number | undefined
  /** How many words of the vocabulary are looked at together; 4,096 by default. */
  readonly chunk?: number
}

interface Layer {
  readonly hidden: Tensor
  readonly weight: Tensor
  readonly bias: Tensor | undefined
  readonly targets: Tensor
  readonly rows: Dimension
  readonly vocabulary: number
  readonly chunk: number
  readonly softCap: number | undefined
}

/**
 * `crossEntropy` of the logits of a last layer, for `hidden` `[rows, width]`, a weight `[vocabulary, width]` and targets
 * `[rows]`. Throws YuksuError where these do not fit or the size of the vocabulary is not known.
 */
export function linearCrossEntropy(
  hidden: Tensor,
  weight: Tensor,
  targets: Tensor,
  options: LinearCrossEntropyOptions = {},
): CrossEntropy {
  const { bias, chunk = 4096, ignoreIndex, zLossWeight, softCap: cap } = options
  const [rows, width] = hidden.shape
  const [vocabulary, inner] = weight.shape
  const fits =
    hidden.shape.length === 2 &&
    weight.shape.length === 2 &&
    typeof vocabulary === 'number' &&
    width === inner &&
    targets.shape[0] === rows &&
    (bias === undefined || bias.shape[0] === vocabulary)
  if (!fits) {
    throw shapeError(
      `linearCrossEntropy: hidden states of ${formatShape(hidden.shape)}, a weight of ${formatShape(weight.shape)} and targets of ${formatShape(targets.shape)} do not fit` +
        (bias === undefined ? '' : ` with a bias of ${formatShape(bias.shape)}`),
    )
  }
  if (!(Number.isInteger(chunk) && chunk >= 1))
    throw new YuksuError('setting', `linearCrossEntropy: a chunk is at least 1 word, given ${chunk}`)
  const { known, kept } = ignoring(targets, ignoreIndex)
  const { loss, normalizer } = rowLosses({
    hidden,
    weight,
    bias,
    targets: known,
    rows: rows!,
    vocabulary,
    chunk,
    softCap: cap,
  })
  return {
    negativeLogLikelihood: kept(loss),
    uniformLoss: kept(subtract(normalizer, meanLogit(hidden, weight, { bias, softCap: cap }))),
    ...(zLossWeight !== undefined && { zLoss: kept(weighedSquare(normalizer, zLossWeight)) }),
  }
}

/** The mean of each row's logits, `[rows]`. */
function meanLogit(
  hidden: Tensor,
  weight: Tensor,
  { bias, softCap: cap }: Pick<LinearCrossEntropyOptions, 'bias' | 'softCap'>,
): Tensor {
  const [rows, width] = hidden.shape
  const vocabulary = weight.shape[0] as number
  if (cap !== undefined) return mean(softCap(linear(hidden, weight, bias), cap), [1])
  // The mean of the logits is that of the layer's rows: Σ (h · w + b) = h · Σ w + Σ b.
  const meanRow = reshape(scale(sum(weight, [0]), 1 / vocabulary), [width!, 1])
  const product = reshape(matmul(hidden, meanRow), [rows!])
  return bias === undefined ? product : add(product, scale(sum(bias, [0]), 1 / vocabulary))
}

/** The loss and log Σ eˣ of each row, `[rows]`. */
function rowLosses(layer: Layer): { loss: Tensor; normalizer: Tensor } {
  const { hidden, weight, bias, targets, rows, chunk } = layer
  const row = { shape: [rows], dtype: 'float32' as const }
  const chunks = pieces(layer)
  const [loss, normalizer] = record({
    name: 'linearCrossEntropy',
    inputs: [hidden, weight, targets, ...(bias === undefined ? [] : [bias])],
    outputs: [row, row, { shape: [rows, chunks.length], dtype: 'float32' }],
    products: [[rows, ...weight.shape]],
    lower(lowering, [h, w, y, b], [lossOutput, normalizerOutput, shares]) {
      const axis = lowering.integers([1])
      const column = lowering.emit('Unsqueeze', [y!, axis])
      const size = lowering.integers([chunk])
      const place = lowering.emit('Mod', [column, size])
      const reduce = (type: string, data: string) =>
        lowering.emit(type, [data, axis], { attributes: { keepdims: 1 } })
      const gather = (data: string, at: string) =>
        lowering.emit('GatherElements', [data, at], { attributes: { axis: 1 } })
      const columns: string[] = []
      for (const piece of chunks) {
        const { logits } = chunkLogits(lowering, piece, [h!, w!, b], { ...layer, done: columns.slice(-1) })
        const softmax = lowering.emit('Softmax', [logits], { attributes: { axis: -1 } })
        const size = piece.end - piece.start
        const own = size === chunk ? place : lowering.emit('Min', [place, lowering.integers([size - 1])])
        // The largest probability within the chunk is e⁰ / s.
        const found = [reduce('ReduceMax', logits), reduce('ReduceMax', softmax), gather(logits, own)]
        columns.push(lowering.emit('Concat', found, { attributes: { axis: 1 } }))
      }
      const all = lowering.emit('Concat', columns, { attributes: { axis: 1 } })
      const [tops, highest, picked] = [0, 1, 2].map((first) => {
        const bounds = [[first], [3 * chunks.length], [1], [3]].map((values) => lowering.integers(values))
        return lowering.emit('Slice', [all, ...bounds])
      })
      const top = reduce('ReduceMax', tops!)
      const grown = lowering.emit('Exp', [lowering.emit('Sub', [tops!, top])])
      const sums = lowering.emit('Div', [grown, highest!])
      const total = reduce('ReduceSum', sums)
      lowering.emit('Div', [sums, total], { outputs: [shares!] })
      const logarithm = lowering.emit('Log', [total])
      const squeeze = (data: string, output: string) =>
        lowering.emit('Squeeze', [data, axis], { outputs: [output] })
      const target = gather(picked!, lowering.emit('Div', [column, size]))
      // The difference is taken first: it is exact where the logits themselves are large.
      const below = lowering.emit('Sub', [top, target])
      squeeze(lowering.emit('Add', [below, logarithm]), lossOutput!)
      squeeze(lowering.emit('Add', [top, logarithm]), normalizerOutput!)
    },
    gradient({ gradients: [g, z], outputs: [loss, normalizer, shares] }) {
      const column = (tensor: Tensor) => reshape(tensor, [rows, 1])
      const total = g === undefined ? z! : z === undefined ? g : add(g, z)
      const ofLoss = g ?? scale(z!, 0)
      const { softCap: cap } = layer
      // A target's logit is what its loss lacks of the logarithm.
      const ofTarget =
        cap === undefined ? ofLoss : multiply(ofLoss, softCapSlope(subtract(normalizer!, loss!), cap))
      return layerGradients(layer, multiply(column(total), shares!), column(ofTarget))
    },
  })
  return { loss: loss!, normalizer: normalizer! }
}

/** Gradients of hidden states, weight, (targets) and bias, from rᶜ `[rows, chunks]` and g of the targets, `[rows, 1]`; only those asked for. */
function layerGradients(layer: Layer, factors: Tensor, g: Tensor): (Tensor | undefined)[] {
  const { hidden, weight, bias, targets } = layer
  const wanted = [hidden, weight, bias].filter((tensor) => tensor?.requiresGradient) as Tensor[]
  const chunks = pieces(layer)
  const outputs = record({
    name: 'linearCrossEntropyGradient',
    inputs: [hidden, weight, targets, factors, g, ...(bias === undefined ? [] : [bias])],
    outputs: wanted.map(({ shape }) => ({ shape, dtype: 'float32' })),
    // The logits once more, then a product for the hidden states and one for the weight.
    products: [weight, ...wanted.filter((tensor) => tensor !== bias)].map(() => [
      layer.rows,
      ...weight.shape,
    ]),
    lower(lowering, [h, w, y, r, ofLoss, b], names) {
      const [hiddenOutput, weightOutput, biasOutput] = [hidden, weight, bias].map((tensor) =>
        tensor?.requiresGradient ? names[wanted.indexOf(tensor)]! : undefined,
      )
      const columns = emitSplit(lowering, r!, 1, chunks.length)
      const ofHidden: string[] = []
      const ofWeight: string[] = []
      const ofBias: string[] = []
      // Waiting for its factors keeps the first chunk apart from that of the forward pass: the runtime would merge them.
      let done = [columns[0]!]
      chunks.forEach((piece, index) => {
        const { logits, rows, tanh } = chunkLogits(lowering, piece, [h!, w!, b], { ...layer, done })
        const softmax = lowering.emit('Softmax', [logits], { attributes: { axis: -1 } })
        const p = tanh === undefined ? softmax : lowering.emit('Mul', [softmax, emitSlope(lowering, tanh)])
        const factor = columns[index]!
        const transposed = (data: string) => lowering.emit('Gemm', [p, data], { attributes: { transA: 1 } })
        if (hiddenOutput !== undefined) {
          const part = lowering.emit('Mul', [lowering.emit('MatMul', [p, rows]), factor])
          ofHidden.push(index === 0 ? part : lowering.emit('Add', [ofHidden.at(-1)!, part]))
        }
        if (weightOutput !== undefined) ofWeight.push(transposed(lowering.emit('Mul', [h!, factor])))
        if (biasOutput !== undefined) ofBias.push(transposed(factor))
        done = [ofHidden, ofWeight, ofBias].flatMap((parts) => parts.slice(-1))
      })
      const minus = lowering.emit('Neg', [ofLoss!])
      if (hiddenOutput !== undefined) {
        const rows = lowering.emit('Gather', [w!, y!], { attributes: { axis: 0 } })
        const part = lowering.emit('Mul', [rows, minus])
        lowering.emit('Add', [ofHidden.at(-1)!, part], { outputs: [hiddenOutput] })
      }
      /** The chunks' rows together, with values added at the targets. */
      const join = (parts: readonly string[], values: string, options: { outputs?: string[] }) => {
        const whole = lowering.emit('Concat', parts, { attributes: { axis: 0 } })
        return emitAddToRows(lowering, { target: whole, indices: y!, values, rank: 2 }, options.outputs)
      }
      if (weightOutput !== undefined)
        join(ofWeight, lowering.emit('Mul', [h!, minus]), { outputs: [weightOutput] })
      if (biasOutput !== undefined) {
        const column = join(ofBias, minus, {})
        lowering.emit('Squeeze', [column, lowering.integers([1])], { outputs: [biasOutput] })
      }
    },
  })
  const gradientOf = (tensor: Tensor | undefined) =>
    tensor === undefined ? undefined : outputs[wanted.indexOf(tensor)]
  return [gradientOf(hidden), gradientOf(weight), undefined, gradientOf(bias)]
}

interface Piece {
  readonly start: number
  readonly end: number
}

function pieces({ vocabulary, chunk }: Layer): Piece[] {
  return Array.from({ length: Math.ceil(vocabulary / chunk) }, (_, index) => ({
    start: index * chunk,
    end: Math.min((index + 1) * chunk, vocabulary),
  }))
}

/**
 * The logits `[rows, chunk]` of one chunk and the rows of the weight they are made with, once `done` is computed; where they are bounded also
 * the tanh that they are a multiple of.
 */
function chunkLogits(
  lowering: Lowering,
  { start, end }: Piece,
  [hidden, weight, bias]: readonly [string, string, string | undefined],
  { softCap: cap, done }: Pick<Layer, 'softCap'> & { readonly done: readonly string[] },
): { logits: string; rows: string; tanh?: string } {
  const bounds = [numberAfter(lowering, start, done), lowering.integers([end]), lowering.integers([0])]
  const cut = (data: string) => lowering.emit('Slice', [data, ...bounds])
  const rows = cut(weight)
  const operands = bias === undefined ? [hidden, rows] : [hidden, rows, cut(bias)]
  const logits = lowering.emit('Gemm', operands, { attributes: { transB: 1 } })
  if (cap === undefined) return { logits, rows }
  const tanh = lowering.emit('Tanh', [lowering.emit('Div', [logits, lowering.float(cap)])])
  return { logits: lowering.emit('Mul', [tanh, lowering.float(cap)]), rows, tanh }
}

/** 1 − tanh². */
function emitSlope(lowering: Lowering, tanh: string): string {
  return lowering.emit('Sub', [lowering.float(1), lowering.emit('Mul', [tanh, tanh])])
}
