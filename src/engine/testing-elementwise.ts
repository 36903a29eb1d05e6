import { checkOperation, randomSource, randomValues } from './testing.ts'
import type { Tensor } from './tensor.ts'

function elements(shape: readonly number[]): number {
  return shape.reduce((total, size) => total * size, 1)
}

/** The shape two shapes broadcast to, for shapes known to fit. */
function commonShape(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length)
  return Array.from({ length: rank }, (_, axis) =>
    Math.max(a[axis - rank + a.length] ?? 1, b[axis - rank + b.length] ?? 1),
  )
}

/** The flat index of the element of `shape` that element `index` of the broadcast shape `common` comes from. */
function sourceIndex(index: number, common: readonly number[], shape: readonly number[]): number {
  let rest = index
  let stride = 1
  let source = 0
  for (let axis = 1; axis <= shape.length; axis++) {
    const size = shape.at(-axis)!
    const place = rest % common.at(-axis)!
    rest = Math.floor(rest / common.at(-axis)!)
    if (size !== 1) source += place * stride
    stride *= size
  }
  return source
}

/** A function of two numbers applied under NumPy broadcasting, element by element. */
export function broadcastReference(
  a: readonly number[],
  b: readonly number[],
  formula: (a: number, b: number) => number,
): (x: Float64Array, y: Float64Array) => Float64Array {
  const common = commonShape(a, b)
  return (x, y) =>
    Float64Array.from({ length: elements(common) }, (_, index) =>
      formula(x[sourceIndex(index, common, a)]!, y[sourceIndex(index, common, b)]!),
    )
}

/** Pairs of shapes that meet in every way: equal, scalar, missing axes, and axes of size 1 on either side or both. */
export const broadcastPairs: readonly (readonly [readonly number[], readonly number[]])[] = [
  [[], []],
  [[1], [1]],
  [
    [2, 3],
    [2, 3],
  ],
  [[2, 3], []],
  [
    [3, 1],
    [1, 4],
  ],
  [[4], [2, 3, 4]],
  [
    [2, 1, 3],
    [1, 5, 1],
  ],
  [
    [1, 1],
    [2, 1, 3, 1],
  ],
]

/** Checks an operation of two operands for every pair of shapes; returns the largest differences. */
export async function checkBinary(
  operation: (a: Tensor, b: Tensor) => Tensor,
  formula: (a: number, b: number) => number,
  options: { offset?: number } = {},
): Promise<{ value: number; gradient: number }> {
  const random = randomSource(11)
  const largest = { value: 0, gradient: 0 }
  for (const [a, b] of broadcastPairs) {
    const found = await checkOperation((x, y) => operation(x!, y!), broadcastReference(a, b, formula), [
      randomValues(random, a),
      randomValues(random, b, 1, options.offset ?? 0),
    ])
    largest.value = Math.max(largest.value, found.value)
    largest.gradient = Math.max(largest.gradient, found.gradient)
  }
  return largest
}

/** Checks an operation of one operand over several shapes with values of `offset` ± `scale`. */
export async function checkUnary(
  operation: (x: Tensor) => Tensor,
  formula: (x: number) => number,
  options: { scale?: number; offset?: number } = {},
): Promise<{ value: number; gradient: number }> {
  const random = randomSource(13)
  const largest = { value: 0, gradient: 0 }
  for (const shape of [[1], [7], [3, 1, 5], [2, 3, 4, 2]]) {
    const found = await checkOperation(
      (x) => operation(x!),
      (x) => x.map(formula),
      [randomValues(random, shape, options.scale ?? 4, options.offset ?? 0)],
    )
    largest.value = Math.max(largest.value, found.value)
    largest.gradient = Math.max(largest.gradient, found.gradient)
  }
  return largest
}
