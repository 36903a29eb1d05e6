/**
 * The places of a list of numbers, none below zero, in the order of what begins there: by induced sorting (SA-IS: Nong, Zhang and
 * Chan 2009), in time and memory that grow with the length and with the largest number. A list is before all that it begins.
 */
export function suffixArray(symbols: Int32Array): Int32Array {
  const order = new Int32Array(symbols.length)
  if (symbols.length > 0) sortSuffixes(symbols, largestOf(symbols), order)
  return order
}

function sortSuffixes(symbols: Int32Array, largest: number, order: Int32Array): void {
  const { length } = symbols
  const rising = risingPlaces(symbols)
  const ends = new Int32Array(largest + 1)
  for (const symbol of symbols) ends[symbol]!++
  for (let symbol = 1; symbol <= largest; symbol++) ends[symbol]! += ends[symbol - 1]!
  const valleys = valleysOf(rising)
  induceOrder(symbols, rising, ends, valleys, order)
  // The valleys are now in order of the stretches up to the next valley; those of one stretch get one name.
  let count = 0
  for (let index = 0; index < length; index++) {
    const place = order[index]!
    if (isValley(rising, place)) order[count++] = place
  }
  const sorted = order.slice(0, count)
  const { names, distinct } = nameStretches(symbols, rising, sorted)
  if (distinct < count) {
    const reduced = new Int32Array(count)
    valleys.forEach((place, index) => (reduced[index] = names[place >>> 1]!))
    const reducedOrder = new Int32Array(count)
    sortSuffixes(reduced, distinct - 1, reducedOrder)
    reducedOrder.forEach((which, index) => (sorted[index] = valleys[which]!))
  }
  induceOrder(symbols, rising, ends, sorted, order)
}

/** For each place 1 where what begins there is below what begins at the next place. */
function risingPlaces(symbols: Int32Array): Uint8Array {
  const rising = new Uint8Array(symbols.length)
  for (let place = symbols.length - 2; place >= 0; place--) {
    const [here, next] = [symbols[place]!, symbols[place + 1]!]
    if (here < next || (here === next && rising[place + 1] === 1)) rising[place] = 1
  }
  return rising
}

/** Whether it rises from this place on and falls to it. */
function isValley(rising: Uint8Array, place: number): boolean {
  return place > 0 && rising[place] === 1 && rising[place - 1] === 0
}

function valleysOf(rising: Uint8Array): Int32Array {
  let count = 0
  for (let place = 1; place < rising.length; place++) if (isValley(rising, place)) count++
  const valleys = new Int32Array(count)
  let index = 0
  for (let place = 1; place < rising.length; place++) if (isValley(rising, place)) valleys[index++] = place
  return valleys
}

/**
 * Sorts all places by the order of the valleys: where what begins at a place is known to lie, the place before it lies as far
 * from the border of its symbol. Falling places from the left, then rising ones from the right.
 *
 * @param ends where the places of each symbol end in the order.
 */
function induceOrder(
  symbols: Int32Array,
  rising: Uint8Array,
  ends: Int32Array,
  valleys: Int32Array,
  order: Int32Array,
): void {
  const { length } = symbols
  order.fill(-1)
  const borders = ends.slice()
  for (let index = valleys.length - 1; index >= 0; index--) {
    const place = valleys[index]!
    order[--borders[symbols[place]!]!] = place
  }
  borders[0] = 0
  for (let symbol = 1; symbol < ends.length; symbol++) borders[symbol] = ends[symbol - 1]!
  // What comes behind the end is below everything.
  order[borders[symbols[length - 1]!]!++] = length - 1
  for (let index = 0; index < length; index++) {
    const place = order[index]! - 1
    if (place >= 0 && rising[place] === 0) order[borders[symbols[place]!]!++] = place
  }
  borders.set(ends)
  for (let index = length - 1; index >= 0; index--) {
    const place = order[index]! - 1
    if (place >= 0 && rising[place] === 1) order[--borders[symbols[place]!]!] = place
  }
}

/** Numbers for the stretches from each valley to the next, in their order, by half the place of the valley: no two are side by side. */
function nameStretches(
  symbols: Int32Array,
  rising: Uint8Array,
  sorted: Int32Array,
): { names: Int32Array; distinct: number } {
  const names = new Int32Array((symbols.length >>> 1) + 1)
  let distinct = 0
  sorted.forEach((place, index) => {
    if (index === 0 || !isSameStretch(symbols, rising, sorted[index - 1]!, place)) distinct++
    names[place >>> 1] = distinct - 1
  })
  return { names, distinct }
}

function isSameStretch(symbols: Int32Array, rising: Uint8Array, a: number, b: number): boolean {
  const limit = symbols.length - Math.max(a, b)
  for (let step = 0; step < limit; step++) {
    if (symbols[a + step] !== symbols[b + step] || rising[a + step] !== rising[b + step]) return false
    if (step > 0 && (isValley(rising, a + step) || isValley(rising, b + step)))
      return isValley(rising, a + step) && isValley(rising, b + step)
  }
  return false
}

function largestOf(symbols: Int32Array): number {
  let largest = 0
  for (const symbol of symbols) if (symbol > largest) largest = symbol
  return largest
}

/** How many numbers each place of a suffix array shares with the one before it, by Kasai's method; 0 for the first. */
export function commonPrefixes(symbols: Int32Array, order: Int32Array): Int32Array {
  const rank = new Int32Array(order.length)
  for (let index = 0; index < order.length; index++) rank[order[index]!] = index
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
