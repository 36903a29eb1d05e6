import { IntegerList } from './integer-list.ts'
import { PreTokenTable } from './pre-token-table.ts'
import type { Scanner } from './scanner.ts'
import type { WordModel } from './word-model.ts'

/** Pre-tokens remembered before the memory is emptied, and the longest worth remembering (UTF-16 units). */
const rememberedWords = 1 << 18
const rememberedLength = 64

/** Encodes pre-tokens with a model and remembers their ids: most words of a text were seen before. */
export class WordMemory {
  readonly #model: WordModel
  readonly #table: PreTokenTable = new PreTokenTable()
  /** Ids of the remembered pre-tokens one after the other; those of number `i` end at `ends[i]`. */
  readonly #ids: IntegerList = new IntegerList()
  readonly #ends: IntegerList = new IntegerList()

  constructor(model: WordModel) {
    this.#model = model
  }

  /** Appends the ids of the pre-tokens that a scanner finds in a text. */
  scan(text: string, scanner: Scanner, out: IntegerList): void {
    const limit = this.#table.read(text)
    for (let start = 0; start < limit;) {
      const found = scanner(this.#table.text, start, limit)
      if (found >= 0) this.#preToken(start, found, out)
      start = found < 0 ? ~found : found
    }
  }

  /** Appends the ids of a text that is one pre-token. */
  word(word: string, out: IntegerList): void {
    const length = this.#table.read(word)
    if (length > 0) this.#preToken(0, length, out)
  }

  #preToken(start: number, end: number, out: IntegerList): void {
    const table = this.#table
    if (end - start > rememberedLength) {
      this.#model.encode(table.text, start, end, out)
      return
    }
    const index = table.indexOf(start, end)
    if (index === this.#ends.length) {
      this.#model.encode(table.text, start, end, this.#ids)
      this.#ends.push(this.#ids.length)
    }
    out.append(this.#ids, index === 0 ? 0 : this.#ends.items[index - 1]!, this.#ends.items[index]!)
    if (table.size === rememberedWords) this.#forget()
  }

  #forget(): void {
    this.#table.clear()
    this.#ids.length = 0
    this.#ends.length = 0
  }
}
