import { elementCount } from '../../engine/dimension.ts'
import { kept, type OptimizedParameter, type Optimizer, type OptimizerStep } from './optimizer.ts'

export interface AdafactorOptions {
  readonly weightDecay: number
  /** Takes the learning rate as a share of a parameter's root mean square, at least of `smallestScale`. */
  readonly scaleByParameter?: boolean
}

/** Added to every squared gradient. */
const epsilon = 1e-30
const smallestScale = 1e-3
/** An update of a greater root mean square is scaled down to it. */
const clippingThreshold = 1
const decayExponent = -0.8

/**
 * Adafactor (Shazeer and Stern, 2018) without momentum, as transformers' `Adafactor` with `relative_step` off: of a matrix's
 * squared gradients only the means by rows and by columns are kept, so that the optimizer's memory is nearly none.
 */
export function adafactor({ weightDecay, scaleByParameter = false }: AdafactorOptions): Optimizer {
  return {
    name: 'adafactor',
    state(shape): Record<string, number> {
      const length = elementCount(shape)
      if (shape.length < 2) return { square: length }
      const { rows, columns } = matrices(shape)
      // The last two are room for what a step computes, where the kernels can reach it.
      return { rows: length / columns, columns: length / rows, rowScratch: rows, columnScratch: columns }
    },
    update(parameters, step) {
      for (const parameter of parameters) {
        if (parameter.shape.length < 2) scaleVector(parameter, step)
        else scaleMatrices(parameter, step)
        apply(parameter, step.learningRate)
      }
    },
  }

  function apply(parameter: OptimizedParameter, learningRate: number): void {
    const { weights, gradient, rateFactor } = parameter
    const { kernels, pointer, paddedLength, data } = weights
    const rootMeanSquare = (at: number) => Math.sqrt(kernels.sumOfSquares(at, paddedLength) / data.length)
    const size = scaleByParameter ? Math.max(smallestScale, rootMeanSquare(pointer)) : 1
    const rate = learningRate * rateFactor * size
    const clipped = Math.max(1, rootMeanSquare(gradient.pointer) / clippingThreshold)
    kernels.blend(
      pointer,
      gradient.pointer,
      paddedLength,
      kept(parameter, rate, weightDecay),
      -rate / clipped,
    )
  }
}

/** A parameter of more axes is many matrices, those of its last two. */
function matrices(shape: readonly number[]): { count: number; rows: number; columns: number } {
  const [rows = 1, columns = 1] = shape.slice(-2)
  return { count: elementCount(shape) / (rows * columns), rows, columns }
}

function takenIn(step: number): number {
  return step ** decayExponent
}

/** g ← g / √square, after the mean of squares took in the gradient. */
function scaleVector({ gradient, state }: OptimizedParameter, { step, gradientFactor }: OptimizerStep): void {
  const take = takenIn(step)
  const square = state.square!.data
  gradient.data.forEach((value, index) => {
    const scaled = value * gradientFactor
    square[index] = square[index]! * (1 - take) + (scaled * scaled + epsilon) * take
    gradient.data[index] = scaled / Math.sqrt(square[index]!)
  })
}

/** The same for matrices, whose mean of squares at (i, j) is taken for row i · column j / mean of the rows. */
function scaleMatrices(
  { shape, gradient, state }: OptimizedParameter,
  { step, gradientFactor }: OptimizerStep,
): void {
  const { count, rows, columns } = matrices(shape)
  const { rowScratch, columnScratch } = state
  const take = takenIn(step)
  for (let index = 0; index < count; index++) {
    const pointer = gradient.pointer + 4 * index * rows * columns
    const [byRow, byColumn] = [rowScratch!.pointer, columnScratch!.pointer]
    gradient.kernels.squaresByAxis(pointer, rows, columns, byRow, byColumn, epsilon, gradientFactor)
    const rowMeans = state.rows!.data.subarray(index * rows, (index + 1) * rows)
    const columnMeans = state.columns!.data.subarray(index * columns, (index + 1) * columns)
    const takeIn = (means: Float32Array, sums: Float32Array, size: number) =>
      means.forEach((mean, place) => (means[place] = mean * (1 - take) + (sums[place]! / size) * take))
    takeIn(rowMeans, rowScratch!.data, columns)
    takeIn(columnMeans, columnScratch!.data, rows)
    const meanOfRows = rowMeans.reduce((total, mean) => total + mean, 0) / rows
    rowMeans.forEach((mean, row) => (rowScratch!.data[row] = 1 / Math.sqrt(mean / meanOfRows)))
    columnMeans.forEach((mean, column) => (columnScratch!.data[column] = 1 / Math.sqrt(mean)))
    gradient.kernels.scaleByAxis(pointer, rows, columns, byRow, byColumn, gradientFactor)
  }
}
