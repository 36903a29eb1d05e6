import type { Tokenizer } from './tokenizer.ts'

/** Token ids of a text, and at which of them each of some places in the text is. */
export interface PlacedTokens {
  readonly ids: readonly number[]
  /** For each place the number of tokens before it; undefined where a token reaches over it. */
  readonly indices: readonly (number | undefined)[]
}

/**
 * Encodes a rendered conversation: its special tokens are in the text, so none are added, and one that begins a text does so once though the
 * template writes it and the text has it as well. At `cuts` the text is encoded in pieces, so that no token reaches over them.
 *
 * A place is at token k where the text up to it encodes as the first k tokens: exactly what a model is given that goes on from there.
 */
export function encodePieces(
  tokenizer: Tokenizer,
  text: string,
  places: readonly number[],
  cuts: readonly number[] = [],
): PlacedTokens {
  const borders = [...new Set([0, ...cuts, text.length])].sort((a, b) => a - b)
  const ids: number[] = []
  const found = new Map<number, number>([[0, 0]])
  for (const [place, start] of borders.slice(0, -1).entries()) {
    const piece = text.slice(start, borders[place + 1])
    const own = tokenizer.encode(piece)
    const inside = [...new Set(places)]
      .filter((at) => at > start && at < start + piece.length)
      .sort((a, b) => a - b)
    placeTokens(tokenizer, piece, own, start, inside, (at, index) => found.set(at, ids.length + index))
    for (const id of own) ids.push(id)
    found.set(start + piece.length, ids.length)
  }
  return withoutDoubleBegin(tokenizer, ids, places, found)
}

/** Finds the places within one piece, from one to the next; where that fails, from the start. */
function placeTokens(
  tokenizer: Tokenizer,
  piece: string,
  ids: readonly number[],
  start: number,
  places: readonly number[],
  found: (place: number, index: number) => void,
): void {
  let last = { at: 0, index: 0 }
  for (const place of places) {
    const at = place - start
    const tokens = tokenizer.encode(piece.slice(last.at, at))
    let index: number | undefined
    if (isAt(ids, last.index, tokens)) index = last.index + tokens.length
    else if (last.at > 0) {
      const all = tokenizer.encode(piece.slice(0, at))
      if (isAt(ids, 0, all)) index = all.length
    }
    if (index === undefined) continue
    found(place, index)
    last = { at, index }
  }
}

function isAt(ids: readonly number[], index: number, tokens: readonly number[]): boolean {
  return tokens.every((token, place) => ids[index + place] === token)
}

function withoutDoubleBegin(
  { specialTokens: { bos } }: Tokenizer,
  ids: readonly number[],
  places: readonly number[],
  found: ReadonlyMap<number, number>,
): PlacedTokens {
  const first = bos === undefined ? 0 : ids.findIndex((id) => id !== bos)
  const double = Math.max(0, (first < 0 ? ids.length : first) - 1)
  return {
    ids: ids.slice(double),
    indices: places.map((place) => {
      const index = found.get(place)
      return index === undefined ? undefined : Math.max(0, index - double)
    }),
  }
}
