import { isNativePrecision } from '../engine/native-products.ts'
import { type ProductPrecision, productPrecisions } from '../engine/product-precisions.ts'
import type { CommonConfiguration, ParameterSpecification } from './family.ts'

/**
 * What products are computed in while a model is trained: numbers as they are, those of linear layers rounded to 8 bits (see `int8Linear`), or all of
 * them in bfloat16 by the native library.
 */
export const productKinds = [...productPrecisions, 'int8'] as const

export type Products = (typeof productKinds)[number]

/** What a program's products are computed in: rounding to 8 bits is part of the layers themselves. */
export function programPrecision(products: Products = 'float32'): ProductPrecision {
  return isNativePrecision(products) ? products : 'float32'
}

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
