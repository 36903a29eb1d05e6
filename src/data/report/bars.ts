import { type Markup, markup } from './markup.ts'
import { formatNumber } from './numbers.ts'
import { cutText, textWidth } from './text-width.ts'

/** How a part of a picture is coloured: by what it says, not by a colour. */
export type Tone = 'plain' | 'quiet' | 'bad'

export interface Bar {
  readonly label: string
  readonly value: number
  /** What stands behind the bar, by default the value. */
  readonly note?: string
  readonly tone?: Tone
}

export interface BarsOptions {
  /** What the picture shows, for those who cannot see it. */
  readonly title: string
  /** The value of a full bar, by default the largest. */
  readonly maximum?: number
}

const width = 400
const rowHeight = 25
const barHeight = 15
const fontSize = 12

/** Horizontal bars as SVG, one below the other with their labels; drawn 400 wide and as wide as its place allows. */
export function barChart(bars: readonly Bar[], { title, maximum }: BarsOptions): Markup {
  const notes = bars.map(({ value, note }) => note ?? formatNumber(value))
  const largest = Math.max(maximum ?? 0, ...bars.map(({ value }) => value)) || 1
  const labelWidth = Math.min(150, Math.max(30, ...bars.map(({ label }) => textWidth(label, fontSize) + 8)))
  const noteWidth = Math.max(24, ...notes.map((note) => textWidth(note, fontSize) + 8))
  const room = Math.max(60, width - labelWidth - noteWidth)
  const height = bars.length * rowHeight + 4
  return markup`<svg class="picture" viewBox="0 0 ${width} ${height}" role="img" aria-label="${title}">${bars.map(
    ({ label, value, tone = 'plain' }, index) => {
      const top = index * rowHeight + 5
      const length = value > 0 ? Math.max(2, (value / largest) * room) : 0
      const base = top + barHeight / 2 + fontSize * 0.36
      return markup`<g><title>${label}: ${notes[index]}</title><text class="label" x="${labelWidth - 8}" y="${round(base)}" text-anchor="end">${cutText(label, fontSize, labelWidth - 8)}</text><rect class="track" x="${round(labelWidth)}" y="${top}" width="${round(room)}" height="${barHeight}" rx="3"/><rect class="${tone}" x="${round(labelWidth)}" y="${top}" width="${round(length)}" height="${barHeight}" rx="3"/><text class="note" x="${round(labelWidth + length + 6)}" y="${round(base)}">${notes[index]}</text></g>`
    },
  )}</svg>`
}

/** Coordinates with one place are fine enough, and short. */
export function round(value: number): number {
  return Math.round(value * 10) / 10
}
