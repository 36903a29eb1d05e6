// A row on its way between two phases is one line: where it came from, a tab (which JSON never holds as it is), its
// values. So a row that nothing changes is carried on without being parsed.
import type { DataRow, RowPlace, RowValues } from '../step.ts'

/** How a row was made out of that of its place, for who wants to know where it came from. */
export interface RowOrigin {
  readonly by: string
  readonly index: number
  readonly recipe?: Readonly<Record<string, unknown>>
}

/** What is known of a row besides its values. */
export interface CarriedRow {
  /** Its source, by number. */
  readonly source: number
  readonly number: number
  readonly line: number
  /** The output that a step gave it to. */
  readonly output?: string | undefined
  readonly made?: RowOrigin | undefined
}

type Head = [source: number, number: number, line: number, output?: string | null, made?: RowOrigin]

/** The line of a row, with its line end. */
export function formatRowLine(row: CarriedRow, valuesText: string): string {
  const { source, number, line, output, made } = row
  if (output === undefined && made === undefined) return `[${source},${number},${line}]\t${valuesText}\n`
  const head: Head = [source, number, line, output ?? null]
  if (made !== undefined) head.push(made)
  return `${JSON.stringify(head)}\t${valuesText}\n`
}

/** What is known of a row, and its values as JSON, out of its line without the line end. */
export function parseRowLine(text: string): { carried: CarriedRow; valuesText: string } {
  const tab = text.indexOf('\t')
  const [source, number, line, output, made] = JSON.parse(text.slice(0, tab)) as Head
  return {
    carried: { source, number, line, ...(output != null && { output }), ...(made && { made }) },
    valuesText: text.slice(tab + 1),
  }
}

/** Where a carried row stands, as steps are told. */
export function placeOf({ number, line, made }: CarriedRow, file: string): RowPlace {
  return { file, number, line, ...(made && { made: { by: made.by, index: made.index } }) }
}

/** A row of a line whose values are parsed when a step asks for them, and only then. */
export class CarriedDataRow implements DataRow {
  readonly place: RowPlace
  readonly #text: string
  #values: RowValues | undefined

  constructor(place: RowPlace, valuesText: string) {
    this.place = place
    this.#text = valuesText
  }

  get values(): RowValues {
    return (this.#values ??= JSON.parse(this.#text) as RowValues)
  }
}
