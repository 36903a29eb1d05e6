/**
 * Longest common subsequences by bit-parallel dynamic programming.
 *
 * With V a word of ones, one bit a position of the first sequence, each item b of the second updates
 *
 *     U = V & M[b]        V = (V + U) | (V & ~M[b])
 *
 * where M[b] marks the positions that hold b; in the end the zeros of V count the subsequence.
 * Words hold 30 bits, so that their sum stays a small integer in JavaScript. A longer first sequence is cut into
 * strips of 30 positions; the carry of the addition travels from strip to strip, one bit an item of the second.
 *
 * Hyyrö, H. "Bit-parallel LCS-length computation revisited." AWOCA 2004.
 */

const wordBits = 30
const ones = 2 ** wordBits - 1

function countOnes(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555)
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333)
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}

/** Positions of each id within the current strip; zero between calls, grown to the largest id seen. */
let masks = new Int32Array(1024)
let carries = new Uint8Array(256)

function reserve(first: Int32Array, second: Int32Array): void {
  let largest = 0
  for (const id of first) if (id > largest) largest = id
  for (const id of second) if (id > largest) largest = id
  if (largest >= masks.length) masks = new Int32Array(2 * largest + 1)
  if (second.length > carries.length) carries = new Uint8Array(2 * second.length)
  carries.fill(0, 0, second.length)
}

/** Runs one strip over `second` and returns its last V; `record` receives every V on the way. */
function runStrip(
  first: Int32Array,
  start: number,
  end: number,
  second: Int32Array,
  record?: Int32Array,
): number {
  for (let index = start; index < end; index++) masks[first[index]!]! |= 1 << (index - start)
  let state = ones
  for (let index = 0; index < second.length; index++) {
    const mask = masks[second[index]!]!
    const sum = state + (state & mask) + carries[index]!
    carries[index] = sum >>> wordBits
    state = (sum & ones) | (state & ~mask)
    if (record !== undefined) record[index] = state
  }
  for (let index = start; index < end; index++) masks[first[index]!] = 0
  return state
}

/**
 * The length of the longest common subsequence of two sequences of ids (non-negative integers, small ones:
 * a table of the largest id's size is kept). Time is `first.length × second.length / 30`, memory linear.
 */
export function commonSubsequenceLength(first: Int32Array, second: Int32Array): number {
  if (first.length === 0 || second.length === 0) return 0
  reserve(first, second)
  let length = 0
  for (let start = 0; start < first.length; start += wordBits) {
    const end = Math.min(start + wordBits, first.length)
    const state = runStrip(first, start, end, second)
    length += end - start - countOnes(state & (2 ** (end - start) - 1))
  }
  return length
}

/**
 * Positions in `first` of one longest common subsequence, in rising order. Where several exist it is the one that
 * rouge_score's backtracking finds: from the end, matching items are taken, else `second` is shortened if that
 * alone keeps the length, else `first`. Memory is `first.length × second.length / 30` words.
 */
export function commonSubsequencePositions(first: Int32Array, second: Int32Array): number[] {
  if (first.length === 0 || second.length === 0) return []
  reserve(first, second)
  const strips: Int32Array[] = []
  for (let start = 0; start < first.length; start += wordBits) {
    const record = new Int32Array(second.length)
    runStrip(first, start, Math.min(start + wordBits, first.length), second, record)
    strips.push(record)
  }
  const positions: number[] = []
  let row = first.length - 1
  let column = second.length - 1
  while (row >= 0 && column >= 0) {
    // A zero bit says that position `row` adds one to the length: without it the subsequence is shorter.
    const rowCounts = ((strips[Math.floor(row / wordBits)]![column]! >>> (row % wordBits)) & 1) === 0
    if (first[row] === second[column]) {
      positions.push(row)
      row--
      column--
    } else if (rowCounts) column--
    else row--
  }
  return positions.reverse()
}
