import { type AddedToken, cutAtAddedTokens } from './added-tokens.ts'
import { hasAllBytes } from './byte-pair-model.ts'
import { IntegerList } from './integer-list.ts'
import { createNormalizer } from './normalizers.ts'
import { createPreTokenizer, type PreTokenizer } from './pre-tokenizers.ts'
import { type Frame, readFrame } from './post-processors.ts'
import type { Scanner } from './scanner.ts'
import type { TokenizerParts } from './tokenizer-parts.ts'
import { createWordModel } from './word-model.ts'
import { WordMemory } from './word-memory.ts'

/** Ids of a text; with `framed`, within what the post-processor puts around it. */
export type TextEncoder = (text: string, framed: boolean) => number[]

const unpairedSurrogate = /\p{Surrogate}/gu

/**
 * The encoder of `tokenizer.json` by these parts, with the ids of the Rust library `tokenizers`. Throws UnknownPart where it
 * asks for what is not known here.
 */
export function createTextEncoder(parts: TokenizerParts): TextEncoder {
  const { model, normalizers } = parts
  const bytes = model.type === 'BPE' && parts.preTokenizers.at(-1)?.type === 'ByteLevel' && hasAllBytes(model)
  const memory = new WordMemory(createWordModel(model, bytes))
  const preTokenizer = createPreTokenizer(parts.preTokenizers, bytes)
  const scanner = preTokenizer.scanner && (wholeTextScanner(parts) ?? preTokenizer.scanner)
  const frame = readFrame(parts.postProcessors)
  const normalize = normalizers.length === 0 ? undefined : createNormalizer(normalizers)
  const cut = cutAtAddedTokens(parts.addedTokens.filter(({ normalized }) => !normalized))
  const cutNormalized = cutAtAddedTokens(normalizedTokens(parts, normalize))
  const asksForFirst = parts.preTokenizers.some(
    (part) => part.type === 'Metaspace' && part.prepend_scheme === 'first',
  )
  const out = new IntegerList()

  // A text whose first character is normalized away does not begin at the beginning.
  const keepsBeginning = (text: string): boolean =>
    normalize === undefined || !asksForFirst || normalize(String.fromCodePoint(text.codePointAt(0)!)) !== ''

  function encodePiece(text: string, isFirst: boolean): void {
    const prepared = preTokenizer.prepare(text, isFirst)
    if (scanner !== undefined) memory.scan(prepared, scanner, out)
    else for (const word of splitOf(preTokenizer, prepared, isFirst)) memory.word(word, out)
  }

  function encode(text: string): void {
    cut(text.replace(unpairedSurrogate, '\ufffd')).forEach((piece, place) => {
      if (typeof piece === 'number') {
        out.push(piece)
        return
      }
      cutNormalized(normalize === undefined ? piece : normalize(piece)).forEach((part, within) => {
        if (typeof part === 'number') out.push(part)
        else encodePiece(part, place === 0 && within === 0 && keepsBeginning(piece))
      })
    })
  }

  return (text, framed) => {
    out.length = 0
    if (framed) pushAll(frame.before, out)
    encode(text)
    if (framed) pushAll(frame.after, out)
    return out.toArray()
  }
}

function splitOf(preTokenizer: PreTokenizer, text: string, isFirst: boolean): string[] {
  return preTokenizer.split?.(text, isFirst) ?? [text]
}

function pushAll(ids: Frame['before'], out: IntegerList): void {
  for (const id of ids) out.push(id)
}

/** Tokens that are looked for in normalized text are normalized themselves. */
function normalizedTokens(
  parts: TokenizerParts,
  normalize: ((text: string) => string) | undefined,
): AddedToken[] {
  return parts.addedTokens
    .filter(({ normalized }) => normalized)
    .map((token) => ({ ...token, content: normalize?.(token.content) ?? token.content }))
}

/**
 * A model of byte pairs that is given whole texts with `▁` for spaces, as Llama 2's, can as well be given words, which can be
 * remembered: where no merge makes a token that has `▁` after another character, no merge reaches over a word's beginning.
 */
export function wholeTextScanner({ model, preTokenizers }: TokenizerParts): Scanner | undefined {
  const isWhole = preTokenizers.every((part) => part.type === 'Metaspace' && !part.split)
  // Without a token of its own `▁` would be part of a run of unknown characters.
  if (model.type !== 'BPE' || !isWhole || model.ignore_merges || model.vocab['▁'] === undefined)
    return undefined
  if (model.continuing_subword_prefix || model.end_of_word_suffix) return undefined
  const reaches = model.merges.some((merge) =>
    /[^▁]▁/.test(typeof merge === 'string' ? merge.replace(' ', '') : merge.join('')),
  )
  if (reaches) return undefined
  return scanMetaspaceWords
}

const metaspace = 0x2581

/** A run of `▁` and what follows it up to the next. */
function scanMetaspaceWords(text: Uint16Array, start: number, limit: number): number {
  let index = start
  while (index < limit && text[index] === metaspace) index++
  while (index < limit && text[index] !== metaspace) index++
  return index
}
