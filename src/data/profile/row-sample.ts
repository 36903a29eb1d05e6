import { reorder } from './text-hash.ts'

/**
 * Draws `size` of the texts that are added, each different one as likely as any other and whatever order they come in: those
 * with the least hashes under the seed (bottom-k sampling). A text comes once however often it was added.
 */
export class TextSample<Item> {
  private readonly size: number
  private readonly seed: number
  private readonly held = new Map<number, Item>()
  private bound = Infinity

  constructor(size: number, seed: number) {
    this.size = size
    this.seed = seed
  }

  add(hash: number, item: () => Item): void {
    const key = reorder(hash, this.seed)
    if (key >= this.bound || this.held.has(key)) return
    this.held.set(key, item())
    if (this.held.size >= 2 * this.size) this.cut()
  }

  /** The items drawn, in the order of their hashes. */
  items(): Item[] {
    this.cut()
    return [...this.held].toSorted(([a], [b]) => a - b).map(([, item]) => item)
  }

  private cut(): void {
    if (this.held.size <= this.size) return
    const keys = [...this.held.keys()].toSorted((a, b) => a - b)
    this.bound = keys[this.size]!
    for (const key of keys.slice(this.size)) this.held.delete(key)
  }
}
