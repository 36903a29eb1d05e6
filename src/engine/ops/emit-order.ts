import type { Lowering } from '../lowering.ts'

/*
 * The runtime orders what it computes by following the outputs back, and takes two equal computations for one. Results that
 * nothing waits for then come last, and what they are made of is kept until then. Where that costs memory, a value is made
 * to depend on others by adding nothing of them.
 */

/** The first element of each of the others, `[…, rows, columns]`, added up to `[…, 1, 1]`. */
function firstElements(lowering: Lowering, others: readonly string[]): string {
  const bounds = [
    [0, 0],
    [1, 1],
    [-2, -1],
  ].map((bound) => lowering.integers(bound))
  const firsts = others.map((other) => lowering.emit('Slice', [other, ...bounds]))
  return firsts.length === 1 ? firsts[0]! : lowering.emit('Sum', firsts)
}

/** The value as it is, but not to be had before the others are, all `[…, rows, columns]`. (Of an infinite number it makes NaN.) */
export function valueAfter(lowering: Lowering, value: string, others: readonly string[]): string {
  const zero = lowering.emit('Mul', [firstElements(lowering, others), lowering.float(0)])
  return lowering.emit('Add', [value, zero])
}

/** The number as an int64 `[1]`, such as a bound of a slice, that is not known before the others, `[rows, columns]`, are. */
export function numberAfter(lowering: Lowering, number: number, others: readonly string[]): string {
  const value = lowering.integers([number])
  if (others.length === 0) return value
  // An integer before it is multiplied: a bound must not become NaN.
  const integer = lowering.emit('Cast', [firstElements(lowering, others)], { attributes: { to: 7 } })
  const zero = lowering.emit('Mul', [integer, lowering.integers([0])])
  return lowering.emit('Add', [value, lowering.emit('Reshape', [zero, lowering.integers([-1])])])
}
