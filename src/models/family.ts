import type { HostTensor } from '../engine/session.ts'
import type { Tensor } from '../engine/tensor.ts'
import type { SafetensorsFile } from '../formats/safetensors.ts'
import type { Activation } from '../nn/activation.ts'
import type { KeyValue, KeyValueCache } from '../nn/key-value-cache.ts'
import type { Scope } from '../nn/scope.ts'

/** One tensor of a checkpoint. */
export interface ParameterSpecification {
  readonly name: string
  readonly shape: readonly number[]
  /**
   * How a model made from nothing starts: normal numbers of a deviation about 0, uniform ones from −bound to bound, or what a function makes of the
   * place of each, counted in order, and a random share from 0 to below 1.
   */
  readonly initialization:
    | 'zeros'
    | 'ones'
    | { readonly deviation: number }
    | { readonly bound: number }
    | { readonly value: (place: number, share: number) => number }
  /** False for what a checkpoint carries but training leaves alone. */
  readonly trainable: boolean
  /** True where files hold the matrix as `[in, out]`, its transpose; in memory it is `shape`, `[out, in]`, like any other. */
  readonly storedTransposed?: boolean
}

/** A copy distribution over the source beside the one over the vocabulary (See, Liu and Manning, 2017). */
export interface CopyHead {
  /** How much each source position is copied from, `[batch, length, source]`, each row summing to one. */
  readonly attention: Tensor
  /** The weight of the vocabulary distribution, `[batch, length, 1]`; the rest is copied. */
  readonly gate: Tensor
}

/** What a model's head says of the next token. */
export interface TokenScores {
  /** `[batch, length, vocabulary]`. */
  readonly logits: Tensor
  readonly copy?: CopyHead
}

/** What a model says of the next token. */
export interface Prediction extends TokenScores {
  /** What the logits are made of, behind the last norm, `[batch, length, width]`. */
  readonly hidden: Tensor
}

export interface EncoderInputs {
  /** Token ids, `[batch, source]`. */
  readonly tokens: Tensor
  /** Positions counted from zero, `[source]`. */
  readonly positions: Tensor
  /** 0 where a source token may be attended to, a large negative number at padding; `[batch, 1, 1, source]`. */
  readonly mask: Tensor
}

/** The named size of a decoding program whose rows are `batch * rowsPerExample`: beams, or samples, of each example. */
export const rowsPerExample = 'rowsPerExample'

export interface EncoderDecoderInputs {
  /** Token ids, `[rows, length]`, where `rows` is `batch` or `product([batch, rowsPerExample])`. */
  readonly tokens: Tensor
  /** `[length]`. */
  readonly positions: Tensor
  /** Added to the scores of self-attention: `[1, 1, length, past + length]`. */
  readonly selfMask: Tensor
  /** `[batch, 1, 1, source]`. */
  readonly sourceMask: Tensor
  /** The encoder's output, `[batch, source, width]`. Decoding gives `cross` instead, made once from it. */
  readonly encoded?: Tensor
  readonly cross?: CrossAttentionInputs
  readonly cache?: KeyValueCache
}

/** What every decoding step needs of the source, by the path of the block that uses it. */
export interface CrossAttentionInputs {
  readonly keyValues: ReadonlyMap<string, KeyValue>
  /** Keys of the copy head, `[batch, source, width]`. */
  readonly copyKeys?: Tensor
}

/** What a person says of a new model; a family fills in what is left out. */
export interface ModelSizes {
  readonly width?: number | undefined
  readonly encoderLayers?: number | undefined
  readonly decoderLayers?: number | undefined
  readonly heads?: number | undefined
  readonly keyValueHeads?: number | undefined
  readonly feedForwardWidth?: number | undefined
  readonly activation?: Activation | undefined
  readonly maxPositions?: number | undefined
  readonly tieEmbeddings?: boolean | undefined
  readonly copyHead?: boolean | undefined
  readonly dropout?: number | undefined
}

/** What a new model must know of its tokenizer. */
export interface Vocabulary {
  readonly size: number
  readonly begin: number
  readonly end: number
  readonly padding: number
}

/** The deviation that suits a width of 768 in published models, carried over to others: products keep their size. */
export function initializationDeviation(width: number): number {
  return 0.02 * Math.sqrt(768 / width)
}

interface FamilyBase<Configuration> {
  /** The name in recipes and messages. */
  readonly name: string
  /** The values of `model_type` in `config.json` that this family opens. */
  readonly modelTypes: readonly string[]
  /** Reads `config.json`; throws YuksuError naming the first value that is missing, wrong or not supported. */
  parseConfiguration(json: Readonly<Record<string, unknown>>): Configuration
  /** The configuration of a new model of these sizes, of one of the family's model types. */
  configure(modelType: string, sizes: ModelSizes, vocabulary: Vocabulary): Configuration
  /** What a rate of dropout sets in a configuration: what is zeroed while training, and nothing else. */
  dropouts(rate?: number): Partial<Configuration>
  /** `config.json` of a model of this configuration, for transformers and for `parseConfiguration`. */
  formatConfiguration(configuration: Configuration): Record<string, unknown>
  /** Every tensor of the checkpoint, under its published name. */
  parameters(configuration: Configuration): ParameterSpecification[]
  /** Names that stand for another parameter. */
  aliases(configuration: Configuration): Readonly<Record<string, string>>
  /**
   * The name here of a tensor in a published file, where it may be another than there; undefined for one that is left alone, because what it
   * holds follows from the configuration.
   */
  tensorName?(stored: string, configuration: Configuration): string | undefined
  /** What only the tensors of a checkpoint tell of its configuration, such as whether they hold a head of their own. */
  fitToFile?(configuration: Configuration, file: SafetensorsFile): Promise<Configuration>
}

export interface CommonConfiguration {
  readonly vocabularySize: number
  /** Infinity where nothing but memory sets a limit, as with relative positions. */
  readonly maxPositions: number
}

export interface EncoderDecoderFamily<
  Configuration extends CommonConfiguration = CommonConfiguration,
> extends FamilyBase<Configuration> {
  readonly kind: 'encoder-decoder'
  /** `[batch, source, width]`. */
  encode(scope: Scope, inputs: EncoderInputs, configuration: Configuration): Tensor
  /** The keys and values of cross-attention for an encoder's output. */
  cross(scope: Scope, encoded: Tensor, configuration: Configuration): CrossAttentionInputs
  decode(scope: Scope, inputs: EncoderDecoderInputs, configuration: Configuration): Prediction
}

export interface DecoderInputs {
  /** Token ids, `[batch, length]`. */
  readonly tokens: Tensor
  /** `[batch, length]`. */
  readonly positions: Tensor
  /**
   * Added to the scores: `[batch or 1, 1, length, past + length]`. It says who may see whom at all, in rows that are padded, packed or go on from a
   * cache, and whoever calls a family makes this one alone. What a family has besides it makes of it while tracing, once for all
   * layers that share it: `slidingWindow(mask, window)` (`masks.ts`) is a mask of a window, as many of them as the model has kinds of layers;
   * `alibiMask(mask, heads)` (`nn/alibi.ts`) one with ALiBi's biases, for the same option of `attention`; `keyDistances(mask)`
   * (`engine/ops/key-distances.ts`) the numbers of places from keys to queries, `[length, past + length]`, for any other bias.
   */
  readonly mask: Tensor
  readonly cache?: KeyValueCache
  /** Predict after the last token only, `[batch, 1, vocabulary]`: all that decoding needs. */
  readonly onlyLast?: boolean
  /** How many positions the program must be able to tell apart; the configuration's by default. */
  readonly positionCount?: number
}

export interface DecoderFamily<
  Configuration extends CommonConfiguration = CommonConfiguration,
> extends FamilyBase<Configuration> {
  readonly kind: 'decoder'
  forward(scope: Scope, inputs: DecoderInputs, configuration: Configuration): Prediction
  /**
   * The length beyond which a row's first tokens mean something else than they did in a shorter row, where there is such a one: what a cache
   * kept of them then holds no more.
   */
  rereadAfter?(configuration: Configuration): number | undefined
}

/** What stands on an encoder. */
export type EncoderHead =
  | 'none'
  | 'masked-words'
  | 'next-sentence'
  /** Both of those before. */
  | 'pretraining'
  | 'sequence-classification'
  | 'token-classification'

export interface EncoderConfiguration extends CommonConfiguration {
  readonly head: EncoderHead
  /** What a classifier tells apart, in the order of its numbers. */
  readonly labels: readonly string[]
  /** What the numbers of a text's classifier are of; null where the labels are to tell. */
  readonly problemType: 'single_label_classification' | 'multi_label_classification' | 'regression' | null
  /** How many kinds of token types there are, such as the two sentences of a pair. */
  readonly tokenTypes: number
  /** And of languages, where the model is told them. */
  readonly languages?: number
  readonly padTokenId: number
}

/** Rows that an encoder reads, `[batch, length]`, padded on the right. */
export interface EncoderRows {
  /** Token ids. */
  readonly tokens: Tensor
  /** As the family's `positions` tells them, or others, such as those that begin anew with a second sentence. */
  readonly positions: Tensor
  /** Which part of a pair each token belongs to, from 0. */
  readonly tokenTypes: Tensor
  /** The language of each token, where the configuration has any. */
  readonly languages?: Tensor
  /** 0 where a token may be attended to, a large negative number at padding; `[batch, 1, 1, length]`. */
  readonly mask: Tensor
}

/** What an encoder makes of its rows. */
export interface Encoding {
  /** `[batch, length, width]`. */
  readonly hidden: Tensor
  /** What the model makes of a whole row, `[batch, width]`, where it was taught to. */
  readonly pooled?: Tensor
  /** `[batch, length, vocabulary]` of masked words, `[batch, labels]` of a text's classifier, `[batch, length, labels]` of one of tokens. */
  readonly logits?: Tensor
  /** Whether the second sentence of a pair follows the first (0) or does not (1), `[batch, 2]`. */
  readonly nextSentence?: Tensor
}

export interface EncoderFamily<
  Configuration extends CommonConfiguration = CommonConfiguration,
> extends FamilyBase<Configuration> {
  readonly kind: 'encoder'
  /** The positions of token ids `[batch, length]`. */
  positions(ids: ArrayLike<number>, batch: number, length: number, configuration: Configuration): HostTensor
  /** Whether they are counted over what is no padding token, from the number after that token's id; without it from 0 over everything. */
  skipsPadding?(configuration: Configuration): boolean
  encode(scope: Scope, rows: EncoderRows, configuration: Configuration): Encoding
  /** The same model with another head, which has these labels where it is a classifier. Throws YuksuError where there is no such head. */
  withHead(configuration: Configuration, head: EncoderHead, labels: readonly string[]): Configuration
}

// A family is used through functions of its own configuration only, so it is safe to forget which one.
export type ModelFamily = EncoderDecoderFamily | DecoderFamily | EncoderFamily
