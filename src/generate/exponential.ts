const STEPS = 256
const fractions = Float64Array.from({ length: STEPS }, (_, step) => 2 ** (step / STEPS))
const powers = Float64Array.from({ length: 1076 }, (_, exponent) => 2 ** -exponent)
const LEAST = -1074 * STEPS

/**
 * exp(x) for x ≤ 0 with a relative error below 1e-12, about twice as fast as `Math.exp`: 2^(n + k/256 + f) with the first two
 * powers from tables and the last, |f| ≤ 1/512, by its Taylor series. `-Infinity` gives 0.
 */
export function exponential(x: number): number {
  const exponent = x * (STEPS * Math.LOG2E)
  if (!(exponent > LEAST)) return exponent <= LEAST ? 0 : NaN
  const whole = (exponent - 0.5) | 0
  const f = (exponent - whole) * (Math.LN2 / STEPS)
  return fractions[whole & (STEPS - 1)]! * powers[-(whole >> 8)]! * (1 + f * (1 + f * (1 / 2 + f * (1 / 6))))
}
