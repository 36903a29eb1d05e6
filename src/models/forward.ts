import { compile } from '../engine/lowering.ts'
import { Session, type HostTensor } from '../engine/session.ts'
import { input } from '../engine/tensor.ts'
import { YuksuError } from '../errors.ts'
import { type Encoded, EncoderPass, type EncoderPassInputs, type Values } from './encoder-pass.ts'
import type { DecoderFamily, EncoderDecoderFamily } from './family.ts'
import { causalMask, causalPaddingMask, paddedPositions, paddingMask, positions } from './masks.ts'
import type { Model } from './model.ts'
import { nextTokenScores } from './next-token.ts'
import { attendedOf, tokenGrid } from './token-grid.ts'

export interface ForwardInputs extends EncoderPassInputs {
  /** What the decoder of an encoder–decoder reads. */
  readonly decoderInputIds?: readonly (readonly number[])[]
}

export interface Logits {
  /**
   * `[batch, length, vocabulary]`, row-major. With a copy head: logarithms of the mixed probabilities. Of an encoder what its head scores, such
   * as `[batch, labels]`.
   */
  readonly logits: Values
  /** What they are made of, behind the last norm, `[batch, length, width]`; not of an encoder, which `encode` asks. */
  readonly hidden?: Values
}

/** Runs a whole model over whole rows: no cache, every position's logits. */
export class ForwardPass {
  private session: Promise<Session> | undefined
  private encoder: EncoderPass | undefined
  private readonly model: Model

  constructor(model: Model) {
    this.model = model
  }

  /** Throws YuksuError for rows that do not fit, and where an encoder has no head: `encode` tells what else it makes of rows. */
  async run(inputs: ForwardInputs): Promise<Logits> {
    if (this.model.family.kind === 'encoder') {
      const { logits } = await this.encode(inputs)
      if (logits !== undefined) return { logits }
      throw new YuksuError(
        'no-head',
        `this ${this.model.family.name} model has no head that gives logits; ask what it makes of rows by encode, or open it with a head`,
      )
    }
    const source = tokenGrid(inputs.inputIds, 'inputIds', this.model)
    const attended = attendedOf(inputs.attentionMask, source)
    this.session ??= Session.create(this.program())
    const session = await this.session
    const feeds = this.feeds(inputs, source, attended)
    const { scores, hidden } = await session.run({ ...this.model.feeds(), ...feeds })
    const values = ({ data, shape }: HostTensor) => ({ data: data as Float32Array, shape })
    return { logits: values(scores!), hidden: values(hidden!) }
  }

  /** Hidden states, embeddings and what the head says, of an encoder. Throws YuksuError where the model is none. */
  async encode(inputs: EncoderPassInputs): Promise<Encoded> {
    this.encoder ??= new EncoderPass(this.model)
    return this.encoder.run(inputs)
  }

  async release(): Promise<void> {
    await (await this.session)?.release()
    await this.encoder?.release()
  }

  private feeds(
    inputs: ForwardInputs,
    source: ReturnType<typeof tokenGrid>,
    attended: readonly number[],
  ): Record<string, HostTensor> {
    const { batch, length } = source
    if (this.model.family.kind === 'decoder') {
      return {
        tokens: source.tensor,
        positions: paddedPositions(attended, batch, length),
        mask: causalPaddingMask(attended, batch, length),
      }
    }
    if (inputs.decoderInputIds === undefined) {
      throw new YuksuError('missing-input', 'an encoder–decoder also needs decoderInputIds')
    }
    const target = tokenGrid(inputs.decoderInputIds, 'decoderInputIds', this.model)
    return {
      source: source.tensor,
      sourcePositions: positions(length),
      sourceMask: paddingMask(attended, batch, length),
      tokens: target.tensor,
      positions: positions(target.length),
      selfMask: causalMask(target.length),
    }
  }

  private program() {
    const { model } = this
    const scope = model.scope()
    if (model.family.kind === 'decoder') {
      const family: DecoderFamily = model.family
      const prediction = family.forward(
        scope,
        {
          tokens: input('tokens', ['batch', 'length'], 'int64'),
          positions: input('positions', ['batch', 'length'], 'int64'),
          mask: input('mask', ['batch', 1, 'length', 'length']),
        },
        model.configuration,
      )
      return compile({ scores: prediction.logits, hidden: prediction.hidden })
    }
    const family = model.family as EncoderDecoderFamily
    const source = input('source', ['batch', 'source'], 'int64')
    const sourceMask = input('sourceMask', ['batch', 1, 1, 'source'])
    const encoded = family.encode(
      scope,
      { tokens: source, positions: input('sourcePositions', ['source'], 'int64'), mask: sourceMask },
      model.configuration,
    )
    const prediction = family.decode(
      scope,
      {
        tokens: input('tokens', ['batch', 'length'], 'int64'),
        positions: input('positions', ['length'], 'int64'),
        selfMask: input('selfMask', [1, 1, 'length', 'length']),
        sourceMask,
        encoded,
      },
      model.configuration,
    )
    return compile({ scores: nextTokenScores(prediction, source), hidden: prediction.hidden })
  }
}
