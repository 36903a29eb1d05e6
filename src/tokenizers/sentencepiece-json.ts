/** SentencePiece models as `tokenizer.json`. */
import { YuksuError } from '../errors.ts'
import type { SentencePiece, SentencePieceModel } from './sentencepiece-model.ts'
import type { AddedTokenJson } from './tokenizer-json.ts'

export interface SentencePieceOptions {
  /** Whether the begin token stands before a text that is encoded with special tokens, as Llama 2 has it. Default false. */
  readonly addBos?: boolean | undefined
  /** Whether the end token stands after it. Default false. */
  readonly addEos?: boolean | undefined
}

/**
 * `tokenizer.json` of a SentencePiece model, which keeps the order of its pieces as ids. Control and user-defined pieces are added
 * tokens: the former are special, and found in text, as in transformers (SentencePiece itself never finds them there).
 *
 * @throws YuksuError `unsupported-tokenizer` naming what `tokenizer.json` has no place for.
 */
export function sentencePieceJson(model: SentencePieceModel, options: SentencePieceOptions = {}): object {
  refuseUnsupported(model)
  const added = model.pieces.flatMap(({ text, kind }, id) =>
    kind === 'control' || kind === 'unknown' || kind === 'user-defined'
      ? [addedToken(id, text, kind !== 'user-defined')]
      : [],
  )
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: added,
    normalizer: { type: 'Sequence', normalizers: normalizers(model) },
    pre_tokenizer: preTokenizer(model),
    post_processor: template(model, options),
    decoder: { type: 'Sequence', decoders: decoders(model) },
    model: model.algorithm === 'bpe' ? bytePairModel(model) : unigramModel(model),
  }
}

/** `tokenizer_config.json` of a SentencePiece model: its control pieces by their customary names. */
export function sentencePieceConfig(model: SentencePieceModel): Record<string, unknown> {
  const roles = { '<s>': 'bos', '</s>': 'eos', '<unk>': 'unk', '<pad>': 'pad' } as const
  const named = Object.entries(roles).flatMap(([text, role]) =>
    model.pieces.some((piece) => piece.text === text && piece.kind !== 'normal')
      ? [[`${role}_token`, text]]
      : [],
  )
  return {
    tokenizer_class: 'PreTrainedTokenizerFast',
    clean_up_tokenization_spaces: false,
    model_max_length: 1e30,
    ...Object.fromEntries(named),
  }
}

function refuseUnsupported(model: SentencePieceModel): void {
  const reason =
    model.algorithm === 'word' || model.algorithm === 'char'
      ? `it was trained as ${model.algorithm}, not as unigram or bpe`
      : model.whitespaceAsSuffix
        ? 'it writes spaces at the end of words'
        : model.escapesWhitespaces
          ? undefined
          : 'it leaves spaces as they are'
  if (reason !== undefined) {
    throw new YuksuError(
      'unsupported-tokenizer',
      `The SentencePiece model cannot be used: ${reason}; train one with the usual settings.`,
    )
  }
}

function addedToken(id: number, content: string, special: boolean): AddedTokenJson {
  return { id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special }
}

function normalizers(model: SentencePieceModel): object[] {
  return [
    // The library looks clusters of characters up another way than SentencePiece, whose tables compose Korean letters among others.
    ...(/^(nmt_)?nfkc/.test(model.normalization) ? [{ type: 'NFC' }] : []),
    ...(model.charsmap.length > 0
      ? [{ type: 'Precompiled', precompiled_charsmap: model.charsmap.toString('base64') }]
      : []),
    ...(model.removesExtraWhitespaces
      ? [
          // Spaces alone: a Strip step would take line ends too.
          { type: 'Replace', pattern: { Regex: String.raw`\A +| +\z` }, content: '' },
          { type: 'Replace', pattern: { Regex: ' {2,}' }, content: ' ' },
        ]
      : []),
    ...(model.addsDummyPrefix && !hasSymbols(model) ? [{ type: 'Prepend', prepend: '▁' }] : []),
    { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
  ]
}

/**
 * Where there are user-defined pieces the prefix stands before the whole text only, as in SentencePiece: before each stretch between them,
 * as a Prepend step would have it, it would be a space that the text has not. (SentencePiece puts the prefix before a text that begins
 * with such a piece, or with spaces that are taken off, too; `tokenizer.json` cannot say so.)
 */
function preTokenizer(model: SentencePieceModel): object | null {
  const first = model.addsDummyPrefix && hasSymbols(model)
  // A piece never reaches over the beginning of a word unless a model was trained so.
  const split = model.algorithm === 'unigram' && !model.pieces.some(({ text }) => /[^▁]▁/.test(text))
  if (!first && !split) return null
  return { type: 'Metaspace', replacement: '▁', prepend_scheme: first ? 'first' : 'never', split }
}

function hasSymbols({ pieces }: SentencePieceModel): boolean {
  return pieces.some(({ kind }) => kind === 'user-defined')
}

function decoders(model: SentencePieceModel): object[] {
  return [
    { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
    ...(model.byteFallback ? [{ type: 'ByteFallback' }] : []),
    { type: 'Fuse' },
    ...(model.addsDummyPrefix ? [{ type: 'Strip', content: ' ', start: 1, stop: 0 }] : []),
  ]
}

function template(
  { pieces }: SentencePieceModel,
  { addBos = false, addEos = false }: SentencePieceOptions,
): object | null {
  const used = [...(addBos ? ['<s>'] : []), ...(addEos ? ['</s>'] : [])]
  if (used.length === 0) return null
  const special = (given: boolean, id: string, type: number) =>
    given ? [{ SpecialToken: { id, type_id: type } }] : []
  const around = (id: 'A' | 'B', type: number) => [
    ...special(addBos, '<s>', type),
    { Sequence: { id, type_id: type } },
    ...special(addEos, '</s>', type),
  ]
  const idOf = (token: string): number => {
    const id = pieces.findIndex(({ text, kind }) => text === token && kind === 'control')
    if (id < 0)
      throw new YuksuError(
        'unsupported-tokenizer',
        `The SentencePiece model has no control piece ${token}, which was asked for around texts; leave it out.`,
      )
    return id
  }
  return {
    type: 'TemplateProcessing',
    single: around('A', 0),
    pair: [...around('A', 0), ...around('B', 1)],
    special_tokens: Object.fromEntries(
      used.map((token) => [token, { id: token, ids: [idOf(token)], tokens: [token] }]),
    ),
  }
}

function unigramModel({ pieces, byteFallback }: SentencePieceModel): object {
  return {
    type: 'Unigram',
    unk_id: unknownId(pieces),
    vocab: pieces.map(({ text, score }) => [text, score]),
    byte_fallback: byteFallback,
  }
}

function bytePairModel({ pieces, byteFallback }: SentencePieceModel): object {
  return {
    type: 'BPE',
    dropout: null,
    unk_token: pieces[unknownId(pieces)]!.text,
    continuing_subword_prefix: null,
    end_of_word_suffix: null,
    fuse_unk: true,
    byte_fallback: byteFallback,
    ignore_merges: false,
    vocab: Object.fromEntries(pieces.map(({ text }, id) => [text, id])),
    merges: pieceMerges(pieces),
  }
}

function unknownId(pieces: readonly SentencePiece[]): number {
  const id = pieces.findIndex(({ kind }) => kind === 'unknown')
  if (id < 0)
    throw new YuksuError(
      'unsupported-tokenizer',
      'The SentencePiece model has no unknown piece; train it again with the usual settings.',
    )
  return id
}

/**
 * Every way to make a piece of two others, by falling score of what they make; among equals the longer left one first, as
 * transformers orders them.
 */
function pieceMerges(pieces: readonly SentencePiece[]): [left: string, right: string][] {
  const ids = new Map(
    pieces.flatMap(({ text, kind }, id) => (kind === 'normal' ? [[text, id] as const] : [])),
  )
  const merges: { left: string; right: string; score: number; lengths: [number, number] }[] = []
  for (const [text, id] of ids) {
    const characters = [...text]
    for (let at = 1; at < characters.length; at++) {
      const [left, right] = [characters.slice(0, at).join(''), characters.slice(at).join('')]
      if (!ids.has(left) || !ids.has(right)) continue
      merges.push({ left, right, score: pieces[id]!.score, lengths: [at, characters.length - at] })
    }
  }
  merges.sort((a, b) => b.score - a.score || b.lengths[0] - a.lengths[0] || b.lengths[1] - a.lengths[1])
  return merges.map(({ left, right }) => [left, right])
}
