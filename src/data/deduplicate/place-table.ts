import type { RowPlace } from '../step.ts'
import { GrowingArray } from './growing-array.ts'

/** Places of many rows, in about 12 bytes each. */
export class PlaceTable {
  private readonly files: string[] = []
  private readonly known = new Map<string, number>()
  private readonly fileOfRow = GrowingArray.uint32()
  private readonly numbers = GrowingArray.float64()
  private readonly made = new Map<number, { readonly by: string; readonly index: number }>()

  get length(): number {
    return this.numbers.length
  }

  /** Adds a place behind those there are. */
  add({ file, number, made }: RowPlace): void {
    let index = this.known.get(file)
    if (index === undefined) {
      index = this.files.push(file) - 1
      this.known.set(file, index)
    }
    if (made !== undefined) this.made.set(this.length, made)
    this.fileOfRow.push(index)
    this.numbers.push(number)
  }

  file(row: number): string {
    return this.files[this.fileOfRow.at(row)]!
  }

  number(row: number): number {
    return this.numbers.at(row)
  }

  /** What stands beside a dropped row about the twin that was kept. */
  evidence(kept: number): { keptFile: string; keptRow: number; keptMade?: string } {
    const made = this.made.get(kept)
    return {
      keptFile: this.file(kept),
      keptRow: this.number(kept),
      ...(made !== undefined && { keptMade: `${made.by} ${made.index}` }),
    }
  }
}
