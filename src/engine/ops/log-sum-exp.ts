import { stopGradient, type Tensor } from '../tensor.ts'
import { add } from './add.ts'
import { clip } from './clip.ts'
import { exponential } from './exponential.ts'
import { logarithm } from './logarithm.ts'
import { reduceMaximum } from './reduce-maximum.ts'
import { reshape } from './reshape.ts'
import { subtract } from './subtract.ts'
import { sum } from './sum.ts'

/** The largest number of float32. */
const largest = (2 - 2 ** -23) * 2 ** 127

/**
 * ln Σ eˣ over the axes as m + ln Σ eˣ⁻ᵐ with m = max x, so that nothing overflows; they stay as axes of size 1 when
 * `keepDimensions`. The result does not depend on m, which therefore needs no gradient: dx = dy · eˣ⁻ᵐ / Σ eˣ⁻ᵐ = dy · softmax(x).
 */
export function logSumExp(x: Tensor, axes: readonly number[], keepDimensions = false): Tensor {
  // Held to finite numbers: where all are −∞, x − m would not be a number.
  const top = stopGradient(clip(reduceMaximum(x, axes, true), -largest, largest))
  const total = sum(exponential(subtract(x, top)), axes, keepDimensions)
  return add(logarithm(total), reshape(top, total.shape))
}
