import { checkOperation, randomSource, randomValues } from './testing.ts'
import type { Tensor } from './tensor.ts'

/** A formula of many numbers applied to the elements that axes, counted from the front, hold together. */
export function reductionReference(
  shape: readonly number[],
  axes: readonly number[],
  formula: (values: readonly number[]) => number,
): (x: Float64Array) => number[] {
  const sizes = shape.map((size, axis) => (axes.includes(axis) ? 1 : size))
  return (x) => {
    const groups: number[][] = Array.from({ length: sizes.reduce((a, b) => a * b, 1) }, () => [])
    x.forEach((element, index) => {
      let rest = index
      let stride = 1
      let group = 0
      for (let axis = shape.length - 1; axis >= 0; axis--) {
        if (!axes.includes(axis)) group += (rest % shape[axis]!) * stride
        stride *= sizes[axis]!
        rest = Math.floor(rest / shape[axis]!)
      }
      groups[group]!.push(element)
    })
    return groups.map(formula)
  }
}

/** Shapes with the axes to reduce, as an operation may be given them and counted from the front. */
export const reductions: readonly { shape: number[]; axes: number[]; positive: number[] }[] = [
  { shape: [5], axes: [0], positive: [0] },
  { shape: [2, 3], axes: [-1], positive: [1] },
  { shape: [2, 3, 4], axes: [2, 0], positive: [0, 2] },
  { shape: [2, 1, 4], axes: [1], positive: [1] },
  { shape: [2, 3, 1, 2], axes: [0, 1, -2, 3], positive: [0, 1, 2, 3] },
]

/** Checks a reduction for every shape, its axes kept or not; returns the largest differences. */
export async function checkReduction(
  operation: (x: Tensor, axes: readonly number[], keepDimensions: boolean) => Tensor,
  formula: (values: readonly number[]) => number,
  options: { scale?: number; offset?: number; cases?: typeof reductions } = {},
): Promise<{ value: number; gradient: number }> {
  const random = randomSource(41)
  const largest = { value: 0, gradient: 0 }
  for (const { shape, axes, positive } of options.cases ?? reductions) {
    for (const keepDimensions of [false, true]) {
      const found = await checkOperation(
        (x) => operation(x!, axes, keepDimensions),
        reductionReference(shape, positive, formula),
        [randomValues(random, shape, options.scale ?? 1, options.offset ?? 0)],
      )
      largest.value = Math.max(largest.value, found.value)
      largest.gradient = Math.max(largest.gradient, found.gradient)
    }
  }
  return largest
}
