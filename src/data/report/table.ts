import { type Markup, markup, type MarkupValue } from './markup.ts'
import { formatNumber } from './numbers.ts'

export interface TableColumn {
  readonly head: string
  /** Numbers stand to the right. */
  readonly align?: 'left' | 'right'
  /** Takes what room there is and may break into lines. */
  readonly wide?: boolean
}

/** A table that scrolls sideways by itself where it is too wide; numbers are formatted. */
export function tableOf(columns: readonly TableColumn[], rows: readonly (readonly MarkupValue[])[]): Markup {
  const kind = ({ align, wide }: TableColumn) =>
    [align === 'right' ? 'right' : '', wide === true ? 'wide' : ''].filter(Boolean).join(' ')
  return markup`<div class="scroll"><table><thead><tr>${columns.map(
    (column) => markup`<th class="${kind(column)}">${column.head}</th>`,
  )}</tr></thead><tbody>${rows.map(
    (row) =>
      markup`<tr>${row.map(
        (cell, index) =>
          markup`<td class="${kind(columns[index]!)}">${typeof cell === 'number' ? formatNumber(cell) : cell}</td>`,
      )}</tr>`,
  )}</tbody></table></div>`
}
