import { round } from './bars.ts'
import { type Markup, markup } from './markup.ts'
import { formatNumber } from './numbers.ts'
import { textWidth } from './text-width.ts'

export interface CloudWord {
  readonly text: string
  readonly weight: number
}

/** Where a word stands: its box, whose edges no other box crosses. */
export interface PlacedWord extends CloudWord {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
  readonly size: number
}

const sizes = { least: 12, most: 44 }
/** How much wider than high the cloud is. */
const aspect = 1.75
const gap = 3
/** Of the size: from the base line up and down. */
const ascent = 0.82
const descent = 0.24

/**
 * Places words around the middle, the heaviest first, each at the first free place on a spiral outwards. The size grows with
 * the root of the weight. The same words give the same cloud.
 */
export function placeWords(words: readonly CloudWord[]): PlacedWord[] {
  const ordered = words
    .filter(({ text, weight }) => text !== '' && weight > 0)
    .toSorted((a, b) => b.weight - a.weight)
  const [most, least] = [ordered[0]?.weight ?? 1, ordered.at(-1)?.weight ?? 0]
  const placed: PlacedWord[] = []
  for (const word of ordered) {
    const share = most > least ? Math.sqrt((word.weight - least) / (most - least)) : 1
    const size = sizes.least + (sizes.most - sizes.least) * share
    const [width, height] = [textWidth(word.text, size), size * (ascent + descent)]
    for (let turn = 0; ; turn += 0.25) {
      const radius = 1.1 * turn
      const x = radius * Math.cos(turn) * aspect - width / 2
      const y = radius * Math.sin(turn) - height / 2
      if (placed.some((other) => overlap({ x, y, width, height }, other))) continue
      placed.push({ ...word, x, y, width, height, size })
      break
    }
  }
  return placed
}

type Box = Pick<PlacedWord, 'x' | 'y' | 'width' | 'height'>

function overlap(a: Box, b: Box): boolean {
  return (
    a.x < b.x + b.width + gap &&
    b.x < a.x + a.width + gap &&
    a.y < b.y + b.height + gap / 2 &&
    b.y < a.y + a.height + gap / 2
  )
}

/** A cloud of words as SVG; each is drawn exactly as wide as its box, in whatever font, so that none touches another. */
export function wordCloud(words: readonly CloudWord[], title: string, unit: string): Markup {
  const placed = placeWords(words)
  const left = Math.min(0, ...placed.map(({ x }) => x))
  const top = Math.min(0, ...placed.map(({ y }) => y))
  const width = Math.max(1, ...placed.map((word) => word.x + word.width)) - left
  const height = Math.max(1, ...placed.map((word) => word.y + word.height)) - top
  return markup`<svg class="picture cloud" viewBox="${round(left)} ${round(top)} ${round(width)} ${round(height)}" role="img" aria-label="${title}">${placed.map(
    ({ text, weight, x, y, width, size }, index) =>
      markup`<text class="${toneOf(index, placed.length)}" x="${round(x)}" y="${round(y + size * ascent)}" style="font-size:${round(size)}px" textLength="${round(width)}" lengthAdjust="spacingAndGlyphs">${text}<title>${text}: ${formatNumber(weight)} ${unit}</title></text>`,
  )}</svg>`
}

/** The heaviest tenth stands out. */
function toneOf(index: number, count: number): string {
  if (index < Math.max(1, count * 0.1)) return 'tone-0'
  return index < count * 0.45 ? 'tone-1' : 'tone-2'
}
