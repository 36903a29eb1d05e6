/**
 * The places of a list of numbers in the order of what begins there, by doubling (Manber and Myers 1993): after k rounds the first 2ᵏ numbers
 * are in order. O(n log² n) at worst, and as many rounds as the longest repetition asks for.
 */
export function suffixArray(symbols: Int32Array): Int32Array {
  const length = symbols.length
  let order = sortedBy(
    Int32Array.from(symbols, (_, place) => place),
    symbols,
  )
  let rank = ranksOf(order, (a, b) => symbols[a] === symbols[b])
  for (let width = 1; width < length && rank[order[length - 1]!]! < length - 1; width *= 2) {
    // In order of the second halves first: those that lie past the end, then by the order there is.
    const second = new Int32Array(length)
    let at = 0
    for (let place = length - width; place < length; place++) second[at++] = place
    for (const place of order) if (place >= width) second[at++] = place - width
    order = sortedBy(second, rank)
    const before = rank
    const half = (place: number): number => (place + width < length ? before[place + width]! : -1)
    rank = ranksOf(order, (a, b) => before[a] === before[b] && half(a) === half(b))
  }
  return order
}

/** Places in order of a key, those of one key as they were: a counting sort. */
function sortedBy(places: Int32Array, keys: Int32Array): Int32Array {
  const largest = keys.reduce((most, key) => Math.max(most, key), 0)
  const starts = new Int32Array(largest + 2)
  for (const key of keys) starts[key + 1]!++
  for (let key = 0; key <= largest; key++) starts[key + 1]! += starts[key]!
  const sorted = new Int32Array(places.length)
  for (const place of places) sorted[starts[keys[place]!]!++] = place
  return sorted
}

function ranksOf(order: Int32Array, equal: (a: number, b: number) => boolean): Int32Array {
  const ranks = new Int32Array(order.length)
  for (let index = 1; index < order.length; index++) {
    const [before, place] = [order[index - 1]!, order[index]!]
    ranks[place] = ranks[before]! + (equal(before, place) ? 0 : 1)
  }
  return ranks
}

/** How many numbers each place of a suffix array shares with the one before it, by Kasai's method; 0 for the first. */
export function commonPrefixes(symbols: Int32Array, order: Int32Array): Int32Array {
  const rank = new Int32Array(order.length)
  order.forEach((place, index) => (rank[place] = index))
  const common = new Int32Array(order.length)
  let shared = 0
  for (let place = 0; place < symbols.length; place++) {
    const index = rank[place]!
    if (index === 0) {
      shared = 0
      continue
    }
    const other = order[index - 1]!
    const limit = symbols.length - Math.max(place, other)
    while (shared < limit && symbols[place + shared] === symbols[other + shared]) shared++
    common[index] = shared
    if (shared > 0) shared--
  }
  return common
}

/**
 * Every stretch that occurs more than once and is not always followed by the same number: the inner nodes of the suffix tree. Told are one place
 * where it occurs, its length and how often.
 */
export function repeatedStretches(
  symbols: Int32Array,
  tell: (place: number, length: number, count: number) => void,
): void {
  const order = suffixArray(symbols)
  const common = commonPrefixes(symbols, order)
  const lengths: number[] = []
  const firsts: number[] = []
  for (let index = 1; index <= order.length; index++) {
    const shared = index < order.length ? common[index]! : 0
    let first = index - 1
    while (lengths.length > 0 && lengths.at(-1)! > shared) {
      first = firsts.pop()!
      tell(order[first]!, lengths.pop()!, index - first)
    }
    if (shared > 0 && lengths.at(-1) !== shared) {
      lengths.push(shared)
      firsts.push(first)
    }
  }
}
