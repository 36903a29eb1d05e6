/** A number for a person: whole ones with separators, others with three significant digits. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return '–'
  if (Number.isInteger(value) || Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en-US')
  return String(Number(value.toPrecision(3)))
}

/** A number where there is little room: 1.2k, 34k, 5.6M. */
export function formatShort(value: number): string {
  for (const [unit, letter] of [
    [1e9, 'G'],
    [1e6, 'M'],
    [1e3, 'k'],
  ] as const)
    if (Math.abs(value) >= unit * 0.9995) return `${Number((value / unit).toPrecision(3))}${letter}`
  return formatNumber(value)
}

/** A share in per cent, with more places the smaller it is: 42 %, 3.1 %, 0.012 %. */
export function formatShare(share: number): string {
  const percent = share * 100
  if (!Number.isFinite(percent)) return '–'
  if (percent === 0 || percent === 100) return `${percent} %`
  // Nothing that is not all is called all.
  if (percent > 99 && percent < 100) return `${Math.min(99.99, Number(percent.toFixed(2)))} %`
  return `${percent >= 10 ? Math.round(percent) : Number(percent.toPrecision(2))} %`
}

/** Round values from 0 to at least `maximum`, about `count` steps of 1, 2 or 5 times a power of ten. */
export function niceTicks(maximum: number, count = 4): number[] {
  if (!(maximum > 0)) return [0]
  const rough = maximum / count
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= rough * 0.999)!
  const steps = Math.ceil(maximum / step - 1e-9)
  return Array.from({ length: steps + 1 }, (_, index) => Number((index * step).toPrecision(12)))
}
