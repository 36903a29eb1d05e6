import { type PostProcessorPart, UnknownPart } from './tokenizer-parts.ts'

/** What is put around the ids of a single text. */
export interface Frame {
  readonly before: readonly number[]
  readonly after: readonly number[]
}

/** What the post-processors of `tokenizer.json` put around one text; the later ones around what the earlier ones did. */
export function readFrame(parts: readonly PostProcessorPart[]): Frame {
  return parts.map(frameOf).reduce(
    (inner, outer) => ({
      before: [...outer.before, ...inner.before],
      after: [...inner.after, ...outer.after],
    }),
    { before: [], after: [] },
  )
}

function frameOf(part: PostProcessorPart): Frame {
  switch (part.type) {
    case 'ByteLevel':
      return { before: [], after: [] }
    case 'BertProcessing':
    case 'RobertaProcessing':
      return { before: [part.cls[1]], after: [part.sep[1]] }
    case 'TemplateProcessing':
      return templateFrame(part)
  }
}

function templateFrame({
  single,
  special_tokens: tokens,
}: Extract<PostProcessorPart, { type: 'TemplateProcessing' }>): Frame {
  const texts = single.filter((piece) => 'Sequence' in piece)
  if (texts.length !== 1)
    throw new UnknownPart('its template for a single text has the text more than once, or not at all')
  const at = single.findIndex((piece) => 'Sequence' in piece)
  const idsOf = (pieces: typeof single) =>
    pieces.flatMap((piece) => {
      if (!('SpecialToken' in piece)) return []
      const token = tokens[piece.SpecialToken.id]
      if (token === undefined)
        throw new UnknownPart(`its template names ${piece.SpecialToken.id}, which it does not describe`)
      return token.ids
    })
  return { before: idsOf(single.slice(0, at)), after: idsOf(single.slice(at + 1)) }
}
