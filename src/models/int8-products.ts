import type { CommonConfiguration, ParameterSpecification } from './family.ts'

/** What weights meet activations in while a model is trained: numbers as they are, or rounded to 8 bits (see `int8Linear`). */
export type Products = 'float32' | 'int8'

/**
 * The parameters whose products are worth computing in 8 bits, by their names: matrices that are large enough, and not those that score the
 * words of a vocabulary. There the gradient of a row is one large number and thousands of small ones, which rounding makes nought.
 */
export function int8Products(
  specifications: readonly ParameterSpecification[],
  { vocabularySize }: CommonConfiguration,
): ReadonlySet<string> {
  const worthwhile = specifications.filter(
    ({ shape }) => shape.length === 2 && shape[0] !== vocabularySize && isLarge(shape[0]!, shape[1]!),
  )
  return new Set(worthwhile.map(({ name }) => name))
}

/** A product takes out · in a row, and rounding what stands on its sides out + in: the products gain from 200 × 200 on. */
function isLarge(out: number, width: number): boolean {
  return (out * width) / (out + width) >= 100
}
