const MOST = 1100
const powers = Float64Array.from({ length: MOST }, (_, exponent) => 2 ** -exponent)

/**
 * exp(x) for x ≤ 0 with a relative error below 1e-8, several times faster than `Math.exp`: 2^(n + f) with n whole and
 * |f| ≤ ½, the power of two from a table and 2^f by its Taylor series. `-Infinity` gives 0.
 */
export function exponential(x: number): number {
  const exponent = x * Math.LOG2E
  if (!(exponent > 1 - MOST)) return exponent === exponent ? 0 : NaN
  const whole = (exponent - 0.5) | 0
  const f = (exponent - whole) * Math.LN2
  const series =
    1 + f * (1 + f * (1 / 2 + f * (1 / 6 + f * (1 / 24 + f * (1 / 120 + f * (1 / 720 + f / 5040))))))
  return series * powers[-whole]!
}
