// Which language a word is of, by how it is spelled. A language makes a word either out of its list of frequent words
// (rank r with a probability about 1 / (r + 3), Zipf's law) or letter by letter with a trigram model of the listed words:
//   P(word | language) = listed · P(rank) + (1 − listed) · Π P(letter | two letters before)
// with trigrams, bigrams and letters interpolated by fixed weights (Jelinek and Mercer, 1980). All of it is tables of costs,
// -log P, one row over the languages for each word, trigram, bigram and letter that was seen. Costs are whole numbers of
// 1/32 nat, two languages in each 32-bit number, so that one addition serves both.

export interface SpellingModel {
  readonly languages: readonly string[]
  /**
   * Adds the log probability of the words of a stretch of text, by language, to `scores`, and stops where one leads by
   * `margin`. Returns the number of words read.
   */
  score(text: string, start: number, end: number, margin: number, scores: Float64Array): number
}

/** How much of running text is made of the listed words. */
const listedShare = 0.5
const weights = { trigram: 0.5, bigram: 0.35, letter: 0.13, any: 0.02 }
/** A name in capitals tells less of the language than other words. */
const nameWeight = 0.35
/** No word tells more than this many nats against a language. */
const wordFloor = 12
/** Letters read of one word; its costs stay below 2 ** 16. */
const longestWord = 24
const stepsPerNat = 32
/** Words whose costs add up to less than 2 ** 16. */
const wordsBetweenSums = 8

/** Where Latin and Cyrillic letters stand. */
const letterRanges = [
  [0x41, 0x24f],
  [0x400, 0x52f],
  [0x1e00, 0x1eff],
] as const
const isLetter = /\p{L}/u

/** An apostrophe or point that belongs to a word where letters stand on both sides. */
function isJoiner(unit: number): boolean {
  return unit === 0x27 || unit === 0x2019 || unit === 0xb7
}

function wordsOf(list: string): string[] {
  return [...new Set(list.toLowerCase().split(/\s+/))].filter((word) => word !== '')
}

/** A mixing hash of a word from the symbols of its letters. */
function extendHash(hash: number, symbol: number): number {
  return Math.imul(hash ^ symbol, 0x01000193) ^ (hash >>> 15)
}

/** Learns the languages of one script from their lists of frequent words. */
export function createSpellingModel(lists: Readonly<Record<string, string>>): SpellingModel {
  const languages = Object.keys(lists)
  const size = languages.length
  const words = languages.map((language) => wordsOf(lists[language]!))
  const letters = [...new Set(words.flat().join(''))].sort()
  // Symbol 0 is the space between words, 1 a letter of none of the lists.
  const alphabet = letters.length + 2
  const symbols = new Uint8Array(0x10000)
  const capitals = new Uint8Array(0x10000)
  for (const [first, last] of letterRanges) {
    for (let unit = first; unit <= last; unit++) {
      const character = String.fromCharCode(unit)
      if (isLetter.test(character)) symbols[unit] = 1
      if (character.toLowerCase() !== character) capitals[unit] = 1
    }
  }
  letters.forEach((letter, index) => {
    const [unit, capital] = [letter, letter.toUpperCase()].map((form) => form.charCodeAt(0))
    symbols[unit!] = index + 2
    if (letter.toUpperCase().length === 1) symbols[capital!] = index + 2
  })
  // The capitals that Turkish writes with and without a point.
  symbols[0x130] = symbols[0x69]!
  symbols[0x2019] = symbols[0x27]!

  const encode = (word: string): number[] =>
    [...word].map((letter) => symbols[letter.charCodeAt(0)]!).filter((symbol) => symbol !== 0)

  // Weighted counts of trigrams, bigrams and letters by language.
  const seen = [1, 2, 3].map(() => new Map<number, Float64Array>())
  const total = [1, 2, 3].map(() => new Map<number, Float64Array>())
  const add = (map: Map<number, Float64Array>, key: number, language: number, weight: number) => {
    const vector = map.get(key) ?? new Float64Array(size)
    vector[language]! += weight
    map.set(key, vector)
  }
  words.forEach((list, language) => {
    list.forEach((word, rank) => {
      const weight = 1 / Math.sqrt(rank + 20)
      const spelled = [0, 0, ...encode(word), 0]
      for (let i = 2; i < spelled.length; i++) {
        const [a, b, c] = [spelled[i - 2]!, spelled[i - 1]!, spelled[i]!]
        add(seen[0]!, c, language, weight)
        add(total[0]!, 0, language, weight)
        add(seen[1]!, b * alphabet + c, language, weight)
        add(total[1]!, b, language, weight)
        add(seen[2]!, (a * alphabet + b) * alphabet + c, language, weight)
        add(total[2]!, a * alphabet + b, language, weight)
      }
    })
  })
  const none = new Float64Array(size)
  const shares = (order: number, key: number, context: number, weight: number, sum: Float64Array): void => {
    const own = seen[order]!.get(key) ?? none
    const whole = total[order]!.get(context) ?? none
    for (let language = 0; language < size; language++) {
      if (own[language]! > 0) sum[language]! += (weight * own[language]!) / whole[language]!
    }
  }

  // One row for each letter, then for the bigrams, then for the trigrams that were seen.
  const half = Math.ceil(size / 2)
  const table = new Int32Array((alphabet + seen[1]!.size + seen[2]!.size) * half)
  let rowCount = 0
  const sum = new Float64Array(size)
  const addRow = (a: number, b: number, c: number, order: number): number => {
    sum.fill(weights.any / alphabet)
    shares(0, c, 0, weights.letter, sum)
    if (order >= 2) shares(1, b * alphabet + c, b, weights.bigram, sum)
    if (order >= 3) shares(2, (a * alphabet + b) * alphabet + c, a * alphabet + b, weights.trigram, sum)
    pack(
      sum.map((value) => -Math.log(value)),
      table,
      rowCount * half,
    )
    return rowCount++
  }
  for (let c = 0; c < alphabet; c++) addRow(0, 0, c, 1)
  const bigramRow = new Int32Array(alphabet * alphabet)
  for (let key = 0; key < bigramRow.length; key++) bigramRow[key] = key % alphabet
  for (const key of seen[1]!.keys()) {
    bigramRow[key] = addRow(0, Math.floor(key / alphabet), key % alphabet, 2)
  }
  const trigrams = createTable(seen[2]!.size)
  for (const key of seen[2]!.keys()) {
    const [a, b, c] = [
      Math.floor(key / alphabet / alphabet),
      Math.floor(key / alphabet) % alphabet,
      key % alphabet,
    ]
    trigrams.set(key, addRow(a, b, c, 3))
  }

  const word = new Uint8Array(longestWord + 3)
  const wordCosts = new Int32Array(half)
  /** Costs of spelling `word[2]` to `word[length + 1]`, into `wordCosts`. */
  const spell = (length: number): void => {
    wordCosts.fill(0)
    word[length + 2] = 0
    for (let i = 2; i < length + 3; i++) {
      const pair = word[i - 1]! * alphabet + word[i]!
      const trigram = trigrams.get(word[i - 2]! * alphabet * alphabet + pair)
      const row = (trigram < 0 ? bigramRow[pair]! : trigram) * half
      for (let k = 0; k < half; k++) wordCosts[k] = (wordCosts[k]! + table[row + k]!) | 0
    }
  }

  const listed = new Map<string, Float64Array>()
  words.forEach((list, language) => {
    const whole = list.reduce((sum, _, rank) => sum + 1 / (rank + 3), 0)
    list.forEach((text, rank) => addTo(listed, text, language, 1 / (rank + 3) / whole, size))
  })
  const wordRows = createTable(listed.size)
  const wordTable = new Int32Array(listed.size * half)
  let wordCount = 0
  for (const [text, ranks] of listed) {
    const spelled = encode(text)
    word.set(spelled, 2)
    spell(spelled.length)
    const costs = Float64Array.from(ranks, (rank, language) => {
      const spelling = Math.exp(-unpack(wordCosts, language) / stepsPerNat)
      return -Math.log(listedShare * rank + (1 - listedShare) * spelling)
    })
    const least = Math.min(...costs)
    pack(
      costs.map((cost) => Math.min(cost - least, wordFloor)),
      wordTable,
      wordCount * half,
    )
    wordRows.set(spelled.reduce(extendHash, spelled.length) >>> 0, wordCount++)
  }

  const sums = new Int32Array(half)
  const flush = (scores: Float64Array): void => {
    for (let language = 0; language < size; language++) {
      scores[language]! -= unpack(sums, language) / stepsPerNat
    }
    sums.fill(0)
  }
  const addSpelled = (length: number, weight: number): void => {
    spell(length)
    let least = 0xffff
    for (let language = 0; language < size; language++) {
      const cost = unpack(wordCosts, language)
      if (cost < least) least = cost
    }
    const floor = wordFloor * stepsPerNat
    for (let language = 0; language < size; language++) {
      const behind = unpack(wordCosts, language) - least
      const cost = ((behind < floor ? behind : floor) * weight) | 0
      sums[language >> 1] = (sums[language >> 1]! + (cost << ((language & 1) << 4))) | 0
    }
  }

  function score(text: string, start: number, end: number, margin: number, scores: Float64Array): number {
    let length = 0
    let hash = 0
    let capital = 0
    let count = 0
    for (let i = start; i <= end; i++) {
      const unit = i < end ? text.charCodeAt(i) : 0x20
      let symbol = symbols[unit]!
      if (symbol !== 0 && isJoiner(unit)) {
        const next = i + 1 < end ? symbols[text.charCodeAt(i + 1)]! : 0
        if (length === 0 || next === 0) symbol = 0
      }
      if (symbol !== 0) {
        if (length === 0) capital = capitals[unit]!
        if (length < longestWord) word[2 + length++] = symbol
        continue
      }
      if (length === 0) continue
      hash = length
      for (let j = 2; j < length + 2; j++) hash = extendHash(hash, word[j]!)
      const row = wordRows.get(hash >>> 0) * half
      if (row >= 0) {
        for (let k = 0; k < half; k++) sums[k] = (sums[k]! + wordTable[row + k]!) | 0
      } else addSpelled(length, capital === 1 ? nameWeight : 1)
      length = 0
      count++
      if (count % wordsBetweenSums === 0) {
        flush(scores)
        if (leads(scores, margin)) return count
      }
    }
    flush(scores)
    return count
  }
  return { languages, score }
}

function addTo(
  map: Map<string, Float64Array>,
  key: string,
  language: number,
  value: number,
  size: number,
): void {
  const vector = map.get(key) ?? new Float64Array(size)
  vector[language]! += value
  map.set(key, vector)
}

/** Writes costs in nats as whole steps, two in a number. */
function pack(costs: Float64Array, table: Int32Array, start: number): void {
  costs.forEach((cost, language) => {
    table[start + (language >> 1)]! |= Math.round(cost * stepsPerNat) << ((language & 1) << 4)
  })
}

function unpack(table: Int32Array, language: number): number {
  return (table[language >> 1]! >>> ((language & 1) << 4)) & 0xffff
}

function leads(scores: Float64Array, margin: number): boolean {
  let best = -Infinity
  let second = -Infinity
  for (const score of scores) {
    if (score > best) {
      second = best
      best = score
    } else if (score > second) second = score
  }
  return best - second > margin
}

/** Unsigned 32-bit keys to small numbers, in typed arrays; -1 where there is none. */
function createTable(count: number): { get(key: number): number; set(key: number, value: number): void } {
  const size = 2 ** Math.ceil(Math.log2(Math.max(16, count * 2)))
  const keys = new Uint32Array(size)
  const values = new Int32Array(size).fill(-1)
  const find = (key: number): number => {
    let slot = (Math.imul(key, 0x9e3779b1) >>> 8) & (size - 1)
    while (values[slot]! >= 0 && keys[slot] !== key) slot = (slot + 1) & (size - 1)
    return slot
  }
  return {
    get: (key) => values[find(key)]!,
    set(key, value) {
      const slot = find(key)
      keys[slot] = key
      values[slot] = value
    },
  }
}
