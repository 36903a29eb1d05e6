/** Which of n things belong together, told by pairs (Tarjan 1975: union by the lower number here, with path halving). */
export class UnionFind {
  private readonly parents: Uint32Array

  constructor(count: number) {
    this.parents = new Uint32Array(count)
    for (let at = 0; at < count; at++) this.parents[at] = at
  }

  /** The lowest number of those that belong together with this one. */
  find(thing: number): number {
    const { parents } = this
    let at = thing
    while (parents[at] !== at) {
      const parent = parents[at]!
      parents[at] = parents[parent]!
      at = parents[at]!
    }
    return at
  }

  union(a: number, b: number): void {
    const [left, right] = [this.find(a), this.find(b)]
    if (left < right) this.parents[right] = left
    else this.parents[left] = right
  }
}
