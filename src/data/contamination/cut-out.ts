import type { Stretch } from './evaluation-index.ts'
import type { CutText } from './units.ts'

export interface CutOptions {
  /** Characters cut on both sides of a passage. */
  readonly margin: number
  /** Pieces of fewer characters are not kept. */
  readonly minimumPiece: number
}

/** A text of more passages than this is not worth its pieces (GPT-3). */
const mostPassages = 10
const space = /\s/

/**
 * The texts without the passages and without `margin` characters on both sides, to the next space; what is left of a text
 * is joined by line ends. Undefined where too little is left of one, or where there are more than ten passages.
 */
export function cutOut(
  texts: ReadonlyMap<string, { readonly text: CutText; readonly stretches: readonly Stretch[] }>,
  { margin, minimumPiece }: CutOptions,
): { values: Record<string, string>; passages: number } | undefined {
  const values: Record<string, string> = {}
  let passages = 0
  for (const [name, { text, stretches }] of texts) {
    passages += stretches.length
    const pieces: string[] = []
    let from = 0
    for (const { start, end } of stretches) {
      pieces.push(
        text.text.slice(from, Math.max(from, spaceBefore(text.text, text.starts![start]! - margin))),
      )
      from = spaceAfter(text.text, text.ends![end - 1]! + margin)
    }
    pieces.push(text.text.slice(from))
    const kept = pieces.map((piece) => piece.trim()).filter((piece) => piece.length >= minimumPiece)
    if (kept.length === 0) return undefined
    values[name] = kept.join('\n')
  }
  return passages > mostPassages ? undefined : { values, passages }
}

function spaceBefore(text: string, place: number): number {
  let at = Math.max(0, place)
  while (at > 0 && !space.test(text[at - 1]!)) at--
  return at
}

function spaceAfter(text: string, place: number): number {
  let at = Math.min(text.length, place)
  while (at < text.length && !space.test(text[at]!)) at++
  return at
}
