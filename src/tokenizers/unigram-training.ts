/**
 * Learning the pieces of a unigram model (Kudo 2018, https://aclanthology.org/P18-1007): start from all frequent stretches of text, then in turn find
 * how often each piece is used on average (expectation), give it that probability (maximization), and drop the pieces whose loss costs
 * the likelihood of the texts least, until the vocabulary has its size. Follows the `UnigramTrainer` of the Rust library `tokenizers` step by
 * step; that library adds up in another order in every run, so pieces at the edge of being dropped can differ.
 */
import { repeatedStretches } from './suffix-array.ts'
import { UnigramLattice, unknownPiece } from './unigram-lattice.ts'

export interface UnigramTrainingInput {
  readonly texts: readonly string[]
  readonly counts: Float64Array
  /** Pieces to learn, single characters included. */
  readonly pieces: number
  /** Pieces are dropped until there are a tenth more than so many; the best of those are taken. */
  readonly vocabularySize: number
  /** Characters that are pieces whatever their use. */
  readonly alphabet: readonly string[]
  /** The longest piece, in characters. */
  readonly maximumLength: number
  /** The part of the pieces that is kept at each turn. */
  readonly shrinkingFactor: number
  /** Stretches to start from at most. */
  readonly seeds: number
  /** Told after every turn: how many pieces there are. */
  readonly onProgress?: ((pieces: number) => void) | undefined
}

type Scored = [piece: string, score: number]

/** Expectation and maximization are done so often between two droppings. */
const turns = 2

/** The pieces and their scores (natural logarithms of probabilities), the likeliest first. */
export function learnUnigram(input: UnigramTrainingInput): Scored[] {
  const desired = Math.floor((input.vocabularySize * 11) / 10)
  let pieces: Scored[] = [['', 0], ...seedPieces(input)]
  let lattice = latticeOf(pieces)
  for (;;) {
    for (let turn = 0; turn < turns; turn++) {
      pieces = maximized(pieces, expectation(input, lattice, pieces.length))
      lattice = latticeOf(pieces)
    }
    input.onProgress?.(pieces.length)
    if (pieces.length <= desired) break
    pieces = pruned(input, pieces, lattice, desired)
    lattice = latticeOf(pieces)
  }
  return finalized(input, pieces)
}

function latticeOf(pieces: readonly Scored[]): UnigramLattice {
  return new UnigramLattice(
    pieces.map(([piece]) => piece),
    Float64Array.from(pieces, ([, score]) => score),
  )
}

/** The characters by how often they occur, then stretches by their number times their length; scores are logarithms of their shares. */
function seedPieces({ texts, counts, maximumLength, seeds }: UnigramTrainingInput): Scored[] {
  const seen = new Map<string, number>()
  const codes: number[] = []
  texts.forEach((text, word) => {
    for (const character of text) {
      codes.push(character.codePointAt(0)!)
      seen.set(character, (seen.get(character) ?? 0) + counts[word]!)
    }
    codes.push(0)
  })
  const symbols = Int32Array.from(codes)
  const stretches: [piece: string, score: number][] = []
  repeatedStretches(symbols, (place, length, count) => {
    if (length < 2 || length > maximumLength) return
    const stretch = symbols.subarray(place, place + length)
    if (!stretch.includes(0)) stretches.push([String.fromCodePoint(...stretch), count * length])
  })
  const characters = [...seen].filter(([character]) => character !== '\0')
  const pieces = [...characters.sort(likelierFirst), ...stretches.sort(likelierFirst)]
  pieces.length = Math.min(pieces.length, Math.max(seeds, characters.length))
  const sum = Math.log(pieces.reduce((total, [, score]) => total + score, 0))
  return pieces.map(([piece, score]) => [piece, Math.log(score) - sum])
}

/** Of equals the one with the greater code points, as the reference has it: where a list is cut off, this decides. */
function likelierFirst(a: Scored, b: Scored): number {
  return b[1] - a[1] || Buffer.compare(Buffer.from(b[0]), Buffer.from(a[0]))
}

function expectation(
  { texts, counts }: UnigramTrainingInput,
  lattice: UnigramLattice,
  pieces: number,
): Float64Array {
  const expected = new Float64Array(pieces)
  texts.forEach((text, word) => lattice.expect(text, counts[word]!, expected))
  return expected
}

/** Pieces with the share they are expected to have, those of less than half a use left out. Digammas favour few pieces (Liang et al. 2007). */
function maximized(pieces: readonly Scored[], expected: Float64Array): Scored[] {
  const kept = pieces.flatMap(([piece], index) =>
    index === unknownPiece || expected[index]! >= 0.5 ? [[piece, expected[index]!] as Scored] : [],
  )
  const sum = digamma(kept.slice(1).reduce((total, [, count]) => total + count, 0))
  return kept.map(([piece, count], index) => [piece, index === unknownPiece ? 0 : digamma(count) - sum])
}

/** The derivative of the logarithm of the gamma function, by its asymptotic series. */
function digamma(given: number): number {
  let x = given
  let result = 0
  for (; x < 7; x += 1) result -= 1 / x
  x -= 0.5
  const square = 1 / (x * x)
  const fourth = square * square
  return (
    result +
    Math.log(x) +
    square / 24 -
    (7 / 960) * fourth +
    (31 / 8064) * fourth * square -
    (127 / 30720) * fourth * fourth
  )
}

/** Leaves the pieces out whose absence lowers the likelihood least: their uses fall to the next best way to write them. */
function pruned(
  input: UnigramTrainingInput,
  pieces: readonly Scored[],
  lattice: UnigramLattice,
  desired: number,
): Scored[] {
  const uses = usesOf(input, pieces.length, lattice)
  const sum = uses.reduce((all, use) => all + use, 0)
  const total = input.counts.reduce((all, count) => all + count, 0)
  const kept: Scored[] = [pieces[unknownPiece]!]
  const candidates: [index: number, loss: number][] = []
  for (let index = 1; index < pieces.length; index++) {
    const whole = lattice.scores[index]!
    const other = lattice.best(pieces[index]![0], index)
    const isBest = other === undefined || whole >= other.score
    const use = uses[index]!
    if (other === undefined || (!isBest && use > 0)) kept.push(pieces[index]!)
    if (other === undefined || !isBest || use === 0) continue
    const own = Math.log(use) - Math.log(sum)
    // The reference counts all pieces here, where SentencePiece counts those that stand in for this one.
    const sumWithout = Math.log(sum + use * (pieces.length - 1))
    const instead = other.pieces.reduce(
      (score, piece) => score + Math.log(uses[piece]! + use) - sumWithout,
      0,
    )
    candidates.push([index, (use / total) * (own - instead)])
  }
  candidates.sort((a, b) => b[1] - a[1])
  const size = Math.max(desired, Math.floor(pieces.length * input.shrinkingFactor))
  for (const [index] of candidates) {
    if (kept.length >= size) break
    kept.push(pieces[index]!)
  }
  return kept
}

/** How often each piece is used in the best cuts of all words. */
function usesOf(
  { texts, counts }: UnigramTrainingInput,
  pieces: number,
  lattice: UnigramLattice,
): Float64Array {
  const uses = new Float64Array(pieces)
  texts.forEach((text, word) => {
    for (const piece of lattice.best(text)!.pieces) uses[piece]! += counts[word]!
  })
  return uses
}

/** The alphabet, then the best pieces up to the size asked for. */
function finalized({ alphabet, pieces: size }: UnigramTrainingInput, pieces: readonly Scored[]): Scored[] {
  const scores = new Map(pieces.slice(1))
  const least = [...scores.values()].reduce((lowest, score) => Math.min(lowest, score), 0)
  let missing = 0
  const chosen = new Map(
    alphabet.map((character) => [character, scores.get(character) ?? least + 0.0001 * missing++]),
  )
  for (const [piece, score] of scores) {
    if (chosen.size >= size) break
    if (!chosen.has(piece)) chosen.set(piece, score)
  }
  return [...chosen].sort(likelierFirst)
}
