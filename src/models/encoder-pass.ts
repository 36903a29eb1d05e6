import { compile, type Program } from '../engine/lowering.ts'
import { integers, Session } from '../engine/session.ts'
import { input, type Tensor } from '../engine/tensor.ts'
import { YuksuError } from '../errors.ts'
import { firstToken, meanOfTokens } from '../nn/pooling.ts'
import type { EncoderConfiguration, EncoderFamily, EncoderRows } from './family.ts'
import { paddingMask } from './masks.ts'
import type { Model } from './model.ts'
import { attendedOf, idGrid, tokenGrid } from './token-grid.ts'

export interface EncoderPassInputs {
  /** Token ids of each row; rows of one length. */
  readonly inputIds: readonly (readonly number[])[]
  /** 1 where there is a token, 0 at padding; all ones by default. */
  readonly attentionMask?: readonly (readonly number[])[]
  /** Which part of a pair each token belongs to; 0 by default. */
  readonly tokenTypeIds?: readonly (readonly number[])[]
  /** The language of each token, for a model that is told it, and only for one. */
  readonly languageIds?: readonly (readonly number[])[]
  /** The position of each token, by default counted as the model was taught. */
  readonly positionIds?: readonly (readonly number[])[]
}

/** Numbers of a program, row-major. */
export interface Values {
  readonly data: Float32Array
  readonly shape: readonly number[]
}

/** What an encoder says of rows. */
export interface Encoded {
  /** `[batch, length, width]`. */
  readonly hidden: Values
  /** The mean of that over the tokens of each row, and what of it stands at the first token: embeddings of a text, `[batch, width]`. */
  readonly mean: Values
  readonly first: Values
  /** What the model itself makes of a whole row, `[batch, width]`, where it was taught to. */
  readonly pooled?: Values
  /** `[batch, length, vocabulary]` of masked words, `[batch, labels]` of a text's classifier, `[batch, length, labels]` of one of tokens. */
  readonly logits?: Values
  /** Whether the second sentence of a pair follows the first (0) or does not (1), `[batch, 2]`. */
  readonly nextSentence?: Values
}

/** The inputs of a program that reads rows of an encoder, of sizes that may be names. */
export function encoderRows(
  configuration: EncoderConfiguration,
  batch: number | string,
  length: number | string,
): EncoderRows {
  const ids = (name: string) => input(name, [batch, length], 'int64')
  return {
    tokens: ids('source'),
    positions: ids('sourcePositions'),
    tokenTypes: ids('tokenTypes'),
    ...(configuration.languages !== undefined && { languages: ids('languages') }),
    mask: input('sourceMask', [batch, 1, 1, length]),
  }
}

/** Runs a whole encoder over whole rows. */
export class EncoderPass {
  private session: Promise<Session> | undefined
  private readonly model: Model
  private readonly family: EncoderFamily
  private readonly configuration: EncoderConfiguration

  /** Throws YuksuError where the model is no encoder. */
  constructor(model: Model) {
    if (model.family.kind !== 'encoder') {
      throw new YuksuError(
        'no-encoder',
        `a ${model.family.name} model writes text and has no embeddings of it to give; open an encoder, such as BERT`,
      )
    }
    this.model = model
    this.family = model.family
    this.configuration = model.configuration as EncoderConfiguration
  }

  /** Throws YuksuError for rows of unequal lengths, longer ones than the model reads, and ids that are none. */
  async run(inputs: EncoderPassInputs): Promise<Encoded> {
    const rows = tokenGrid(inputs.inputIds, 'inputIds', this.model)
    const { batch, length } = rows
    const others = (given: readonly (readonly number[])[] | undefined, name: string, count: number) => {
      if (given === undefined) return integers(new Int32Array(batch * length), [batch, length])
      const grid = idGrid(given, name, { count, kind: 'id of this model' })
      if (grid.batch !== batch || grid.length !== length)
        throw new YuksuError('input-shape', `${name}: expected the shape of inputIds`)
      return grid.tensor
    }
    const { tokenTypes, languages = 0, maxPositions } = this.configuration
    if (languages > 0 && inputs.languageIds === undefined) {
      throw new YuksuError(
        'missing-input',
        `this ${this.family.name} model is told the language of each token; give languageIds, of ${languages} languages`,
      )
    }
    if (languages === 0 && inputs.languageIds !== undefined)
      throw new YuksuError(
        'unexpected-input',
        `a ${this.family.name} model is told no languages; leave languageIds out`,
      )
    this.session ??= Session.create(this.program())
    const session = await this.session
    const results = await session.run({
      ...this.model.feeds(),
      source: rows.tensor,
      sourcePositions:
        inputs.positionIds === undefined
          ? this.family.positions(rows.data, batch, length, this.configuration)
          : others(inputs.positionIds, 'positionIds', maxPositions),
      tokenTypes: others(inputs.tokenTypeIds, 'tokenTypeIds', tokenTypes),
      languages: others(inputs.languageIds, 'languageIds', languages),
      sourceMask: paddingMask(attendedOf(inputs.attentionMask, rows), batch, length),
    })
    const values = Object.entries(results).map(([name, { data, shape }]): [string, Values] => [
      name,
      { data: data as Float32Array, shape },
    ])
    return Object.fromEntries(values) as unknown as Encoded
  }

  async release(): Promise<void> {
    await (await this.session)?.release()
  }

  private program(): Program {
    const rows = encoderRows(this.configuration, 'batch', 'length')
    const { hidden, ...others } = this.family.encode(this.model.scope(), rows, this.configuration)
    const outputs: Record<string, Tensor> = {
      hidden,
      mean: meanOfTokens(hidden, rows.mask),
      first: firstToken(hidden),
      ...others,
    }
    return compile(outputs)
  }
}
