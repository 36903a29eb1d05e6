import { round } from './bars.ts'
import { type Markup, markup } from './markup.ts'
import { formatNumber, formatShare } from './numbers.ts'
import { cutText, textWidth } from './text-width.ts'

/** One step that rows go through. */
export interface FlowStage {
  readonly label: string
  /** Rows that reach it. */
  readonly rowsIn: number
  /** Rows that go on; more than came in where a step makes rows. */
  readonly rowsOut: number
  /** What became of the others, the most frequent first, such as `too-short: 120`. */
  readonly reasons?: readonly { readonly label: string; readonly rows: number }[]
}

const width = 400
const stream = 150
const stageHeight = 58
const fontSize = 12
const smallSize = 10.5

/**
 * Rows that flow from top to bottom through the steps of a preparation as SVG: the stream is as wide as its rows, and
 * what a step leaves out flows off to the right, with the reasons. Drawn 400 wide and as wide as its place allows.
 */
export function flowChart(stages: readonly FlowStage[], title: string): Markup {
  const largest = Math.max(1, ...stages.flatMap(({ rowsIn, rowsOut }) => [rowsIn, rowsOut]))
  const across = (rows: number) => (rows > 0 ? Math.max(1.5, (rows / largest) * stream) : 0)
  const height = stages.length * stageHeight + 54
  const last = stages.at(-1)
  return markup`<svg class="picture" viewBox="0 0 ${width} ${height}" role="img" aria-label="${title}"><text class="strong" x="0" y="14">${formatNumber(stages[0]?.rowsIn ?? 0)} rows</text>${stages.map(
    (stage, index) => stageMarkup(stage, 22 + index * stageHeight, across),
  )}<rect class="plain" x="0" y="${22 + stages.length * stageHeight}" width="${round(across(last?.rowsOut ?? 0))}" height="8"/><text class="strong" x="0" y="${height - 6}">${formatNumber(last?.rowsOut ?? 0)} rows</text></svg>`
}

function stageMarkup(stage: FlowStage, top: number, across: (rows: number) => number): Markup {
  const { label, rowsIn, rowsOut, reasons = [] } = stage
  const dropped = Math.max(0, rowsIn - rowsOut)
  const made = Math.max(0, rowsOut - rowsIn)
  const [wide, kept] = [across(rowsIn), across(Math.min(rowsIn, rowsOut))]
  const bottom = top + stageHeight
  const lost = Math.max(dropped > 0 ? 1.5 : 0, wide - kept)
  const left = stream + 18
  const room = width - left
  const note =
    dropped > 0
      ? `−${formatNumber(dropped)} (${formatShare(dropped / rowsIn)})`
      : made > 0
        ? `+${formatNumber(made)}`
        : 'all go on'
  const why = reasons.map(({ label, rows }) => `${label} ${formatNumber(rows)}`).join(', ')
  const nameRoom = room - textWidth(note, smallSize) - 8
  const branch = `M${round(kept)} ${top}H${round(kept + lost)}V${top + 12}C${round(kept + lost)} ${top + 36} ${round(kept)} ${top + 24} ${round(kept)} ${top + 50}Z`
  return markup`<g><title>${label}: ${formatNumber(rowsIn)} → ${formatNumber(rowsOut)}${why === '' ? '' : ` (${why})`}</title><rect class="plain" x="0" y="${top}" width="${round(kept)}" height="${stageHeight}"/>${
    lost > 0 ? markup`<path class="bad" d="${branch}"/>` : undefined
  }${made > 0 ? markup`<path class="plain" d="M${round(wide)} ${top}L${round(across(rowsOut))} ${bottom}H0V${top}Z"/>` : undefined}<line class="grid" x1="0" x2="${width}" y1="${bottom}" y2="${bottom}"/><text class="label" x="${left}" y="${top + 20}" font-size="${fontSize}">${cutText(label, fontSize, nameRoom)}</text><text class="${dropped > 0 ? 'lost' : 'note'}" x="${width}" y="${top + 20}" text-anchor="end">${note}</text>${
    why === ''
      ? undefined
      : markup`<text class="tick" x="${left}" y="${top + 40}">${cutText(why, smallSize, room)}</text>`
  }</g>`
}
