/** The model files of SentencePiece (https://github.com/google/sentencepiece, `sentencepiece_model.proto`). */
import { YuksuError } from '../errors.ts'
import { type ProtobufField, protobufFields } from './protobuf-reader.ts'

const pieceKinds = ['normal', 'unknown', 'control', 'user-defined', 'unused', 'byte'] as const
const algorithms = ['unigram', 'bpe', 'word', 'char'] as const

export interface SentencePiece {
  readonly text: string
  readonly score: number
  readonly kind: (typeof pieceKinds)[number]
}

/** What a model file says; the defaults are those of the format. */
export interface SentencePieceModel {
  readonly pieces: readonly SentencePiece[]
  readonly algorithm: (typeof algorithms)[number]
  readonly byteFallback: boolean
  /** Whether `▁` ends a word instead of beginning it. */
  readonly whitespaceAsSuffix: boolean
  /** The name of the normalization, such as `nmt_nfkc`. */
  readonly normalization: string
  /** Its table; empty for none. */
  readonly charsmap: Buffer
  readonly addsDummyPrefix: boolean
  readonly removesExtraWhitespaces: boolean
  readonly escapesWhitespaces: boolean
}

/** Reads a `.model` file. Throws YuksuError `invalid-tokenizer` where it is none. */
export function readSentencePieceModel(bytes: Buffer): SentencePieceModel {
  try {
    const fields = [...protobufFields(bytes)]
    const pieces = messages(fields, 1).map(readPiece)
    if (pieces.length > 0)
      return { pieces, ...readTrainer(messages(fields, 2)), ...readNormalizer(messages(fields, 3)) }
  } catch (cause) {
    if (!(cause instanceof YuksuError)) throw cause
  }
  throw new YuksuError(
    'invalid-tokenizer',
    'The file is not a SentencePiece model: it holds no pieces; give the .model file that training wrote.',
  )
}

function messages(fields: readonly ProtobufField[], number: number): ProtobufField[][] {
  return fields.flatMap(({ number: own, value }) =>
    own === number && Buffer.isBuffer(value) ? [[...protobufFields(value)]] : [],
  )
}

function valueOf(fields: readonly ProtobufField[], number: number): number | Buffer | undefined {
  return fields.findLast((field) => field.number === number)?.value
}

function readPiece(fields: readonly ProtobufField[]): SentencePiece {
  const [text, score, kind = 1] = [valueOf(fields, 1), valueOf(fields, 2), valueOf(fields, 3)]
  return {
    text: Buffer.isBuffer(text) ? text.toString('utf8') : '',
    score: Buffer.isBuffer(score) ? score.readFloatLE(0) : 0,
    kind: pieceKinds[Number(kind) - 1] ?? 'normal',
  }
}

function readTrainer([fields = []]: readonly ProtobufField[][]) {
  return {
    algorithm: algorithms[Number(valueOf(fields, 3) ?? 1) - 1] ?? 'unigram',
    whitespaceAsSuffix: valueOf(fields, 24) === 1,
    byteFallback: valueOf(fields, 35) === 1,
  }
}

function readNormalizer([fields = []]: readonly ProtobufField[][]) {
  const [name, charsmap] = [valueOf(fields, 1), valueOf(fields, 2)]
  const flag = (number: number): boolean => valueOf(fields, number) !== 0
  return {
    normalization: Buffer.isBuffer(name) ? name.toString('utf8') : '',
    charsmap: Buffer.isBuffer(charsmap) ? charsmap : Buffer.alloc(0),
    addsDummyPrefix: flag(3),
    removesExtraWhitespaces: flag(4),
    escapesWhitespaces: flag(5),
  }
}
