import { z } from 'zod'

// Kinds of values that several fields of a recipe have.
export const count = () => z.int().min(1)
export const positive = () => z.number().gt(0)
export const ratio = () => z.number().min(0).max(1)
export const regularExpression = () =>
  z.string().min(1).refine(isRegularExpression, { error: 'is not a regular expression' })
export const files = () => z.union([z.string().min(1), z.array(z.string().min(1)).min(1)])

function isRegularExpression(text: string): boolean {
  try {
    return new RegExp(text) instanceof RegExp
  } catch {
    return false
  }
}
