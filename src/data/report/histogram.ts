import { round } from './bars.ts'
import { type Markup, markup } from './markup.ts'
import { formatNumber, formatShort, niceTicks } from './numbers.ts'
import { textWidth } from './text-width.ts'

export interface HistogramBin {
  /** First value that belongs to it. */
  readonly from: number
  /** First value that belongs to the next. */
  readonly to: number
  readonly count: number
}

export interface HistogramOptions {
  /** What the picture shows, for those who cannot see it. */
  readonly title: string
  /** What is measured, below the axis: `characters`. */
  readonly unit: string
  /** Values that are marked by a line with a word, such as the median. */
  readonly marks?: readonly { readonly at: number; readonly label: string }[]
  /** `logarithmic` gives equal room to equal ratios; for values from 1 on. */
  readonly axis?: 'linear' | 'logarithmic'
}

const size = { width: 400, height: 196 }
const plot = { left: 42, right: 8, top: 26, bottom: 38 }
const fontSize = 11

/** A histogram as SVG with both axes; drawn 400 wide and as wide as its place allows. */
export function histogram(
  bins: readonly HistogramBin[],
  { title, unit, marks = [], axis = 'linear' }: HistogramOptions,
): Markup {
  const first = bins[0]?.from ?? 0
  const last = Math.max(bins.at(-1)?.to ?? 1, first + 1e-9)
  const place = axis === 'logarithmic' ? (value: number) => Math.log(Math.max(value, 1)) : Number
  const inner = { width: size.width - plot.left - plot.right, height: size.height - plot.top - plot.bottom }
  const x = (value: number) =>
    plot.left + ((place(value) - place(first)) / (place(last) - place(first))) * inner.width
  const largest = Math.max(1, ...bins.map(({ count }) => count))
  const counts = niceTicks(largest, 3)
  const y = (count: number) => plot.top + inner.height * (1 - count / counts.at(-1)!)
  const bottom = plot.top + inner.height
  return markup`<svg class="picture" viewBox="0 0 ${size.width} ${size.height}" role="img" aria-label="${title}">${counts.map(
    (count) =>
      markup`<line class="grid" x1="${plot.left}" x2="${size.width - plot.right}" y1="${round(y(count))}" y2="${round(y(count))}"/><text class="tick" x="${plot.left - 6}" y="${round(y(count) + 4)}" text-anchor="end">${formatShort(count)}</text>`,
  )}${bins
    .filter(({ count }) => count > 0)
    .map(({ from, to, count }) => {
      const [left, right] = [x(from), x(to)]
      const gap = right - left > 4 ? 1 : 0
      const top = Math.min(y(count), bottom - 1)
      return markup`<rect class="plain" x="${round(left)}" y="${round(top)}" width="${round(Math.max(0.8, right - left - gap))}" height="${round(bottom - top)}"><title>${formatNumber(from)} – ${formatNumber(to)} ${unit}: ${formatNumber(count)}</title></rect>`
    })}<line class="axis" x1="${plot.left}" x2="${size.width - plot.right}" y1="${bottom}" y2="${bottom}"/>${axisTicks(
    first,
    last,
    axis,
  )
    .filter(apart((value) => x(value), formatShort))
    .map(
      (value) =>
        markup`<text class="tick" x="${round(inside(x(value), formatShort(value)))}" y="${bottom + 15}" text-anchor="middle">${formatShort(value)}</text>`,
    )}<text class="tick" x="${plot.left + inner.width / 2}" y="${size.height - 6}" text-anchor="middle">${unit}</text>${marksOf(marks, x, bottom)}</svg>`
}

function marksOf(
  marks: NonNullable<HistogramOptions['marks']>,
  x: (value: number) => number,
  bottom: number,
): Markup[] {
  let free = 0
  return marks.map(({ at, label }) => {
    const width = textWidth(label, fontSize)
    const center = inside(x(at), label)
    const fits = center - width / 2 > free
    if (fits) free = center + width / 2 + 5
    return markup`<line class="mark" x1="${round(x(at))}" x2="${round(x(at))}" y1="${plot.top - 6}" y2="${bottom}"><title>${label}: ${formatNumber(at)}</title></line>${
      fits
        ? markup`<text class="mark-label" x="${round(center)}" y="${plot.top - 11}" text-anchor="middle">${label}</text>`
        : undefined
    }`
  })
}

/** The middle of a label at `center`, moved so that it stays in the picture. */
function inside(center: number, label: string): number {
  const half = textWidth(label, fontSize) / 2
  return Math.min(Math.max(center, half + 1), size.width - half - 1)
}

/** Lets a label through where it is apart from the one before. */
function apart(x: (value: number) => number, format: (value: number) => string): (value: number) => boolean {
  let free = Number.NEGATIVE_INFINITY
  return (value) => {
    const half = textWidth(format(value), fontSize) / 2
    if (x(value) - half < free) return false
    free = x(value) + half + 6
    return true
  }
}

function axisTicks(first: number, last: number, axis: 'linear' | 'logarithmic'): number[] {
  if (axis === 'linear') return niceTicks(last, 6).filter((value) => value >= first && value <= last)
  const ticks: number[] = []
  const start = Math.max(first, 1)
  const steps = last / start > 100 ? [1] : last / start > 20 ? [1, 3] : [1, 2, 5]
  for (let power = 10 ** Math.floor(Math.log10(start)); power <= last; power *= 10)
    ticks.push(...steps.map((step) => step * power).filter((value) => value >= start && value <= last))
  return ticks
}
