import { IntegerList } from './integer-list.ts'
import { PairTable } from './pair-table.ts'

/** The node every token begins at. */
export const trieRoot = 0

/** Tokens by their UTF-16 units: a node is a beginning that some token has. */
export class TokenTrie {
  readonly #nodes: PairTable = new PairTable()
  /** By node: the id of the token that ends there, −1 for none. */
  readonly #ids: IntegerList = new IntegerList()

  constructor() {
    this.#ids.push(-1)
  }

  /** A token that is there twice has its later id. An empty one is passed over. */
  add(token: string, id: number): void {
    let node = trieRoot
    for (let index = 0; index < token.length; index++) {
      const next = this.#nodes.indexOf(node, token.charCodeAt(index)) + 1
      if (next === this.#ids.length) this.#ids.push(-1)
      node = next
    }
    if (node !== trieRoot) this.#ids.items[node] = id
  }

  /** The node after one more unit, −1 where no token goes on so. */
  next(node: number, unit: number): number {
    const found = this.#nodes.find(node, unit)
    return found < 0 ? -1 : found + 1
  }

  /** The node after a text, −1 where no token begins with it. */
  walk(text: string): number {
    let node = trieRoot
    for (let index = 0; index < text.length && node >= 0; index++)
      node = this.next(node, text.charCodeAt(index))
    return node
  }

  id(node: number): number {
    return this.#ids.items[node]!
  }
}
